/** Error codes of the area `store`. */
import { defineErrors } from './define.ts';

export const storeErrors = defineErrors({
  'RAS-STORE-INTERNAL': {
    message: {
      en: 'An internal error stopped the work: {detail}.',
      es: 'Un error interno detuvo el trabajo: {detail}.',
      fr: 'Une erreur interne a arrêté le travail : {detail}.',
    },
    hint: {
      en: 'Nothing accepted is lost; run again, and report this with the code if it comes back.',
      es: 'Nada de lo aceptado se pierde; ejecute de nuevo e informe este código si se repite.',
      fr: 'Rien de ce qui a été accepté n’est perdu ; relancez, et signalez ce code s’il revient.',
    },
  },
});
