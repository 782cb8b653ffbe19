/**
 * What people do with their accounts on an ordinary day: the bulk of the stream. Weights are per thousand rows, amounts in
 * days of the country's minimum wage. Field practice, not measurement; they shape the load, not a finding.
 */
import type { Side, Stamp, Transaction } from '../../schemas/transaction.ts';
import { type Bank, COUNTRY_FACTS, type CountryFacts } from './profiles.ts';

/** Keys that stand in a template until a row puts a real one in their place, in this order. */
export const PLACEHOLDERS = {
  debtorAccount: `acct_${'0'.repeat(25)}d`,
  creditorAccount: `acct_${'0'.repeat(25)}c`,
  debtorParty: `par_${'0'.repeat(25)}d`,
  creditorParty: `par_${'0'.repeat(25)}c`,
  conductor: `par_${'0'.repeat(25)}x`,
} as const;

export interface Action {
  readonly name: string;
  readonly weight: number;
  /** The side on which the customer stands. */
  readonly actor: 'debtor' | 'creditor';
  /** Who stands on the other: a customer, a business, somebody of another bank or country, nobody, the same holder. */
  readonly other: 'customer' | 'business' | 'outsider' | 'nobody' | 'self';
  /** Median amount in days of minimum wage, and the factor by which most lie above or below it. */
  readonly wages: number;
  readonly spread: number;
  /** Share of amounts that are round: multiples of half a day's wage. */
  readonly round: number;
  /** Reported by the bank of the other side. */
  readonly byOther?: true;
  /** Both banks may report it. */
  readonly paired?: true;
  row(facts: CountryFacts, bank: Bank, home: string | undefined): Partial<Transaction>;
  readonly otherSide?: (bank: Bank) => Side;
  readonly stamp?: Partial<Stamp>;
  readonly kin?: true;
}

type Place = NonNullable<Transaction['places']>[number];
function placeOf(role: Place['role'], region: string | undefined): Place[] {
  if (region === undefined) return [];
  const [country = '', admin1 = ''] = region.split('-');
  return [{ role, country, admin1 }];
}

const business = (kind: Side['kind'], extra: Side = {}) => {
  return (bank: Bank): Side => ({ bank: bank.institution, kind, coverage: 'full_account', ...extra });
};
const elsewhere = (bank: Bank): Side => ({ bank: bank.other, kind: 'person', country: bank.country });
const TERMINAL = `trm_${'0'.repeat(26)}`;
const agent = (name: string): string => `agt_${name.padStart(26, '0')}`;
const transfer = (rail: Transaction['rail'], channel: Transaction['channel'] = 'mobile') =>
  ({ kind: 'transfer', rail, channel, instrument: 'account' }) as const;
const cash = (
  kind: 'cash_deposit' | 'cash_withdrawal',
  channel: 'atm' | 'branch',
  region: string | undefined,
) =>
  ({
    kind,
    rail: 'cash',
    channel,
    instrument: 'cash',
    places: placeOf(channel === 'atm' ? 'terminal' : 'branch', region),
    terminal: { id: TERMINAL },
  }) as const;
const card = (channel: 'pos' | 'ecommerce', mcc: string) =>
  ({
    kind: 'card_purchase',
    rail: 'card_visa',
    channel,
    instrument: 'card',
    card: { mcc, present: channel === 'pos' },
  }) as const;
const byHolder = (isHolder: boolean): Partial<Transaction> => ({
  conductors: [{ ref: isHolder ? PLACEHOLDERS.creditorParty : PLACEHOLDERS.conductor, isHolder }],
});
const borderPlace = (facts: CountryFacts, role: Place['role']): Place[] => [
  { role, country: facts.regions[0].slice(0, 2), admin1: facts.borderRegion },
];

const person = { actor: 'debtor', other: 'customer', wages: 3, spread: 6, round: 0.6 } as const;
const shop = { actor: 'debtor', other: 'business', wages: 1.2, spread: 5, round: 0.1 } as const;
const alone = { actor: 'debtor', other: 'nobody', wages: 4, spread: 4, round: 0.9 } as const;
const income = { actor: 'creditor', other: 'business', wages: 12, spread: 2, round: 0.2 } as const;
const remittance = { actor: 'creditor', other: 'outsider', wages: 8, spread: 4, round: 0.6 } as const;
/** Share of a rail's rows that fall between 22:00 and 06:00, thousandths. */
const NIGHT_NORM = { nightNormMilli: 110 };

