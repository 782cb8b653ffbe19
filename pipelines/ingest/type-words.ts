/** How banks name the kinds of a movement and its two sides, in English, Spanish and French. */

/** Kind of a type code, by the words banks use. Order matters: the first that fits. */
export const KIND_WORDS: readonly (readonly [RegExp, Record<string, string>])[] = [
  [
    /cash.?in|deposito.*efectivo|cash dep|depot.*espece|^deposit/i,
    { kind: 'cash_deposit', rail: 'cash', channel: 'other', instrument: 'cash' },
  ],
  [
    /cash.?out|retiro|withdraw|retrait|atm/i,
    { kind: 'cash_withdrawal', rail: 'cash', channel: 'other', instrument: 'cash' },
  ],
  [
    /compra|purchase|pos|achat|tarjeta|card/i,
    { kind: 'card_purchase', rail: 'other', channel: 'pos', instrument: 'card' },
  ],
  [/cheque|check/i, { kind: 'cheque_deposit', rail: 'cheque', channel: 'other', instrument: 'cheque' }],
  [/comision|fee|frais/i, { kind: 'fee', rail: 'book', channel: 'other', instrument: 'account' }],
  [/interes|interest|interet/i, { kind: 'interest', rail: 'book', channel: 'other', instrument: 'account' }],
  [/spei/i, { kind: 'transfer', rail: 'spei', channel: 'other', instrument: 'account' }],
  [/ach/i, { kind: 'transfer', rail: 'ach', channel: 'other', instrument: 'account' }],
  [
    /transfer|wire|traspaso|virement|pago|payment|paiement/i,
    { kind: 'transfer', rail: 'other', channel: 'other', instrument: 'account' },
  ],
];
/** What a code is taken for that no word explains. */
export const TRANSFER = { kind: 'transfer', rail: 'other', channel: 'other', instrument: 'account' } as const;

/** Spellings of the two sides, upper case. */
export const INDICATORS = {
  debit: ['D', 'DR', 'DEBIT', 'CARGO', '-', 'DEBE', 'OUT', 'SENT', 'RETIRO', 'DÉBIT'],
  credit: ['C', 'CR', 'CREDIT', 'ABONO', 'A', '+', 'HABER', 'IN', 'RECEIVED', 'DEPOSITO', 'CRÉDIT'],
};
