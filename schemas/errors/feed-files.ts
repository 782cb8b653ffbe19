/** Error codes of the area `feed` that concern a whole file or a mapping. */
import { defineErrors } from './define.ts';

export const feedFileErrors = defineErrors({
  'RAS-FEED-FILE-NOT-FOUND': {
    message: {
      en: 'No file matches {path}.',
      es: 'Ningún archivo coincide con {path}.',
      fr: 'Aucun fichier ne correspond à {path}.',
    },
    hint: {
      en: 'Check the path; quote a pattern such as "feeds/*.csv.gz"; use - for standard input.',
      es: 'Revise la ruta; ponga entre comillas un patrón como "feeds/*.csv.gz"; use - para la entrada estándar.',
      fr: 'Vérifiez le chemin ; mettez entre guillemets un motif comme "feeds/*.csv.gz" ; - pour l’entrée standard.',
    },
  },
  'RAS-FEED-FILE-UNREADABLE': {
    message: {
      en: 'The file {path} cannot be read: {detail}.',
      es: 'No se puede leer el archivo {path}: {detail}.',
      fr: 'Le fichier {path} ne peut pas être lu : {detail}.',
    },
    hint: {
      en: 'Check that it is a file and that this user may read it.',
      es: 'Compruebe que sea un archivo y que este usuario pueda leerlo.',
      fr: 'Vérifiez que c’est un fichier et que cet utilisateur peut le lire.',
    },
  },
  'RAS-FEED-FILES-TOO-MANY': {
    message: {
      en: 'The pattern {path} names more than {limit} files.',
      es: 'El patrón {path} nombra más de {limit} archivos.',
      fr: 'Le motif {path} désigne plus de {limit} fichiers.',
    },
    hint: {
      en: 'Use a narrower pattern, or several runs.',
      es: 'Use un patrón más estrecho o varias ejecuciones.',
      fr: 'Utilisez un motif plus étroit, ou plusieurs exécutions.',
    },
  },
  'RAS-FEED-FILE-EMPTY': {
    message: {
      en: 'The file is empty.',
      es: 'El archivo está vacío.',
      fr: 'Le fichier est vide.',
    },
    hint: {
      en: 'If a day without movements is meant, send the header alone and say so to the receiver.',
      es: 'Si corresponde a un día sin movimientos, envíe solo el encabezado y avise al receptor.',
      fr: 'S’il s’agit d’un jour sans mouvement, envoyez l’en-tête seul et prévenez le destinataire.',
    },
  },
  'RAS-FEED-FILE-ROWS': {
    message: {
      en: 'The file has more than {limit} lines; reading stopped there.',
      es: 'El archivo tiene más de {limit} líneas; la lectura se detuvo allí.',
      fr: 'Le fichier dépasse {limit} lignes ; la lecture s’est arrêtée là.',
    },
    hint: {
      en: 'Split it by day and send the parts.',
      es: 'Divídalo por día y envíe las partes.',
      fr: 'Découpez-le par jour et envoyez les parties.',
    },
  },
  'RAS-FEED-GZIP-TRUNCATED': {
    message: {
      en: 'The compressed file ends before its end mark: it was cut off.',
      es: 'El archivo comprimido termina antes de su marca final: está cortado.',
      fr: 'Le fichier compressé s’arrête avant sa marque de fin : il est tronqué.',
    },
    hint: {
      en: 'Lines that arrived whole were read; send the file again, equal rows count once.',
      es: 'Se leyeron las líneas que llegaron enteras; reenvíe el archivo, las filas iguales cuentan una vez.',
      fr: 'Les lignes arrivées entières ont été lues ; renvoyez le fichier, les lignes égales comptent une fois.',
    },
  },
  'RAS-FEED-GZIP-CORRUPT': {
    message: {
      en: 'The compressed file is damaged: {detail}.',
      es: 'El archivo comprimido está dañado: {detail}.',
      fr: 'Le fichier compressé est endommagé : {detail}.',
    },
    hint: {
      en: 'Compress and send it again.',
      es: 'Comprímalo y envíelo de nuevo.',
      fr: 'Compressez-le et renvoyez-le.',
    },
  },
  'RAS-FEED-ENCODING-UTF16': {
    message: {
      en: 'The file is UTF-16, which is not read.',
      es: 'El archivo está en UTF-16, que no se lee.',
      fr: 'Le fichier est en UTF-16, qui n’est pas lu.',
    },
    hint: {
      en: 'Export it as UTF-8 (or as cp1252 or latin1, with `source.encoding` in the mapping).',
      es: 'Expórtelo como UTF-8 (o como cp1252 o latin1, con `source.encoding` en el mapeo).',
      fr: 'Exportez-le en UTF-8 (ou en cp1252 ou latin1, avec `source.encoding` dans la correspondance).',
    },
  },
  'RAS-FEED-HEADER-DUPLICATE': {
    message: {
      en: 'The header names the column {column} {times} times and the mapping does not say which one it means.',
      es: 'El encabezado nombra la columna {column} {times} veces y el mapeo no dice cuál es.',
      fr: 'L’en-tête nomme la colonne {column} {times} fois et la correspondance ne dit pas laquelle.',
    },
    hint: {
      en: 'Rename the columns, or write {column}#1, {column}#2 in the mapping.',
      es: 'Cambie los nombres de las columnas o escriba {column}#1, {column}#2 en el mapeo.',
      fr: 'Renommez les colonnes, ou écrivez {column}#1, {column}#2 dans la correspondance.',
    },
  },
  'RAS-FEED-HEADER-UNKNOWN': {
    message: {
      en: 'The header has the column {column}, which is no canonical field.',
      es: 'El encabezado tiene la columna {column}, que no es un campo canónico.',
      fr: 'L’en-tête a la colonne {column}, qui n’est pas un champ canonique.',
    },
    hint: {
      en: 'See `rastro schema transaction` for the names, or write a mapping with `rastro feed map`.',
      es: 'Vea los nombres con `rastro schema transaction` o cree un mapeo con `rastro feed map`.',
      fr: 'Voir les noms avec `rastro schema transaction`, ou créez une correspondance avec `rastro feed map`.',
    },
  },
  'RAS-FEED-COLUMN-MISSING': {
    message: {
      en: 'The mapping reads the column {column}, which the file does not have.',
      es: 'El mapeo lee la columna {column}, que el archivo no tiene.',
      fr: 'La correspondance lit la colonne {column}, que le fichier n’a pas.',
    },
    hint: {
      en: 'Check the delimiter and the mapping; mark the field `optional: true` if some files lack it.',
      es: 'Revise el delimitador y el mapeo; marque el campo `optional: true` si a veces falta.',
      fr: 'Vérifiez le séparateur et la correspondance ; `optional: true` si le champ manque parfois.',
    },
  },
  'RAS-FEED-COLUMNS-TOO-MANY': {
    message: {
      en: 'The header has {count} columns; the limit is {limit}.',
      es: 'El encabezado tiene {count} columnas; el límite es {limit}.',
      fr: 'L’en-tête a {count} colonnes ; la limite est {limit}.',
    },
    hint: {
      en: 'Check the delimiter, or leave out columns that the mapping does not read.',
      es: 'Revise el delimitador u omita las columnas que el mapeo no lee.',
      fr: 'Vérifiez le séparateur, ou retirez les colonnes que la correspondance ne lit pas.',
    },
  },
  'RAS-FEED-HEADER-UNREADABLE': {
    message: {
      en: 'The header line cannot be read ({cause}).',
      es: 'No se puede leer la línea de encabezado ({cause}).',
      fr: 'La ligne d’en-tête ne peut pas être lue ({cause}).',
    },
    hint: {
      en: 'Look the cause up with its own code; the rest of the file was not read.',
      es: 'Busque la causa por su propio código; el resto del archivo no se leyó.',
      fr: 'Cherchez la cause par son propre code ; le reste du fichier n’a pas été lu.',
    },
  },
  'RAS-FEED-INSTITUTION-MISSING': {
    message: {
      en: 'Nothing says which institution submits this file.',
      es: 'Nada indica qué institución envía este archivo.',
      fr: 'Rien n’indique quelle institution envoie ce fichier.',
    },
    hint: {
      en: 'Give `--institution`, or name it in the mapping.',
      es: 'Indique `--institution` o nómbrela en el mapeo.',
      fr: 'Donnez `--institution`, ou nommez-la dans la correspondance.',
    },
  },
  'RAS-FEED-MAPPING-NOT-FOUND': {
    message: {
      en: 'There is no mapping {name}.',
      es: 'No existe el mapeo {name}.',
      fr: 'La correspondance {name} n’existe pas.',
    },
    hint: {
      en: 'Give the path of a YAML file or one of: {known}.',
      es: 'Indique la ruta de un archivo YAML o uno de: {known}.',
      fr: 'Donnez le chemin d’un fichier YAML ou l’un de : {known}.',
    },
  },
  'RAS-FEED-MAPPING-INVALID': {
    message: {
      en: 'The mapping is not valid at {where}: {detail}.',
      es: 'El mapeo no es válido en {where}: {detail}.',
      fr: 'La correspondance n’est pas valide à {where} : {detail}.',
    },
    hint: {
      en: 'The form is described by `rastro schema mapping`.',
      es: 'La forma se describe con `rastro schema mapping`.',
      fr: 'La forme est décrite par `rastro schema mapping`.',
    },
  },
  'RAS-FEED-TIME-DEFAULTED': {
    message: {
      en: '{share} % of the rows of channel {channel} carry the clock minute {minute}: it is a default, not a time.',
      es: 'El {share} % de las filas del canal {channel} lleva el minuto {minute}: es un valor por defecto, no una hora.',
      fr: '{share} % des lignes du canal {channel} portent la minute {minute} : une valeur par défaut, pas une heure.',
    },
    hint: {
      en: 'Set `precision: day` or `batch` for this feed, or map the time when the customer acted.',
      es: 'Ponga `precision: day` o `batch` para esta fuente, o mapee la hora en que actuó el cliente.',
      fr: 'Mettez `precision: day` ou `batch`, ou utilisez l’heure à laquelle le client a agi.',
    },
  },
  'RAS-FEED-ID-DERIVED': {
    message: {
      en: 'The mapping {mapping} derives the row ids from their content.',
      es: 'El mapeo {mapping} deriva los identificadores de las filas de su contenido.',
      fr: 'La correspondance {mapping} dérive les identifiants des lignes de leur contenu.',
    },
    hint: {
      en: 'Always resend such a file whole; equal rows in different files count once.',
      es: 'Reenvíe siempre el archivo completo; las filas iguales en archivos distintos cuentan una vez.',
      fr: 'Renvoyez toujours le fichier entier ; des lignes égales de fichiers différents comptent une fois.',
    },
  },
});
