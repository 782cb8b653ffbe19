/** Error codes of the area `rules`. */
import { defineErrors } from './define.ts';

export const rulesErrors = defineErrors({
  'RAS-RULES-INTERNAL': {
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
  'RAS-RULES-REFERENCE-INVALID': {
    message: {
      en: 'The reference file {file} is not valid: {detail}.',
      es: 'El archivo de referencia {file} no es válido: {detail}.',
      fr: 'Le fichier de référence {file} n’est pas valide : {detail}.',
    },
    hint: {
      en: 'Correct the file; rules/reference/README.md describes each kind.',
      es: 'Corrija el archivo; rules/reference/README.md describe cada clase.',
      fr: 'Corrigez le fichier ; rules/reference/README.md décrit chaque sorte.',
    },
  },
});
