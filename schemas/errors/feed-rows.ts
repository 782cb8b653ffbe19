/** Error codes of the area `feed` that concern one row: why it was rejected, or counted once. */
import { defineErrors } from './define.ts';

export const feedRowErrors = defineErrors({
  'RAS-FEED-LINE-TOO-LONG': {
    message: {
      en: 'The record has {bytes} bytes; the limit is {limit}.',
      es: 'El registro tiene {bytes} bytes; el límite es {limit}.',
      fr: 'L’enregistrement a {bytes} octets ; la limite est {limit}.',
    },
    hint: {
      en: 'Look for a missing line end or a quote that is not closed.',
      es: 'Busque un fin de línea ausente o una comilla sin cerrar.',
      fr: 'Cherchez une fin de ligne absente ou un guillemet non fermé.',
    },
  },
  'RAS-FEED-LINE-TRUNCATED': {
    message: {
      en: 'The file was cut off inside this record.',
      es: 'El archivo se cortó dentro de este registro.',
      fr: 'Le fichier a été coupé dans cet enregistrement.',
    },
    hint: {
      en: 'Send the file again; equal rows count once.',
      es: 'Reenvíe el archivo; las filas iguales cuentan una vez.',
      fr: 'Renvoyez le fichier ; les lignes égales comptent une fois.',
    },
  },
  'RAS-FEED-QUOTE-UNCLOSED': {
    message: {
      en: 'A quote opens in this line and does not close within {limit} lines.',
      es: 'En esta línea se abre una comilla que no se cierra en {limit} líneas.',
      fr: 'Un guillemet s’ouvre dans cette ligne et ne se ferme pas en {limit} lignes.',
    },
    hint: {
      en: 'Double every quote inside a quoted field.',
      es: 'Duplique cada comilla dentro de un campo entrecomillado.',
      fr: 'Doublez chaque guillemet à l’intérieur d’un champ entre guillemets.',
    },
  },
  'RAS-FEED-QUOTE-MALFORMED': {
    message: {
      en: 'Text follows the closing quote of a field.',
      es: 'Hay texto después de la comilla que cierra un campo.',
      fr: 'Du texte suit le guillemet fermant d’un champ.',
    },
    hint: {
      en: 'Quote the whole field and double the quotes inside it.',
      es: 'Entrecomille el campo completo y duplique sus comillas internas.',
      fr: 'Mettez tout le champ entre guillemets et doublez ceux de l’intérieur.',
    },
  },
  'RAS-FEED-NUL-BYTE': {
    message: {
      en: 'The record holds a NUL byte.',
      es: 'El registro contiene un byte NUL.',
      fr: 'L’enregistrement contient un octet NUL.',
    },
    hint: {
      en: 'Check the export and the encoding; text never holds NUL.',
      es: 'Revise la exportación y la codificación; un texto nunca contiene NUL.',
      fr: 'Vérifiez l’export et l’encodage ; un texte ne contient jamais NUL.',
    },
  },
  'RAS-FEED-ENCODING-INVALID': {
    message: {
      en: 'The record holds bytes that are not {encoding}.',
      es: 'El registro contiene bytes que no son {encoding}.',
      fr: 'L’enregistrement contient des octets qui ne sont pas {encoding}.',
    },
    hint: {
      en: 'Set the file’s encoding in `source.encoding` of the mapping.',
      es: 'Indique la codificación del archivo en `source.encoding` del mapeo.',
      fr: 'Indiquez l’encodage du fichier dans `source.encoding` de la correspondance.',
    },
  },
  'RAS-FEED-COLUMN-COUNT': {
    message: {
      en: 'The record has {got} fields; the header has {expected}.',
      es: 'El registro tiene {got} campos; el encabezado tiene {expected}.',
      fr: 'L’enregistrement a {got} champs ; l’en-tête en a {expected}.',
    },
    hint: {
      en: 'Quote fields that contain the delimiter.',
      es: 'Entrecomille los campos que contienen el delimitador.',
      fr: 'Mettez entre guillemets les champs qui contiennent le séparateur.',
    },
  },
  'RAS-FEED-FIELD-TOO-LONG': {
    message: {
      en: 'A field has {bytes} bytes; the limit is {limit}.',
      es: 'Un campo tiene {bytes} bytes; el límite es {limit}.',
      fr: 'Un champ a {bytes} octets ; la limite est {limit}.',
    },
    hint: {
      en: 'Shorten the text, or look for a quote that is not closed.',
      es: 'Acorte el texto o busque una comilla sin cerrar.',
      fr: 'Raccourcissez le texte, ou cherchez un guillemet non fermé.',
    },
  },
  'RAS-FEED-JSON-SYNTAX': {
    message: {
      en: 'The line is not valid JSON.',
      es: 'La línea no es JSON válido.',
      fr: 'La ligne n’est pas du JSON valide.',
    },
    hint: {
      en: 'Write one JSON object per line, without line breaks inside it.',
      es: 'Escriba un objeto JSON por línea, sin saltos de línea internos.',
      fr: 'Écrivez un objet JSON par ligne, sans saut de ligne à l’intérieur.',
    },
  },
  'RAS-FEED-JSON-NOT-OBJECT': {
    message: {
      en: 'The line is JSON but not an object.',
      es: 'La línea es JSON pero no es un objeto.',
      fr: 'La ligne est du JSON mais pas un objet.',
    },
    hint: {
      en: 'Write one JSON object per line.',
      es: 'Escriba un objeto JSON por línea.',
      fr: 'Écrivez un objet JSON par ligne.',
    },
  },
  'RAS-FEED-FIELD-MISSING': {
    message: {
      en: 'The field {field} is missing.',
      es: 'Falta el campo {field}.',
      fr: 'Le champ {field} manque.',
    },
    hint: {
      en: 'Fill it, or map it to a constant.',
      es: 'Complételo o asígnele una constante en el mapeo.',
      fr: 'Renseignez-le, ou donnez-lui une constante dans la correspondance.',
    },
  },
  'RAS-FEED-FIELD-UNKNOWN': {
    message: {
      en: 'The field {field} is not part of the contract.',
      es: 'El campo {field} no forma parte del contrato.',
      fr: 'Le champ {field} ne fait pas partie du contrat.',
    },
    hint: {
      en: 'See `rastro schema transaction` for the names.',
      es: 'Vea los nombres con `rastro schema transaction`.',
      fr: 'Voir les noms avec `rastro schema transaction`.',
    },
  },
  'RAS-FEED-VALUE-UNKNOWN': {
    message: {
      en: 'The field {field} holds a value that is not in its list.',
      es: 'El campo {field} tiene un valor que no está en su lista.',
      fr: 'Le champ {field} contient une valeur hors de sa liste.',
    },
    hint: {
      en: 'Add the value to the table of the mapping, or use a listed one.',
      es: 'Agregue el valor a la tabla del mapeo o use uno de la lista.',
      fr: 'Ajoutez la valeur à la table de la correspondance, ou utilisez une valeur de la liste.',
    },
  },
  'RAS-FEED-VALUE-FORMAT': {
    message: {
      en: 'The field {field} does not have the form it must have.',
      es: 'El campo {field} no tiene la forma que debe tener.',
      fr: 'Le champ {field} n’a pas la forme requise.',
    },
    hint: {
      en: 'See `rastro schema transaction` for its pattern and length.',
      es: 'Vea su patrón y longitud con `rastro schema transaction`.',
      fr: 'Voir son motif et sa longueur avec `rastro schema transaction`.',
    },
  },
  'RAS-FEED-VALUE-RANGE': {
    message: {
      en: 'The field {field} is out of range.',
      es: 'El campo {field} está fuera de rango.',
      fr: 'Le champ {field} est hors limites.',
    },
    hint: {
      en: 'See `rastro schema transaction` for its range.',
      es: 'Vea su rango con `rastro schema transaction`.',
      fr: 'Voir ses limites avec `rastro schema transaction`.',
    },
  },
  'RAS-FEED-VALUE-TYPE': {
    message: {
      en: 'The field {field} is not of the type {expected}.',
      es: 'El campo {field} no es del tipo {expected}.',
      fr: 'Le champ {field} n’est pas du type {expected}.',
    },
    hint: {
      en: 'See `rastro schema transaction` for its type.',
      es: 'Vea su tipo con `rastro schema transaction`.',
      fr: 'Voir son type avec `rastro schema transaction`.',
    },
  },
  'RAS-FEED-NUMBER-UNSAFE': {
    message: {
      en: 'The field {field} is a JSON number that cannot be read without loss.',
      es: 'El campo {field} es un número JSON que no se puede leer sin pérdida.',
      fr: 'Le champ {field} est un nombre JSON illisible sans perte.',
    },
    hint: {
      en: 'Write amounts and long numbers as strings.',
      es: 'Escriba los importes y los números largos como cadenas.',
      fr: 'Écrivez les montants et les longs nombres comme des chaînes.',
    },
  },
  'RAS-FEED-DIRECTION-UNKNOWN': {
    message: {
      en: 'Nothing in the row says whether money came in or went out.',
      es: 'Nada en la fila dice si el dinero entró o salió.',
      fr: 'Rien dans la ligne ne dit si l’argent est entré ou sorti.',
    },
    hint: {
      en: 'Fill the debit or the credit column, or add the code to `direction`.',
      es: 'Complete la columna de cargo o la de abono, o agregue el código a `direction`.',
      fr: 'Renseignez la colonne débit ou crédit, ou ajoutez le code à `direction`.',
    },
  },
  'RAS-FEED-DIRECTION-BOTH': {
    message: {
      en: 'The debit and the credit column are both filled.',
      es: 'Las columnas de cargo y de abono están ambas llenas.',
      fr: 'Les colonnes débit et crédit sont toutes deux remplies.',
    },
    hint: {
      en: 'Write one row per movement.',
      es: 'Escriba una fila por movimiento.',
      fr: 'Écrivez une ligne par mouvement.',
    },
  },
  'RAS-FEED-TIME-FORMAT': {
    message: {
      en: 'The field {field} is not a date or time in a form of the mapping.',
      es: 'El campo {field} no es una fecha u hora en una forma del mapeo.',
      fr: 'Le champ {field} n’est pas une date ou heure selon la correspondance.',
    },
    hint: {
      en: 'Add the form to `time.formats`.',
      es: 'Agregue la forma a `time.formats`.',
      fr: 'Ajoutez la forme à `time.formats`.',
    },
  },
  'RAS-FEED-TIME-GAP': {
    message: {
      en: 'The local time in {field} never happened in {zone}: clocks went forward over it.',
      es: 'La hora local en {field} nunca ocurrió en {zone}: el reloj se adelantó sobre ella.',
      fr: 'L’heure locale dans {field} n’a jamais existé à {zone} : l’horloge l’a sautée.',
    },
    hint: {
      en: 'Check `time.zone`, or send the time with its offset.',
      es: 'Revise `time.zone` o envíe la hora con su desfase.',
      fr: 'Vérifiez `time.zone`, ou envoyez l’heure avec son décalage.',
    },
  },
  'RAS-FEED-TIME-OVERLAP': {
    message: {
      en: 'The local time in {field} happened twice in {zone}: clocks went back over it.',
      es: 'La hora local en {field} ocurrió dos veces en {zone}: el reloj se atrasó sobre ella.',
      fr: 'L’heure locale dans {field} a eu lieu deux fois à {zone} : l’horloge a reculé.',
    },
    hint: {
      en: 'Choose `time.overlap: earlier` or `later`, or send the time with its offset.',
      es: 'Elija `time.overlap: earlier` o `later`, o envíe la hora con su desfase.',
      fr: 'Choisissez `time.overlap: earlier` ou `later`, ou envoyez l’heure avec son décalage.',
    },
  },
  'RAS-FEED-CLABE-CHECK': {
    message: {
      en: 'The field {field} is not a CLABE: its check digit or length is wrong.',
      es: 'El campo {field} no es una CLABE: su dígito de control o longitud es incorrecto.',
      fr: 'Le champ {field} n’est pas une CLABE : son chiffre de contrôle ou sa longueur est faux.',
    },
    hint: {
      en: 'Send the 18 digits as text; a spreadsheet may have rounded them.',
      es: 'Envíe los 18 dígitos como texto; una hoja de cálculo pudo redondearlos.',
      fr: 'Envoyez les 18 chiffres en texte ; un tableur a pu les arrondir.',
    },
  },
  'RAS-FEED-CONFLICT': {
    message: {
      en: 'A row with this institution, id and version was already read with other content.',
      es: 'Ya se leyó una fila con esta institución, id y versión con otro contenido.',
      fr: 'Une ligne avec ces institution, id et version a déjà été lue avec un autre contenu.',
    },
    hint: {
      en: 'Send a correction with a higher version.',
      es: 'Envíe la corrección con una versión mayor.',
      fr: 'Envoyez la correction avec une version plus élevée.',
    },
  },
});
