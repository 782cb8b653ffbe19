/** Error codes of the area `feed`. */
import { defineErrors } from './define.ts';

export const feedErrors = defineErrors({
  'RAS-FEED-AMOUNT-FORMAT': {
    message: {
      en: 'The amount {value} is not a plain decimal number.',
      es: 'El importe {value} no es un número decimal simple.',
      fr: 'Le montant {value} n’est pas un nombre décimal simple.',
    },
    hint: {
      en: 'Write digits with at most one point; let the mapping state separators and signs.',
      es: 'Escriba dígitos con un punto como máximo; indique en el mapeo los separadores y signos.',
      fr: 'Écrivez des chiffres avec un point au plus ; le mappage indique séparateurs et signes.',
    },
  },
  'RAS-FEED-AMOUNT-PRECISION': {
    message: {
      en: 'The amount {value} has more decimals than {ccy} allows.',
      es: 'El importe {value} tiene más decimales de los que admite {ccy}.',
      fr: 'Le montant {value} a plus de décimales que {ccy} n’en admet.',
    },
    hint: {
      en: 'Send the settled amount as booked; amounts are never rounded here.',
      es: 'Envíe el importe liquidado tal como se contabilizó; aquí nunca se redondea.',
      fr: 'Envoyez le montant réglé tel que comptabilisé ; rien n’est arrondi ici.',
    },
  },
  'RAS-FEED-AMOUNT-RANGE': {
    message: {
      en: 'The amount {value} is larger than {ccy} can carry.',
      es: 'El importe {value} es mayor de lo que {ccy} puede representar.',
      fr: 'Le montant {value} dépasse ce que {ccy} peut représenter.',
    },
    hint: {
      en: 'Check the separators and the unit of the column.',
      es: 'Revise los separadores y la unidad de la columna.',
      fr: 'Vérifiez les séparateurs et l’unité de la colonne.',
    },
  },
  'RAS-FEED-AMOUNT-NEGATIVE': {
    message: {
      en: 'The amount {value} is negative.',
      es: 'El importe {value} es negativo.',
      fr: 'Le montant {value} est négatif.',
    },
    hint: {
      en: 'Direction is said by debtor and creditor; let the mapping turn signs into sides.',
      es: 'La dirección la dan ordenante y beneficiario; deje que el mapeo convierta signos en lados.',
      fr: 'Le sens est donné par débiteur et créancier ; le mappage convertit les signes en côtés.',
    },
  },
  'RAS-FEED-CURRENCY-UNKNOWN': {
    message: {
      en: 'The currency {ccy} is not known.',
      es: 'La moneda {ccy} no es conocida.',
      fr: 'La devise {ccy} est inconnue.',
    },
    hint: {
      en: 'Use an ISO 4217 code or a listed virtual asset.',
      es: 'Use un código ISO 4217 o un activo virtual listado.',
      fr: 'Utilisez un code ISO 4217 ou un actif virtuel listé.',
    },
  },
  'RAS-FEED-TIME-MISSING': {
    message: {
      en: 'The row has no time: none of occurredAt, postedAt and valueDate.',
      es: 'La fila no tiene tiempo: ni occurredAt, ni postedAt, ni valueDate.',
      fr: 'La ligne n’a pas de temps : ni occurredAt, ni postedAt, ni valueDate.',
    },
    hint: {
      en: 'Send at least a value date; nothing is guessed.',
      es: 'Envíe al menos una fecha valor; nada se adivina.',
      fr: 'Envoyez au moins une date de valeur ; rien n’est deviné.',
    },
  },
  'RAS-FEED-TIME-INVALID': {
    message: {
      en: '{value} is not a possible date or time.',
      es: '{value} no es una fecha u hora posible.',
      fr: '{value} n’est pas une date ou une heure possible.',
    },
    hint: {
      en: 'Write YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with Z or an offset.',
      es: 'Escriba AAAA-MM-DD, o AAAA-MM-DDThh:mm:ss con Z o un desfase.',
      fr: 'Écrivez AAAA-MM-JJ, ou AAAA-MM-JJThh:mm:ss avec Z ou un décalage.',
    },
  },
  'RAS-FEED-ZONE-UNKNOWN': {
    message: {
      en: 'The time zone {value} is not known.',
      es: 'El huso horario {value} no es conocido.',
      fr: 'Le fuseau horaire {value} est inconnu.',
    },
    hint: {
      en: 'Use an IANA name such as America/Tijuana.',
      es: 'Use un nombre IANA como America/Tijuana.',
      fr: 'Utilisez un nom IANA comme America/Tijuana.',
    },
  },
  'RAS-FEED-VAULT-OPEN': {
    message: {
      en: 'A sealed entry cannot be opened: {detail}.',
      es: 'No se puede abrir una entrada sellada: {detail}.',
      fr: 'Une entrée scellée ne peut pas être ouverte : {detail}.',
    },
    hint: {
      en: 'Use the secret of the data folder that sealed it; a changed entry stays closed.',
      es: 'Use el secreto de la carpeta de datos que la selló; una entrada alterada no se abre.',
      fr: 'Utilisez le secret du dossier qui l’a scellée ; une entrée modifiée reste fermée.',
    },
  },
});
