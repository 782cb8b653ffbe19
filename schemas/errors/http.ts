/** Error codes of the area `http`: what the ingest role answers, each as a problem document (RFC 9457). */
import { defineErrors } from './define.ts';

export const httpErrors = defineErrors({
  'RAS-HTTP-UNAUTHORIZED': {
    message: {
      en: 'The request carries no valid API key.',
      es: 'La solicitud no lleva una clave de API válida.',
      fr: 'La requête ne porte pas de clé d’API valide.',
    },
    hint: {
      en: 'Send `Authorization: Bearer ras_...`; ask the operator for a new key if yours has expired.',
      es: 'Envíe `Authorization: Bearer ras_...`; pida otra clave al operador si la suya venció.',
      fr: 'Envoyez `Authorization: Bearer ras_...` ; demandez une autre clé à l’opérateur si la vôtre a expiré.',
    },
  },
  'RAS-HTTP-FORBIDDEN': {
    message: {
      en: 'The API key does not allow this.',
      es: 'La clave de API no permite esto.',
      fr: 'La clé d’API ne permet pas cela.',
    },
    hint: {
      en: 'It needs the scope {scope}, and counts for the institution that it was made for only.',
      es: 'Necesita el permiso {scope} y sólo vale para la institución para la que se creó.',
      fr: 'Il lui faut la portée {scope}, et elle ne vaut que pour l’institution pour laquelle elle a été créée.',
    },
  },
  'RAS-HTTP-NOT-FOUND': {
    message: {
      en: 'There is nothing at this address.',
      es: 'No hay nada en esta dirección.',
      fr: 'Il n’y a rien à cette adresse.',
    },
    hint: {
      en: 'Check it against /v1/openapi.json; submissions can be asked for 30 days.',
      es: 'Compruébela con /v1/openapi.json; los envíos se consultan durante 30 días.',
      fr: 'Vérifiez-la avec /v1/openapi.json ; les envois se consultent pendant 30 jours.',
    },
  },
  'RAS-HTTP-BAD-REQUEST': {
    message: {
      en: 'The request is not understood: {detail}.',
      es: 'No se entiende la solicitud: {detail}.',
      fr: 'La requête n’est pas comprise : {detail}.',
    },
    hint: {
      en: '/v1/openapi.json lists parameters and their values.',
      es: '/v1/openapi.json enumera los parámetros y sus valores.',
      fr: '/v1/openapi.json énumère les paramètres et leurs valeurs.',
    },
  },
  'RAS-HTTP-MAPPING-UNKNOWN': {
    message: {
      en: 'This institution has no mapping {mapping}.',
      es: 'Esta institución no tiene el mapeo {mapping}.',
      fr: 'Cette institution n’a pas de correspondance {mapping}.',
    },
    hint: {
      en: 'Known are: {known}. The operator adds mappings.',
      es: 'Se conocen: {known}. El operador agrega mapeos.',
      fr: 'Sont connues : {known}. L’opérateur en ajoute.',
    },
  },
  'RAS-HTTP-ENCODING': {
    message: {
      en: 'The content encoding {encoding} is not read.',
      es: 'No se lee la codificación de contenido {encoding}.',
      fr: 'Le codage de contenu {encoding} n’est pas lu.',
    },
    hint: {
      en: 'Send the file as it is, or with gzip.',
      es: 'Envíe el archivo tal cual o con gzip.',
      fr: 'Envoyez le fichier tel quel, ou avec gzip.',
    },
  },
  'RAS-HTTP-BODY-EMPTY': {
    message: {
      en: 'The request has no body.',
      es: 'La solicitud no tiene cuerpo.',
      fr: 'La requête n’a pas de corps.',
    },
    hint: {
      en: 'Send the file as the body; if a day without movements is meant, send the header alone.',
      es: 'Envíe el archivo como cuerpo; para un día sin movimientos, sólo el encabezado.',
      fr: 'Envoyez le fichier comme corps ; pour un jour sans mouvement, l’en-tête seul.',
    },
  },
  'RAS-HTTP-BODY-TOO-LARGE': {
    message: {
      en: 'The body is larger than {limit} bytes.',
      es: 'El cuerpo supera {limit} bytes.',
      fr: 'Le corps dépasse {limit} octets.',
    },
    hint: {
      en: 'Compress it with gzip, or split it by day.',
      es: 'Comprímalo con gzip o divídalo por día.',
      fr: 'Compressez-le avec gzip, ou découpez-le par jour.',
    },
  },
  'RAS-HTTP-BODY-SLOW': {
    message: {
      en: 'The body came too slowly and was given up.',
      es: 'El cuerpo llegó demasiado lento y se abandonó.',
      fr: 'Le corps arrivait trop lentement et a été abandonné.',
    },
    hint: {
      en: 'Nothing of it was kept. Send it again with the same idempotency key.',
      es: 'No se guardó nada. Reenvíelo con la misma clave de idempotencia.',
      fr: 'Rien n’en a été gardé. Renvoyez-le avec la même clé d’idempotence.',
    },
  },
  'RAS-HTTP-CHECKSUM': {
    message: {
      en: 'The body is not what its Content-Digest says.',
      es: 'El cuerpo no coincide con su Content-Digest.',
      fr: 'Le corps ne correspond pas à son Content-Digest.',
    },
    hint: {
      en: 'It was changed on its way. Send it again.',
      es: 'Cambió en el camino. Reenvíelo.',
      fr: 'Il a été modifié en chemin. Renvoyez-le.',
    },
  },
  'RAS-HTTP-KEY-REUSED': {
    message: {
      en: 'This idempotency key was used for another body or other options.',
      es: 'Esta clave de idempotencia se usó para otro cuerpo u otras opciones.',
      fr: 'Cette clé d’idempotence a servi pour un autre corps ou d’autres options.',
    },
    hint: {
      en: 'Use a new key for each file; submission {submission} has this one.',
      es: 'Use una clave nueva por archivo; la tiene el envío {submission}.',
      fr: 'Utilisez une clé par fichier ; l’envoi {submission} a celle-ci.',
    },
  },
  'RAS-HTTP-TOO-MANY': {
    message: {
      en: 'This institution has {limit} submissions under way.',
      es: 'Esta institución tiene {limit} envíos en curso.',
      fr: 'Cette institution a {limit} envois en cours.',
    },
    hint: {
      en: 'Send the next one when one of them has its receipt.',
      es: 'Envíe el siguiente cuando uno de ellos tenga su acuse.',
      fr: 'Envoyez le suivant quand l’un d’eux a son accusé.',
    },
  },
  'RAS-HTTP-BUSY': {
    message: {
      en: 'The service takes no further submissions at the moment.',
      es: 'El servicio no admite más envíos por ahora.',
      fr: 'Le service n’accepte pas d’autres envois pour le moment.',
    },
    hint: {
      en: 'Try again after the time in Retry-After.',
      es: 'Reintente tras el tiempo indicado en Retry-After.',
      fr: 'Réessayez après le délai de Retry-After.',
    },
  },
  'RAS-HTTP-UNAVAILABLE': {
    message: {
      en: 'The submission could not be kept: the log does not answer.',
      es: 'No se pudo guardar el envío: el registro no responde.',
      fr: 'L’envoi n’a pas pu être conservé : le journal ne répond pas.',
    },
    hint: {
      en: 'Send it again with the same idempotency key; nothing counts twice.',
      es: 'Reenvíelo con la misma clave de idempotencia; nada cuenta dos veces.',
      fr: 'Renvoyez-le avec la même clé d’idempotence ; rien ne compte deux fois.',
    },
  },
  'RAS-HTTP-INTERNAL': {
    message: {
      en: 'The service failed.',
      es: 'El servicio falló.',
      fr: 'Le service a échoué.',
    },
    hint: {
      en: 'Send it again with the same idempotency key; the operator finds the cause under {request}.',
      es: 'Reenvíelo con la misma clave de idempotencia; el operador halla la causa en {request}.',
      fr: 'Renvoyez-le avec la même clé d’idempotence ; l’opérateur trouve la cause sous {request}.',
    },
  },
});
