/** Error codes of the area `engine`: log, effective set, recovery. */
import { defineErrors } from './define.ts';

export const engineErrors = defineErrors({
  'RAS-ENGINE-LOG-CORRUPT': {
    message: {
      en: 'The log file {file} is damaged at byte {position}.',
      es: 'El archivo de registro {file} está dañado en el byte {position}.',
      fr: 'Le fichier journal {file} est endommagé à l’octet {position}.',
    },
    hint: {
      en: 'A torn end is repaired by itself; this is damage inside. Restore the data folder from a backup.',
      es: 'Un final incompleto se repara solo; esto es un daño interior. Restaure la carpeta de datos de una copia.',
      fr: 'Une fin incomplète se répare seule ; ceci est un dommage interne. Restaurez le dossier de données.',
    },
  },
  'RAS-ENGINE-LOG-BEHIND': {
    message: {
      en: 'The log ends at record {end}, but the store holds results of record {marked}.',
      es: 'El registro termina en la entrada {end}, pero la base contiene resultados de la entrada {marked}.',
      fr: 'Le journal finit à l’entrée {end}, mais la base contient des résultats de l’entrée {marked}.',
    },
    hint: {
      en: 'The folders log/ and clickhouse/ of the data folder belong together: restore both from one backup.',
      es: 'Las carpetas log/ y clickhouse/ van juntas: restaure ambas de una misma copia.',
      fr: 'Les dossiers log/ et clickhouse/ vont ensemble : restaurez les deux d’une même sauvegarde.',
    },
  },
  'RAS-ENGINE-LOG-RECORD-TOO-LARGE': {
    message: {
      en: 'A log record of {bytes} bytes is over the limit of {limit}.',
      es: 'Un registro de {bytes} bytes supera el límite de {limit}.',
      fr: 'Un enregistrement de {bytes} octets dépasse la limite de {limit}.',
    },
    hint: {
      en: 'Shorten the fields of the feed; no transaction needs that much.',
      es: 'Acorte los campos del archivo; ninguna operación necesita tanto.',
      fr: 'Raccourcissez les champs du fichier ; aucune opération n’en demande autant.',
    },
  },
  'RAS-ENGINE-BLOCK-CORRUPT': {
    message: {
      en: 'A block of the log is not what it says: its column {column} leads outside of what is there.',
      es: 'Un bloque del registro no es lo que dice: su columna {column} apunta fuera de lo que contiene.',
      fr: 'Un bloc du journal n’est pas ce qu’il annonce : sa colonne {column} mène hors de son contenu.',
    },
    hint: {
      en: 'It was written by another version, or damaged before its checksum was made. Read the feed again into a new data folder.',
      es: 'Lo escribió otra versión, o se dañó antes de calcular su suma. Vuelva a leer los archivos en una carpeta de datos nueva.',
      fr: 'Une autre version l’a écrit, ou il fut endommagé avant sa somme de contrôle. Relisez les fichiers dans un nouveau dossier de données.',
    },
  },
  'RAS-ENGINE-CONFLICT': {
    message: {
      en: 'Transaction {id} version {version} of {institution} is already there with other content.',
      es: 'La operación {id} versión {version} de {institution} ya existe con otro contenido.',
      fr: 'L’opération {id} version {version} de {institution} existe déjà avec un autre contenu.',
    },
    hint: {
      en: 'To correct a transaction, send it again with a higher version.',
      es: 'Para corregir una operación, envíela de nuevo con una versión mayor.',
      fr: 'Pour corriger une opération, renvoyez-la avec une version supérieure.',
    },
  },
  'RAS-ENGINE-STATE-FAILED': {
    message: {
      en: 'The state file {file} cannot be read or written: {reason}.',
      es: 'El archivo de estado {file} no se puede leer o escribir: {reason}.',
      fr: 'Le fichier d’état {file} ne peut être lu ou écrit : {reason}.',
    },
    hint: {
      en: 'It holds what memory is too dear for. Look for space and rights of the folder, then start again: nothing is lost.',
      es: 'Guarda lo que no cabe en memoria. Revise el espacio y los permisos de la carpeta y arranque de nuevo: nada se pierde.',
      fr: 'Il garde ce qui ne tient pas en mémoire. Vérifiez l’espace et les droits du dossier, puis relancez : rien n’est perdu.',
    },
  },
  'RAS-ENGINE-STATE-DAMAGED': {
    message: {
      en: 'The state file {file} is damaged at byte {position}.',
      es: 'El archivo de estado {file} está dañado en el byte {position}.',
      fr: 'Le fichier d’état {file} est endommagé à l’octet {position}.',
    },
    hint: {
      en: 'Start again: it is made anew from the log. If it happens twice, the disk is failing.',
      es: 'Arranque de nuevo: se rehace a partir del registro. Si se repite, el disco está fallando.',
      fr: 'Relancez : il est refait à partir du journal. Si cela se répète, le disque est défaillant.',
    },
  },
  'RAS-ENGINE-STATE-FULL': {
    message: {
      en: 'The state files hold {bytes} bytes; the limit is {limit}.',
      es: 'Los archivos de estado ocupan {bytes} bytes; el límite es {limit}.',
      fr: 'Les fichiers d’état occupent {bytes} octets ; la limite est de {limit}.',
    },
    hint: {
      en: 'Split the data over more partitions; each has its own state files.',
      es: 'Reparta los datos en más particiones; cada una tiene sus propios archivos de estado.',
      fr: 'Répartissez les données sur davantage de partitions ; chacune a ses propres fichiers d’état.',
    },
  },
  'RAS-ENGINE-IDS-EXHAUSTED': {
    message: {
      en: 'All {limit} ids for accounts, parties and other identifiers are in use.',
      es: 'Los {limit} números para cuentas, partes y otros identificadores están en uso.',
      fr: 'Les {limit} numéros pour les comptes, parties et autres identifiants sont tous utilisés.',
    },
    hint: {
      en: 'Split the data over more partitions; each has its own ids.',
      es: 'Reparta los datos en más particiones; cada una tiene sus propios números.',
      fr: 'Répartissez les données sur davantage de partitions ; chacune a ses propres numéros.',
    },
  },
  'RAS-ENGINE-KEY-MISMATCH': {
    message: {
      en: 'The data folder was written with another pseudonym key.',
      es: 'La carpeta de datos se escribió con otra clave de seudónimos.',
      fr: 'Le dossier de données a été écrit avec une autre clé de pseudonymes.',
    },
    hint: {
      en: 'Put the original secret back; the pseudonym key never changes in place.',
      es: 'Reponga el secreto original; la clave de seudónimos nunca cambia en su sitio.',
      fr: 'Remettez le secret d’origine ; la clé de pseudonymes ne change jamais sur place.',
    },
  },
  'RAS-ENGINE-MESSAGE': {
    message: {
      en: 'A record of the log ({kind}) cannot be read: {detail}.',
      es: 'Una entrada del registro ({kind}) no se puede leer: {detail}.',
      fr: 'Un enregistrement du journal ({kind}) ne peut pas être lu : {detail}.',
    },
    hint: {
      en: 'Another version of Rastro wrote it, or something else did. `rastro rejects list --log` has it; under a version that reads it, `rastro rejects replay --log` brings it in.',
      es: 'Lo escribió otra versión de Rastro, u otro programa. Está en `rastro rejects list --log`; con una versión que lo lea, `rastro rejects replay --log` lo incorpora.',
      fr: 'Une autre version de Rastro l’a écrit, ou autre chose. `rastro rejects list --log` le montre ; avec une version qui le lit, `rastro rejects replay --log` le reprend.',
    },
  },
  'RAS-ENGINE-RECORD-SIZE': {
    message: {
      en: 'A record of {bytes} bytes is over the limit of {limit}, and was not read.',
      es: 'Un registro de {bytes} bytes supera el límite de {limit} y no se leyó.',
      fr: 'Un enregistrement de {bytes} octets dépasse la limite de {limit} et n’a pas été lu.',
    },
    hint: {
      en: 'Rastro writes none so large: something else wrote it. See who else may write to the topic.',
      es: 'Rastro no escribe ninguno tan grande: lo escribió otro programa. Revise quién más puede escribir en el tópico.',
      fr: 'Rastro n’en écrit pas d’aussi grand : autre chose l’a écrit. Voyez qui d’autre peut écrire dans le sujet.',
    },
  },
  'RAS-ENGINE-MESSAGE-SIZE': {
    message: {
      en: 'A message of {kind} has {bytes} bytes, over the limit of {limit}.',
      es: 'Un mensaje de {kind} tiene {bytes} bytes, por encima del límite de {limit}.',
      fr: 'Un message de {kind} a {bytes} octets, au-delà de la limite de {limit}.',
    },
    hint: {
      en: 'One subject has more standing signals than can be told: give its rules a longer `quiet`, or look at the account.',
      es: 'Un sujeto tiene más señales vigentes de las que se pueden comunicar: dé a sus reglas un `quiet` más largo o revise la cuenta.',
      fr: 'Un sujet a plus de signaux en cours qu’on ne peut en transmettre : donnez à ses règles un `quiet` plus long, ou examinez le compte.',
    },
  },
  'RAS-ENGINE-SECRET': {
    message: {
      en: 'The secret {path} cannot be used: {detail}.',
      es: 'El secreto {path} no se puede usar: {detail}.',
      fr: 'Le secret {path} ne peut pas être utilisé : {detail}.',
    },
    hint: {
      en: 'It must be readable by its owner alone (chmod 600) and hold at least 32 bytes.',
      es: 'Solo su dueño debe poder leerlo (chmod 600) y debe tener al menos 32 bytes.',
      fr: 'Seul son propriétaire doit pouvoir le lire (chmod 600), et il doit contenir au moins 32 octets.',
    },
  },
  'RAS-ENGINE-WORKER-LOST': {
    message: {
      en: 'Detection worker {worker} is gone: {detail}.',
      es: 'El hilo de detección {worker} ya no está: {detail}.',
      fr: 'Le fil de détection {worker} a disparu : {detail}.',
    },
    hint: {
      en: 'Nothing is lost: the log holds every row, and the next run reads it again. If it was out of memory, give it more memory.',
      es: 'No se pierde nada: el registro guarda cada fila y la próxima ejecución lo vuelve a leer. Si faltó memoria, dele más memoria.',
      fr: 'Rien n’est perdu : le journal garde chaque ligne et la prochaine exécution le relit. Si la mémoire manquait, donnez-lui plus de mémoire.',
    },
  },
  'RAS-ENGINE-VERSIONS': {
    message: {
      en: '{id} has reached version {version}, over the limit of {limit}.',
      es: '{id} llegó a la versión {version}, por encima del límite de {limit}.',
      fr: '{id} a atteint la version {version}, au-delà de la limite de {limit}.',
    },
    hint: {
      en: 'An episode that never closes: give its rule a shorter `quiet`.',
      es: 'Un episodio que no se cierra: dé a su regla un `quiet` más corto.',
      fr: 'Un épisode qui ne se ferme pas : donnez à sa règle un `quiet` plus court.',
    },
  },
});
