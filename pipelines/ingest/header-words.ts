/** What banks call their columns in English, Spanish and French. Words are lower case without accents. */

/** Roles a column of a bank's file can play; `propose.ts` turns them into canonical fields. */
export type ColumnRole =
  | 'id'
  | 'dateTime'
  | 'date'
  | 'time'
  | 'valueDate'
  | 'amount'
  | 'debit'
  | 'credit'
  | 'indicator'
  | 'currency'
  | 'balance'
  | 'type'
  | 'ownAccount'
  | 'otherAccount'
  | 'from'
  | 'to'
  | 'fromBank'
  | 'toBank'
  | 'otherBank'
  | 'otherName'
  | 'text'
  | 'reference'
  | 'status'
  | 'channel'
  | 'terminal'
  | 'state'
  | 'country'
  | 'mcc'
  | 'institution';

/** Whole headers, after folding; the first role that has one wins. */
export const HEADER_WORDS: readonly (readonly [ColumnRole, readonly string[]])[] = [
  ['institution', ['institution', 'institucion', 'entidad', 'reporting institution', 'etablissement']],
  [
    'id',
    [
      'id',
      'transaction id',
      'tran id',
      'tx id',
      'txn id',
      'trans id',
      'transaction number',
      'folio',
      'id transaccion',
      'id operacion',
      'numero de operacion',
      'no operacion',
      'folio operacion',
      'id transaction',
      'numero transaction',
      'numero operation',
      'movement id',
      'id movimiento',
    ],
  ],
  [
    'valueDate',
    ['value date', 'fecha valor', 'date valeur', 'date de valeur', 'settlement date', 'fecha liquidacion'],
  ],
  [
    'dateTime',
    [
      'timestamp',
      'datetime',
      'date time',
      'fecha hora',
      'fecha y hora',
      'date heure',
      'date et heure',
      'tran timestamp',
      'occurred at',
      'created at',
      'transaction time',
      'local time',
    ],
  ],
  [
    'date',
    [
      'date',
      'fecha',
      'transaction date',
      'fecha operacion',
      'fecha de operacion',
      'fecha movimiento',
      'fecha transaccion',
      'date operation',
      'date d operation',
      'booking date',
      'posting date',
      'posted date',
      'jour',
      'dia',
      'day',
    ],
  ],
  ['time', ['time', 'hora', 'heure', 'hora operacion', 'hora de operacion']],
  [
    'debit',
    [
      'debit',
      'cargo',
      'cargos',
      'retiro',
      'retiros',
      'withdrawal',
      'withdrawals',
      'paid out',
      'money out',
      'debe',
      'debito',
      'debits',
      'egreso',
      'egresos',
      'sortie',
    ],
  ],
  [
    'credit',
    [
      'credit',
      'abono',
      'abonos',
      'deposito',
      'depositos',
      'deposit',
      'deposits',
      'paid in',
      'money in',
      'haber',
      'credito',
      'credits',
      'ingreso',
      'ingresos',
      'entree',
    ],
  ],
  [
    'indicator',
    [
      'dc',
      'd c',
      'dr cr',
      'cr dr',
      'debit credit',
      'debit credit indicator',
      'sign',
      'signo',
      'naturaleza',
      'cargo abono',
      'sens',
      'direction',
      'direccion',
    ],
  ],
  [
    'balance',
    [
      'balance',
      'saldo',
      'solde',
      'balance after',
      'running balance',
      'saldo final',
      'saldo despues',
      'nouveau solde',
    ],
  ],
  [
    'amount',
    [
      'amount',
      'importe',
      'monto',
      'montant',
      'transaction amount',
      'amt',
      'base amt',
      'valor',
      'cantidad',
      'somme',
      'value',
      'importe operacion',
      'amount received',
      'amount paid',
      'importe pagado',
      'montant paye',
    ],
  ],
  [
    'currency',
    ['currency', 'ccy', 'moneda', 'divisa', 'devise', 'currency code', 'payment currency', 'monnaie'],
  ],
  [
    'fromBank',
    ['from bank', 'banco origen', 'banco ordenante', 'sender bank', 'banque emettrice', 'originating bank'],
  ],
  [
    'toBank',
    [
      'to bank',
      'banco destino',
      'banco beneficiario',
      'receiver bank',
      'beneficiary bank',
      'banque destinataire',
    ],
  ],
  [
    'from',
    [
      'from',
      'from account',
      'sender',
      'sender account',
      'orig acct',
      'originator account',
      'debtor account',
      'cuenta origen',
      'cuenta ordenante',
      'clabe ordenante',
      'compte emetteur',
      'compte debiteur',
      'payer account',
    ],
  ],
  [
    'to',
    [
      'to',
      'to account',
      'receiver',
      'receiver account',
      'bene acct',
      'beneficiary account',
      'creditor account',
      'cuenta destino',
      'cuenta beneficiario',
      'cuenta beneficiaria',
      'clabe beneficiario',
      'compte destinataire',
      'compte crediteur',
      'payee account',
    ],
  ],
  [
    'otherAccount',
    ['counterparty account', 'other account', 'cuenta contraparte', 'contra account', 'compte contrepartie'],
  ],
  ['otherBank', ['counterparty bank', 'other bank', 'banco contraparte', 'banque contrepartie', 'banco']],
  [
    'otherName',
    [
      'counterparty',
      'counterparty name',
      'payee',
      'payer',
      'beneficiary',
      'beneficiario',
      'nombre contraparte',
      'nombre',
      'ordenante',
      'contrepartie',
      'beneficiaire',
      'nom',
      'contact name',
    ],
  ],
  [
    'ownAccount',
    [
      'account',
      'account number',
      'cuenta',
      'numero de cuenta',
      'no cuenta',
      'clabe',
      'iban',
      'compte',
      'numero de compte',
      'acct',
      'account id',
    ],
  ],
  ['status', ['status', 'estatus', 'estado', 'statut', 'etat']],
  ['channel', ['channel', 'canal', 'medio']],
  [
    'type',
    [
      'type',
      'tipo',
      'transaction type',
      'tx type',
      'tran type',
      'tipo de operacion',
      'tipo operacion',
      'tipo movimiento',
      'type d operation',
      'type operation',
      'code',
      'codigo',
      'payment type',
      'tipo de transaccion',
    ],
  ],
  [
    'reference',
    [
      'reference',
      'ref',
      'referencia',
      'clave de rastreo',
      'trace number',
      'reference number',
      'numero de referencia',
      'numero reference',
      'end to end id',
    ],
  ],
  [
    'text',
    [
      'description',
      'descripcion',
      'concepto',
      'memo',
      'details',
      'detalle',
      'narrative',
      'libelle',
      'motif',
      'descriptif',
      'purpose',
      'motivo',
      'communication',
    ],
  ],
  ['terminal', ['terminal', 'terminal id', 'atm id', 'cajero', 'branch', 'sucursal', 'agence', 'guichet']],
  ['state', ['state', 'province', 'entidad federativa', 'departamento', 'etat province']],
  ['country', ['country', 'pais', 'pays', 'country code']],
  ['mcc', ['mcc', 'merchant category', 'merchant category code', 'giro', 'sic']],
];

/** `Fecha_Operación.` and `fecha operacion` are the same header. */
export function foldHeader(header: string): string {
  return header
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