export const ACTIONS: readonly Action[] = [
  { ...person, name: 'to-a-friend', weight: 215, row: (f) => transfer(f.personal), stamp: NIGHT_NORM },
  { ...person, name: 'on-us', weight: 85, row: (f) => transfer(f.onUs, 'online'), stamp: NIGHT_NORM },
  { ...person, name: 'to-kin', weight: 40, kin: true, row: (f) => transfer(f.personal), stamp: NIGHT_NORM },
  { ...person, name: 'savings', weight: 12, other: 'self', row: (f) => transfer(f.onUs) },
  {
    ...person,
    name: 'interbank-out',
    weight: 25,
    other: 'outsider',
    otherSide: elsewhere,
    row: (f) => transfer(f.interbank),
    stamp: NIGHT_NORM,
  },
  {
    ...person,
    name: 'between-banks',
    weight: 8,
    paired: true,
    row: (f) => transfer(f.interbank),
    stamp: NIGHT_NORM,
  },
  {
    ...person,
    name: 'between-banks-in',
    weight: 0,
    byOther: true,
    row: (f) => transfer(f.interbank),
    stamp: NIGHT_NORM,
  },
  {
    ...shop,
    name: 'shop',
    weight: 255,
    row: (_f, _b, home) => ({ ...card('pos', '5411'), places: placeOf('merchant', home) }),
    otherSide: business('merchant'),
  },
  {
    ...shop,
    name: 'web-shop',
    weight: 60,
    row: () => card('ecommerce', '5732'),
    otherSide: business('merchant'),
  },
  {
    ...shop,
    name: 'declined',
    weight: 12,
    row: () => ({ ...card('ecommerce', '5732'), status: 'declined' }),
    otherSide: business('merchant'),
  },
  {
    ...shop,
    name: 'ticket',
    weight: 3,
    wages: 20,
    row: (f) => ({ ...card('ecommerce', '4511'), travel: { to: f.regions[1] } }),
    otherSide: business('merchant'),
  },
  {
    ...shop,
    name: 'hotel',
    weight: 6,
    wages: 8,
    row: (f) => ({ ...card('pos', '7011'), places: placeOf('merchant', f.regions[1]) }),
    otherSide: business('merchant'),
  },
  {
    ...shop,
    name: 'bill',
    weight: 55,
    wages: 4,
    row: (f) => ({ ...transfer(f.onUs, 'online'), kind: 'bill_payment' }),
    otherSide: business('utility'),
  },
  {
    ...shop,
    name: 'rent',
    weight: 12,
    wages: 40,
    spread: 2,
    round: 1,
    row: (f) => transfer(f.onUs),
    otherSide: business('landlord'),
  },
  { ...alone, name: 'cash-at-home', weight: 70, row: (_f, _b, home) => cash('cash_withdrawal', 'atm', home) },
  { ...alone, name: 'cash-away', weight: 10, row: (f) => cash('cash_withdrawal', 'atm', f.regions[2]) },
  {
    ...alone,
    name: 'deposit-at-counter',
    weight: 22,
    actor: 'creditor',
    row: (_f, _b, home) => ({ ...cash('cash_deposit', 'branch', home), ...byHolder(true) }),
  },
  {
    ...alone,
    name: 'deposit-at-machine',
    weight: 24,
    actor: 'creditor',
    row: (_f, _b, home) => ({ ...cash('cash_deposit', 'atm', home), ...byHolder(true) }),
  },
  {
    ...alone,
    name: 'deposit-by-another',
    weight: 4,
    actor: 'creditor',
    row: (f) => ({ ...cash('cash_deposit', 'branch', f.regions[1]), ...byHolder(false) }),
  },
  {
    ...income,
    name: 'wage',
    weight: 42,
    row: (f) => ({ ...transfer(f.payroll, 'batch'), purpose: 'wage' }),
    otherSide: business('entity'),
  },
  {
    ...income,
    name: 'wage-by-date',
    weight: 2,
    row: (f) => ({ ...transfer(f.payroll, 'batch'), purpose: 'wage' }),
    otherSide: business('entity'),
    stamp: { precision: 'day' },
  },
  {
    ...income,
    name: 'benefit',
    weight: 9,
    wages: 6,
    row: (f) => ({ ...transfer(f.payroll, 'batch'), purpose: 'benefit' }),
    otherSide: business('government_benefit'),
  },
  {
    ...income,
    name: 'platform',
    weight: 8,
    wages: 5,
    row: (f) => transfer(f.onUs, 'other'),
    otherSide: business('psp', { licences: ['platform', 'psp'] }),
  },
  {
    ...remittance,
    name: 'remittance-inland',
    weight: 6,
    otherSide: () => ({ kind: 'person', country: 'US' }),
    row: (f, _b, home) => ({
      ...transfer('mto', 'mto_agent'),
      places: [...placeOf('agent_pay', home), ...placeOf('agent_send', 'US-CA')],
      mto: { operator: 'remesa', payAgent: agent(f.ccy.toLowerCase()), payoutMethod: 'cash' },
    }),
    stamp: NIGHT_NORM,
  },
  {
    ...remittance,
    name: 'remittance-border',
    weight: 3,
    otherSide: () => ({ kind: 'person', country: 'US' }),
    row: (f) => ({
      ...transfer('mto', 'mto_agent'),
      places: [...borderPlace(f, 'agent_pay'), ...placeOf('agent_send', 'US-GA')],
      mto: { operator: 'remesa', payAgent: agent('border'), payoutMethod: 'cash' },
    }),
    stamp: { ...NIGHT_NORM, lists: ['border_municipality', 'agent_pay:border_municipality'] },
  },
  {
    ...remittance,
    name: 'remittance-out',
    weight: 7,
    actor: 'debtor',
    otherSide: () => ({ kind: 'person', country: 'GT' }),
    row: () => ({ ...transfer('mto', 'online'), mto: { operator: 'remesa', payoutMethod: 'account' } }),
    stamp: NIGHT_NORM,
  },
  {
    ...shop,
    name: 'coins',
    weight: 4,
    wages: 4,
    row: (f) => ({ ...transfer(f.onUs), kind: 'va_buy', instrument: 'va' }),
    otherSide: business('vasp', { licences: ['vasp'] }),
  },
  {
    ...shop,
    name: 'fee',
    weight: 5,
    wages: 0.1,
    row: () => ({ ...transfer('book', 'batch'), kind: 'fee' }),
    otherSide: business('bank_own'),
  },
];

