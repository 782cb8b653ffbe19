/** Error codes of the area `submission`: submissions as they are read, API keys, the client and dead letters. */
import { defineErrors } from './define.ts';

export const submissionErrors = defineErrors({
  'RAS-SUBMISSION-GONE': {
    message: {
      en: 'The bytes of this submission are no longer kept.',
      es: 'Los bytes de este envío ya no se conservan.',
      fr: 'Les octets de cet envoi ne sont plus conservés.',
    },
    hint: {
      en: 'Raw submissions are kept for seven days. Ask the institution to send the file again.',
      es: 'Los envíos originales se conservan siete días. Pida a la institución que reenvíe el archivo.',
      fr: 'Les envois bruts sont gardés sept jours. Demandez à l’institution de renvoyer le fichier.',
    },
  },
  'RAS-SUBMISSION-ROWS': {
    message: {
      en: 'The submission has more than {limit} rows.',
      es: 'El envío tiene más de {limit} filas.',
      fr: 'L’envoi a plus de {limit} lignes.',
    },
    hint: {
      en: 'Nothing was taken in beyond them. Split the file by day and send the parts.',
      es: 'No se admitió nada más allá. Divida el archivo por día y envíe las partes.',
      fr: 'Rien n’a été pris au-delà. Découpez le fichier par jour et envoyez les parties.',
    },
  },
  'RAS-SUBMISSION-EXPANDED': {
    message: {
      en: 'Unpacked, the submission has more than {limit} bytes.',
      es: 'Descomprimido, el envío supera {limit} bytes.',
      fr: 'Décompressé, l’envoi dépasse {limit} octets.',
    },
    hint: {
      en: 'Nothing was taken in beyond them. Split the file by day and send the parts.',
      es: 'No se admitió nada más allá. Divida el archivo por día y envíe las partes.',
      fr: 'Rien n’a été pris au-delà. Découpez le fichier par jour et envoyez les parties.',
    },
  },
  'RAS-SUBMISSION-MAPPING-GONE': {
    message: {
      en: 'The mapping {mapping} that the submission names is not here.',
      es: 'El mapeo {mapping} que indica el envío no está aquí.',
      fr: 'La correspondance {mapping} que nomme l’envoi n’est pas ici.',
    },
    hint: {
      en: 'Put the mapping back, then `rastro rejects replay --submission {submission}`.',
      es: 'Restablezca el mapeo y luego `rastro rejects replay --submission {submission}`.',
      fr: 'Remettez la correspondance, puis `rastro rejects replay --submission {submission}`.',
    },
  },
  'RAS-SUBMISSION-INSTITUTION': {
    message: {
      en: 'The row names the institution {value}, but another one submits it.',
      es: 'La fila nombra la institución {value}, pero la envía otra.',
      fr: 'La ligne nomme l’institution {value}, mais une autre l’envoie.',
    },
    hint: {
      en: 'An institution submits its own rows only; send them with the key of that institution.',
      es: 'Una institución sólo envía sus propias filas; use la clave de esa institución.',
      fr: 'Une institution n’envoie que ses propres lignes ; utilisez la clé de celle-ci.',
    },
  },
  'RAS-SUBMISSION-UNKNOWN': {
    message: {
      en: 'There is no submission {submission}.',
      es: 'No existe el envío {submission}.',
      fr: 'Il n’y a pas d’envoi {submission}.',
    },
    hint: {
      en: '`rastro rejects list` shows those with rejected lines.',
      es: '`rastro rejects list` muestra los que tienen líneas rechazadas.',
      fr: '`rastro rejects list` montre ceux qui ont des lignes rejetées.',
    },
  },
  'RAS-SUBMISSION-UNFINISHED': {
    message: {
      en: 'The submission {submission} is still being read.',
      es: 'El envío {submission} todavía se está leyendo.',
      fr: 'L’envoi {submission} est encore en cours de lecture.',
    },
    hint: {
      en: 'Replay it when it has a result.',
      es: 'Repítalo cuando tenga un resultado.',
      fr: 'Rejouez-le quand il aura un résultat.',
    },
  },
  'RAS-SUBMISSION-REFUSED': {
    message: {
      en: 'The service answered {status}: {detail}',
      es: 'El servicio respondió {status}: {detail}',
      fr: 'Le service a répondu {status} : {detail}',
    },
    hint: {
      en: 'The code {code} is explained in docs/errors.md.',
      es: 'El código {code} se explica en docs/errors.md.',
      fr: 'Le code {code} est expliqué dans docs/errors.md.',
    },
  },
  'RAS-SUBMISSION-UNREACHABLE': {
    message: {
      en: 'No answer from {url}: {detail}.',
      es: 'Sin respuesta de {url}: {detail}.',
      fr: 'Pas de réponse de {url} : {detail}.',
    },
    hint: {
      en: 'Check the address and send again: the same file is taken in once.',
      es: 'Compruebe la dirección y reenvíe: el mismo archivo se admite una vez.',
      fr: 'Vérifiez l’adresse et renvoyez : le même fichier n’est pris qu’une fois.',
    },
  },
  'RAS-KEYS-FILE': {
    message: {
      en: 'The file of API keys {path} cannot be used: {detail}.',
      es: 'El archivo de claves de API {path} no se puede usar: {detail}.',
      fr: 'Le fichier de clés d’API {path} est inutilisable : {detail}.',
    },
    hint: {
      en: 'It must not be readable by everybody, and only `rastro keys` writes it.',
      es: 'No debe poder leerlo cualquiera y sólo `rastro keys` lo escribe.',
      fr: 'Il ne doit pas être lisible par tous, et seul `rastro keys` l’écrit.',
    },
  },
  'RAS-KEYS-UNKNOWN': {
    message: {
      en: 'There is no API key {id}.',
      es: 'No existe la clave de API {id}.',
      fr: 'Il n’y a pas de clé d’API {id}.',
    },
    hint: {
      en: '`rastro keys list` shows all of them.',
      es: '`rastro keys list` las muestra todas.',
      fr: '`rastro keys list` les montre toutes.',
    },
  },
});
