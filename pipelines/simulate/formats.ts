/**
 * The canonical file formats of the edge: NDJSON, one object a line, and CSV whose headers are dotted paths
 * (`debtor.account.token`, `places.0.role`). Lines carry their newline; writing them anywhere is the caller's.
 */

/** One JSON object a line. */
export function* ndjsonLines(items: Iterable<object>): Generator<string> {
  for (const item of items) yield `${JSON.stringify(item)}\n`;
}

type Leaf = string | number | boolean;

/** Calls `visit` for every leaf of a tree with its dotted path. */
function visitLeaves(value: unknown, path: string, visit: (path: string, leaf: Leaf) => void): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'object') {
    for (const key in value)
      visitLeaves((value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`, visit);
    return;
  }
  visit(path, value as Leaf);
}

const needsQuotes = /[",\r\n]/;
const cell = (text: string): string => (needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * A header line, then one line per item; an absent value is an empty cell. Throws RangeError when an item holds a leaf
 * for which there is no column, so that nothing is dropped in silence.
 */
export function* csvLines(items: Iterable<object>, columns: readonly string[]): Generator<string> {
  yield `${columns.join(',')}\n`;
  const position = new Map(columns.map((column, i) => [column, i]));
  for (const item of items) {
    const cells = new Array<string>(columns.length).fill('');
    visitLeaves(item, '', (path, leaf) => {
      const at = position.get(path);
      if (at === undefined) throw new RangeError(`no column for ${path}`);
      cells[at] = cell(String(leaf));
    });
    yield `${cells.join(',')}\n`;
  }
}

const under = (prefix: string, names: readonly string[]): string[] =>
  names.map((name) => `${prefix}.${name}`);

const party = (side: string): string[] =>
  under(side, [
    'account.scheme',
    'account.token',
    'account.bank',
    'account.product',
    'holders.0.ref',
    'holders.0.refScheme',
    'holders.0.refStrength',
    'kind',
    'country',
    'licence.kind',
    'name',
    'surnames.0',
    'surnames.1',
  ]);

const place = (index: number): string[] =>
  under(`places.${index}`, ['role', 'country', 'admin1', 'municipalityCode', 'tz', 'precision']);

const numbered = (prefix: string, count: number, names: readonly string[]): string[] =>
  Array.from({ length: count }, (_, i) => under(`${prefix}.${i}`, names)).flat();

/** The face values that a counter counted, at most this many a row. */
const COUNTED_FACES = 3;
const counted = (side: string): string[] =>
  numbered(`cash.${side}`, COUNTED_FACES, ['ccy', 'face', 'note', 'count']);

/** Every column that a simulated transaction can fill, in reading order. */
export const TRANSACTION_COLUMNS: readonly string[] = [
  'institution',
  'id',
  'version',
  'op',
  'kind',
  'rail',
  'channel',
  'instrument',
  'status',
  'statusReason',
  'occurredAt',
  'occurredPrecision',
  'offsetSource',
  'postedAt',
  'valueDate',
  'instructed.amount',
  'instructed.ccy',
  'settled.amount',
  'settled.ccy',
  ...party('debtor'),
  ...party('creditor'),
  'purpose',
  'purposeCode',
  'purposeText',
  ...under('refs', ['endToEndId', 'speiClaveRastreo', 'achTrace', 'interacRefToken', 'mtcnToken']),
  ...under('reverses', ['institution', 'id', 'amount.amount', 'amount.ccy']),
  ...under('conductors.0', ['ref', 'kind', 'isHolder', 'onBehalfOf.0.ref', 'onBehalfOf.0.relationship']),
  ...under('beneficiaries.0', ['ref', 'refScheme', 'country']),
  ...place(0),
  ...place(1),
  'terminal.id',
  'terminal.kind',
  'cash.method',
  ...counted('in'),
  ...counted('out'),
  ...under('card', [
    'token',
    'present',
    'merchantId',
    'mcc',
    'approved',
    'facilitator',
    'subMerchant',
    'merchantDescriptorClass',
  ]),
  ...under('mto', [
    'operator',
    'sendAgent',
    'payAgent',
    'payoutMethod',
    'fundedBy',
    'sentAt',
    'paidAt',
    'declaredRelationshipClass',
    'declaredPurposeClass',
  ]),
  ...under('payroll', [
    'employer',
    'employee',
    'payDate',
    'periodFrom',
    'periodTo',
    'days',
    'gross.amount',
    'gross.ccy',
    'net.amount',
    'net.ccy',
  ]),
  ...numbered('payroll.deductions', 4, ['kind', 'amount.amount', 'amount.ccy']),
  ...under('lodging', ['checkIn', 'nights', 'rooms']),
  ...under('travel', [
    'carrier',
    'from',
    'to',
    'depart',
    'return',
    'passengers.0',
    'passengers.1',
    'oneWay',
    'bookedBy',
  ]),
  'telecom.toppedUpToken',
  ...under('loan', ['contractToken', 'lenderLicensed', 'principal.amount', 'principal.ccy']),
  ...under('session', ['deviceToken', 'ipCountry', 'ipClass']),
  ...under('va', ['chain', 'txHash', 'asset', 'from.0', 'to.0', 'custody']),
];

/** Accounts and relations that one record of a simulated party file can hold. */
const RECORD_ACCOUNTS = 6;
const RECORD_RELATIONS = 4;

/** Every column that a simulated party record can fill. */
export const PARTY_COLUMNS: readonly string[] = [
  'ref',
  'refScheme',
  'institution',
  'name',
  'surnames.0',
  'surnames.1',
  'kind',
  ...under('homePlace', ['country', 'admin1', 'municipality']),
  ...under('workPlace', ['country', 'admin1', 'municipality']),
  'residenceCountry',
  'birthYear',
  'sector',
  'nightWork',
  'licences.0.kind',
  'incorporated',
  'employers.0',
  'beneficialOwners.0.ref',
  'occupation',
  'pep',
  ...under('declaredMonthlyIn', ['amount', 'ccy']),
  ...numbered('openingHours', 7, ['weekday', 'opens', 'closes']),
  ...numbered('relationships', RECORD_RELATIONS, ['ref', 'refScheme', 'kind']),
  ...numbered('accounts', RECORD_ACCOUNTS, ['scheme', 'token', 'bank', 'product', 'opened', 'coverage']),
];