/** Everything an action says on one profile of one bank, placeholders for whoever takes part. */
export function actionTransaction(
  action: Action,
  bank: Bank,
  actorSide: Side,
  customerOfOther: Side,
): Transaction {
  const facts = COUNTRY_FACTS[bank.country];
  const kin = action.kin === true ? { kinTokens: ['kin_a', 'kin_b'].map((k) => k.padEnd(30, '0')) } : {};
  const isFar = action.paired === true || action.byOther === true;
  const reporter = action.byOther === true ? bank.other : bank.institution;
  const { coverage: _unseen, ...far } = { ...customerOfOther, bank: bank.other };
  const near: Side = action.byOther === true ? { ...actorSide, coverage: undefined } : actorSide;
  const otherOf = (): Side => {
    if (action.otherSide !== undefined) return action.otherSide(bank);
    if (action.other === 'nobody') return {};
    return isFar
      ? { ...far, ...(action.byOther === true ? { coverage: 'full_account' } : {}) }
      : customerOfOther;
  };
  const isNamed = action.other !== 'nobody';
  const sides = { actor: { ...near, ...kin }, other: { ...otherOf(), ...kin } };
  const keyed = (side: Side, which: 'debtor' | 'creditor', named: boolean): Side =>
    Object.fromEntries(
      Object.entries({
        ...side,
        ...(named
          ? {
              accountKey: PLACEHOLDERS[`${which}Account`],
              holderKey: PLACEHOLDERS[`${action.other === 'self' ? 'debtor' : which}Party`],
            }
          : {}),
      }).filter(([, value]) => value !== undefined),
    );
  const isDebtor = action.actor === 'debtor';
  const row = action.row(facts, bank, actorSide.admin1);
  return {
    institution: reporter,
    id: 'template',
    version: 1,
    op: 'put',
    status: 'completed',
    kind: 'transfer',
    rail: 'other',
    channel: 'other',
    instrument: 'account',
    settled: { minor: '0', ccy: facts.ccy },
    ...row,
    stamp: {
      eventTime: 0,
      precision: 'second',
      localOffsetMin: facts.offsetMin,
      offsetSource: 'institution',
      amountMinor: '0',
      ccy: facts.ccy,
      usdMinor: 0,
      mxnMinor: null,
      cadMinor: null,
      rateId: null,
      wageMilli: 0,
      wageTable: null,
      nightNormMilli: null,
      debtor: keyed(isDebtor ? sides.actor : sides.other, 'debtor', isDebtor || isNamed),
      creditor: keyed(isDebtor ? sides.other : sides.actor, 'creditor', !isDebtor || isNamed),
      textClasses: [],
      lists: [],
      provided: 'measured@1',
      lexiconVersion: '1',
      listVersion: '1',
      submissionId: 'measured',
      line: 0,
      pseudonymKeyId: 'measured',
      ...action.stamp,
    },
  };
}
