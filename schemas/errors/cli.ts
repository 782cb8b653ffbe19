/** Error codes of the area `cli`: how the command was called. */
import { defineErrors } from './define.ts';

export const cliErrors = defineErrors({
  'RAS-CLI-INTERNAL': {
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
  'RAS-CLI-BAD-OPTION': {
    message: {
      en: '{option} does not take {value}.',
      es: '{option} no admite {value}.',
      fr: '{option} n’accepte pas {value}.',
    },
    hint: { en: 'Expected: {expected}.', es: 'Se esperaba: {expected}.', fr: 'Attendu : {expected}.' },
  },
  'RAS-CLI-OPTION-MISSING': {
    message: {
      en: '{option} is missing.',
      es: 'Falta {option}.',
      fr: 'Il manque {option}.',
    },
    hint: { en: 'Expected: {expected}.', es: 'Se esperaba: {expected}.', fr: 'Attendu : {expected}.' },
  },
  'RAS-CLI-NOT-WRITTEN': {
    message: {
      en: '{path} cannot be written: {detail}.',
      es: 'No se puede escribir {path}: {detail}.',
      fr: 'Impossible d’écrire {path} : {detail}.',
    },
    hint: {
      en: 'Give a path in a folder that is there and that you may write to.',
      es: 'Indique una ruta en una carpeta que exista y en la que pueda escribir.',
      fr: 'Donnez un chemin dans un dossier qui existe et où vous pouvez écrire.',
    },
  },
  'RAS-CLI-UNKNOWN-NAME': {
    message: {
      en: 'There is no {what} called {name}.',
      es: 'No hay {what} con el nombre {name}.',
      fr: 'Il n’y a pas de {what} nommé {name}.',
    },
    hint: {
      en: 'Known, the nearest first: {known}.',
      es: 'Conocidos, primero los más parecidos: {known}.',
      fr: 'Connus, les plus proches d’abord : {known}.',
    },
  },
  'RAS-CLI-NOT-FOUND': {
    message: {
      en: 'No {what} has the id {id}.',
      es: 'Ningún {what} tiene el identificador {id}.',
      fr: 'Aucun {what} n’a l’identifiant {id}.',
    },
    hint: {
      en: '`{list}` shows what is there.',
      es: '`{list}` muestra lo que hay.',
      fr: '`{list}` montre ce qu’il y a.',
    },
  },
  'RAS-CLI-NO-FILE': {
    message: {
      en: 'No file matches {pattern}.',
      es: 'Ningún archivo coincide con {pattern}.',
      fr: 'Aucun fichier ne correspond à {pattern}.',
    },
    hint: {
      en: 'Give a path, a glob in quotes, or - for standard input.',
      es: 'Indique una ruta, un patrón entre comillas o - para la entrada estándar.',
      fr: 'Donnez un chemin, un motif entre guillemets ou - pour l’entrée standard.',
    },
  },
});
