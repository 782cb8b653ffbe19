/** Error codes of the area `ops`: observation, retention, holds, suppression. */
import { defineErrors } from './define.ts';

export const opsErrors = defineErrors({
  'RAS-OPS-TRACING-MISSING': {
    message: {
      en: 'Tracing is switched on, and the package {name} is not installed.',
      es: 'El rastreo está activado y el paquete {name} no está instalado.',
      fr: 'Le traçage est activé et le paquet {name} n’est pas installé.',
    },
    hint: {
      en: 'Install it beside this one, or set tracing.enabled to false.',
      es: 'Instálelo junto a este, o ponga tracing.enabled en false.',
      fr: 'Installez-le à côté de celui-ci, ou mettez tracing.enabled à false.',
    },
  },
  'RAS-OPS-SAME-PERSON': {
    message: {
      en: '{actor} proposed {id} and cannot approve it.',
      es: '{actor} propuso {id} y no puede aprobarlo.',
      fr: '{actor} a proposé {id} et ne peut pas l’approuver.',
    },
    hint: {
      en: 'A second person decides: let somebody else approve or reject it.',
      es: 'Decide una segunda persona: que otra lo apruebe o lo rechace.',
      fr: 'Une seconde personne décide : qu’une autre l’approuve ou le rejette.',
    },
  },
  'RAS-OPS-STATE': {
    message: {
      en: '{id} is {state}; it cannot be given the action {action}.',
      es: '{id} está en estado {state}; no admite la acción {action}.',
      fr: '{id} est dans l’état {state} ; l’action {action} est impossible.',
    },
    hint: {
      en: 'Look at it with `{list}`.',
      es: 'Consúltelo con `{list}`.',
      fr: 'Consultez-le avec `{list}`.',
    },
  },
  'RAS-OPS-RETENTION-STUCK': {
    message: {
      en: 'Retention of {table} did not finish: {detail}.',
      es: 'La retención de {table} no terminó: {detail}.',
      fr: 'La rétention de {table} n’a pas abouti : {detail}.',
    },
    hint: {
      en: 'Run it again: it deletes what is left. If it comes back, look at system.mutations of the store.',
      es: 'Ejecútela de nuevo: borra lo que queda. Si se repite, mire system.mutations del almacén.',
      fr: 'Relancez-la : elle supprime ce qui reste. Si cela revient, regardez system.mutations du stockage.',
    },
  },
});
