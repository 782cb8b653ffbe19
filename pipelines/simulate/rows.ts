/**
 * From a movement of the simulated world to the rows that institutions report of it.
 *
 * A transfer between two submitting institutions gives two rows joined by `refs.endToEndId`; one whose other side does
 * not submit gives one row; a movement that no submitting institution sees gives none. Amounts are minor units.
 */
import type { Channel, Kind, LicenceKind, PartyKind, Rail } from '../../schemas/enumerations.ts';
import type { PartyInput, TransactionInput } from '../../schemas/transaction.ts';
import { type Booked, bookedBy } from './booked.ts';
import type { Institution } from './institutions.ts';
import type { Cash, Conductor, End, Purchase, Remittance, Transfer, VirtualAsset } from './movements.ts';
import type { Account } from './people.ts';
import { placeOf } from './places.ts';
import { dateText, isoText, localDay, type Zone } from './time.ts';

/** What a case's feed leaves out: the form a bank's incomplete extract takes. */
export const DROPPABLE = ['places', 'purpose', 'refs', 'conductors', 'names'] as const;
export interface Lens {
  /** Times of day are lost: every row carries a date only. */
  readonly dateOnly: boolean;
  readonly drops: readonly (typeof DROPPABLE)[number][];
}
export const CLEAR: Lens = { dateOnly: false, drops: [] };

/** One movement as reported: the rows, one for each submitting institution that saw it. */
export type Sink = (rows: readonly TransactionInput[], at: number, zone: Zone) => void;

/** Row and end-to-end numbers, shared by all ledgers of a simulation. */
export class Counters {
  private readonly rows = new Map<string, number>();
  private links = 0;

  rowId(institution: string): string {
    const number = (this.rows.get(institution) ?? 0) + 1;
    this.rows.set(institution, number);
    return `t${number.toString(36).padStart(7, '0')}`;
  }

  link(): string {
    return (++this.links).toString(36).padStart(8, '0');
  }
}

/** Decimals of the assets that the world moves; every fiat currency in it has two. */
const DECIMALS: Readonly<Record<string, number>> = { USDT: 6, BTC: 8 };

/** Minor units to the decimal string of the edge. */
export function decimalText(minor: number, ccy: string): string {
  const decimals = DECIMALS[ccy] ?? 2;
  const digits = String(Math.abs(Math.round(minor))).padStart(decimals + 1, '0');
  const sign = minor < 0 ? '-' : '';
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function original(row: TransactionInput, { instructed }: Booked): void {
  if (instructed === undefined) return;
  const { amount, ccy } = instructed;
  row.instructed = { amount: decimalText(amount, ccy), ccy };
}

const isAccount = (end: End): end is Account => 'institution' in end;

const DAY_RAILS: ReadonlySet<Rail> = new Set(['ach', 'aft', 'cheque']);
/** A bank's own books: a batch run stamps all its rows with the hour of the run. */
const BOOK_RAILS: ReadonlySet<Rail> = new Set(['mx_on_us', 'us_on_us', 'ca_on_us']);
const HANDLE_RAILS: ReadonlySet<Rail> = new Set(['zelle', 'interac_etransfer']);

export class Ledger {
  private readonly counters: Counters;
  private readonly lens: Lens;
  private readonly sink: Sink;

  constructor(counters: Counters, lens: Lens, sink: Sink) {
    this.counters = counters;
    this.lens = lens;
    this.sink = sink;
  }

  /** Value from one end to another; payroll, rent, tax, bill payments and person-to-person alike. */
  transfer(t: Transfer): void {
    const reporters = this.reportersOf(t.from, t.to);
    if (reporters.length === 0) return;
    const byHandle = HANDLE_RAILS.has(t.rail);
    const link = this.counters.link();
    const rows = reporters.map((reporter) => {
      const row = this.head(reporter, t.kind ?? 'transfer', t.rail, t.channel ?? 'mobile', t.amount, t.ccy);
      row.debtor = viewOf(t.from, reporter, byHandle);
      row.creditor = viewOf(t.to, reporter, byHandle);
      if (t.channel === 'batch' && BOOK_RAILS.has(t.rail)) this.time(row, t.at, t.zone, 'batch');
      else this.time(row, t.at, t.zone, DAY_RAILS.has(t.rail) ? 'day' : 'second');
      if (t.purpose !== undefined) row.purpose = t.purpose;
      if (t.purposeCode !== undefined) row.purposeCode = t.purposeCode;
      if (t.text !== undefined) row.purposeText = t.text;
      if (t.payroll !== undefined) row.payroll = t.payroll;
      row.refs = refsOf(t.rail, link);
      const session = sessionOf(t, reporter);
      if (session !== undefined) row.session = session;
      return Object.assign(row, t.extras);
    });
    this.send(rows, t.at, t.zone);
  }

  cashDeposit(c: Cash): void {
    this.cash(c, 'cash_deposit');
  }

  cashWithdrawal(c: Cash): void {
    this.cash(c, 'cash_withdrawal');
  }

  purchase(p: Purchase): void {
    const { institution, token } = p.account;
    if (!institution.submits) return;
    const rail: Rail = institution.country === 'CA' ? 'card_mc' : 'card_visa';
    const channel: Channel = p.present ? 'pos' : 'ecommerce';
    const booked = bookedBy(institution, p);
    const row = this.head(
      institution,
      'card_purchase',
      rail,
      channel,
      booked.settled.amount,
      booked.settled.ccy,
    );
    original(row, booked);
    const { zone } = p.merchant.town;
    row.instrument = 'card';
    row.debtor = p.account.own;
    row.creditor = p.merchant.view;
    this.time(row, p.at, zone, 'second');
    if (p.declined === true) row.status = 'declined';
    else if (!this.lens.dateOnly) row.postedAt = isoText(zone, p.at + p.postedAfterMs);
    if (p.present) row.places = [placeOf(p.merchant.town, 'merchant')];
    row.card = {
      token: `k${token}`,
      present: p.present,
      merchantId: p.merchant.id,
      mcc: p.merchant.mcc,
      approved: p.declined !== true,
      ...(p.facilitator === undefined ? {} : { facilitator: p.facilitator, subMerchant: p.merchant.id }),
      ...(p.merchant.descriptorClass === undefined
        ? {}
        : { merchantDescriptorClass: p.merchant.descriptorClass }),
    };
    if (p.nights !== undefined)
      row.lodging = {
        checkIn: dateText(localDay(zone, p.at)),
        nights: p.nights,
        ...(p.rooms === undefined ? {} : { rooms: p.rooms }),
      };
    this.send([Object.assign(row, p.extras)], p.at, zone);
  }

  /** Money handed to a remittance operator and paid out by it: one row, cut after the pay-out. */
  remittance(r: Remittance): void {
    if (!r.operator.submits) return;
    const row = this.head(r.operator, 'transfer', 'mto', 'mto_agent', r.amount, r.ccy);
    row.instrument = r.fundedBy === 'cash' ? 'cash' : r.fundedBy;
    row.debtor = r.sender.own;
    row.creditor = r.receiver.own;
    row.beneficiaries = [
      { ref: r.receiver.owner.ref, refScheme: r.receiver.owner.refScheme, country: r.to.country },
    ];
    this.time(row, r.at, r.from.zone, 'second', 'place');
    row.places = [placeOf(r.from, 'agent_send'), placeOf(r.to, 'agent_pay')];
    row.conductors = [
      r.conductor === undefined
        ? { ref: r.sender.owner.ref, kind: 'person', isHolder: true }
        : conductorOf(r.conductor),
    ];
    row.mto = {
      operator: r.operator.id,
      sendAgent: `${r.operator.code}-${r.from.code}-${r.sendAgent}`,
      payAgent: `${r.operator.code}-${r.to.code}-${r.payAgent}`,
      payoutMethod: r.payout,
      fundedBy: r.fundedBy,
      ...(r.relationship === undefined ? {} : { declaredRelationshipClass: r.relationship }),
      ...(r.purpose === undefined ? {} : { declaredPurposeClass: r.purpose }),
    };
    const isPaid = (r.extras?.status ?? 'completed') === 'completed';
    if (!this.lens.dateOnly) {
      row.mto.sentAt = isoText(r.from.zone, r.at);
      if (isPaid) row.mto.paidAt = isoText(r.to.zone, r.paidAt);
    }
    if (r.purpose !== undefined) row.purpose = r.purpose;
    if (r.text !== undefined) row.purposeText = r.text;
    row.refs = { mtcnToken: `${r.operator.code}${this.counters.link()}` };
    this.send([Object.assign(row, r.extras)], r.at, r.from.zone);
  }

  /** A conversion inside a virtual-asset institution, or a movement on a chain as a chain feed shows it. */
  virtualAsset(v: VirtualAsset): void {
    if (!v.institution.submits) return;
    const rail: Rail = v.kind === 'va_transfer' ? 'chain' : 'book';
    const row = this.head(v.institution, v.kind, rail, 'online', v.amount, v.asset);
    row.instrument = 'va';
    this.time(row, v.at, v.zone, 'second');
    if (v.account !== undefined) row[v.account.side] = v.account.of.own;
    if (v.from !== undefined) row.debtor ??= chainParty(v.from);
    if (v.to !== undefined) row.creditor ??= chainParty(v.to);
    row.va = {
      chain: v.chain,
      asset: v.asset,
      ...(v.txHash === undefined ? {} : { txHash: v.txHash }),
      ...(v.from === undefined ? {} : { from: [v.from] }),
      ...(v.to === undefined ? {} : { to: [v.to] }),
      custody: v.account === undefined ? 'unknown' : 'hosted',
    };
    this.send([row], v.at, v.zone);
  }

  private cash(c: Cash, kind: 'cash_deposit' | 'cash_withdrawal'): void {
    const { institution, owner } = c.account;
    if (!institution.submits) return;
    // Foreign notes that are paid in are counted as what they are.
    const booked = kind === 'cash_deposit' ? { settled: c } : bookedBy(institution, c);
    const row = this.head(institution, kind, 'cash', c.channel, booked.settled.amount, booked.settled.ccy);
    original(row, booked);
    row.instrument = 'cash';
    if (kind === 'cash_deposit') row.creditor = c.account.own;
    else row.debtor = c.account.own;
    const atTerminal = c.channel === 'atm';
    this.time(
      row,
      c.at,
      c.town.zone,
      c.channel === 'branch' ? 'minute' : 'second',
      atTerminal ? 'terminal' : 'branch',
    );
    row.places = [placeOf(c.town, atTerminal ? 'terminal' : 'branch')];
    row.terminal = { id: `${institution.id}-${c.town.code}-${c.channel}-${c.outlet}`, kind: c.channel };
    row.cash = {
      method: c.channel === 'branch' ? 'counter' : c.channel === 'correspondent' ? 'other' : c.channel,
    };
    if (c.counted !== undefined)
      row.cash[kind === 'cash_deposit' ? 'in' : 'out'] = countedOf(c.counted, c.ccy);
    // A correspondent's till does not learn who pays in; a card or a signature says it everywhere else.
    if (c.conductor !== undefined) row.conductors = [conductorOf(c.conductor)];
    else if (c.channel !== 'correspondent')
      row.conductors = [{ ref: owner.ref, kind: 'person', isHolder: true }];
    this.send([row], c.at, c.town.zone);
  }

  private reportersOf(from: End, to: End): Institution[] {
    const reporters: Institution[] = [];
    if (isAccount(from) && from.institution.submits) reporters.push(from.institution);
    if (isAccount(to) && to.institution.submits && to.institution !== reporters[0])
      reporters.push(to.institution);
    return reporters;
  }

  private head(
    reporter: Institution,
    kind: Kind,
    rail: Rail,
    channel: Channel,
    amount: number,
    ccy: string,
  ): TransactionInput {
    return {
      institution: reporter.id,
      id: this.counters.rowId(reporter.id),
      version: 1,
      op: 'put',
      kind,
      rail,
      channel,
      instrument: 'account',
      status: 'completed',
      settled: { amount: decimalText(amount, ccy), ccy },
    };
  }

  private time(
    row: TransactionInput,
    at: number,
    zone: Zone,
    precision: 'second' | 'minute' | 'day' | 'batch',
    source: NonNullable<TransactionInput['offsetSource']> = 'institution',
  ): void {
    if (precision === 'day' || this.lens.dateOnly) {
      const date = dateText(localDay(zone, at));
      row.occurredAt = date;
      row.occurredPrecision = 'day';
      row.valueDate = date;
      return;
    }
    row.occurredAt = isoText(zone, at, precision === 'minute');
    row.occurredPrecision = precision;
    row.offsetSource = source;
  }

  private send(rows: TransactionInput[], at: number, zone: Zone): void {
    if (this.lens.drops.length > 0) for (const row of rows) drop(row, this.lens.drops);
    this.sink(rows, at, zone);
  }
}

function viewOf(end: End, reporter: Institution, byHandle: boolean): PartyInput {
  if (!isAccount(end)) return end;
  if (end.institution === reporter) return end.own;
  return byHandle ? end.byHandle : end.seen;
}

function refsOf(rail: Rail, link: string): NonNullable<TransactionInput['refs']> {
  const endToEndId = `e${link}`;
  if (rail === 'spei') return { endToEndId, speiClaveRastreo: `SIM${link}` };
  if (rail === 'ach') return { endToEndId, achTrace: `99${link}` };
  if (rail === 'interac_etransfer') return { endToEndId, interacRefToken: `CA${link}` };
  return { endToEndId };
}

const countedOf = (counted: NonNullable<Cash['counted']>, ccy: string) =>
  counted.map(({ face, coin, count }) => ({
    ccy,
    face: String(face),
    note: coin ? ('coin' as const) : ('note' as const),
    count,
  }));

/** One bank in each country hands over how its customers were logged in; the others keep it to themselves. */
function sessionOf(t: Transfer, reporter: Institution): TransactionInput['session'] {
  const { from } = t;
  const channel = t.channel ?? 'mobile';
  if (!reporter.givesSessions || (channel !== 'mobile' && channel !== 'online')) return undefined;
  if (!isAccount(from) || from.institution !== reporter) return undefined;
  return {
    deviceToken: from.device,
    ipCountry: from.owner.town.country,
    ipClass: channel === 'mobile' ? 'mobile' : 'residential',
  };
}

const conductorOf = (c: Conductor) => ({
  ref: c.ref,
  kind: 'person' as const,
  isHolder: c.isHolder,
  ...(c.onBehalfOf === undefined
    ? {}
    : {
        onBehalfOf: [
          { ref: c.onBehalfOf, ...(c.relationship === undefined ? {} : { relationship: c.relationship }) },
        ],
      }),
});

const chainParty = (address: string): PartyInput => ({
  account: { scheme: 'chain', token: address },
  kind: 'unknown',
});

function drop(row: TransactionInput, drops: Lens['drops']): void {
  for (const field of drops) {
    if (field === 'places') delete row.places;
    else if (field === 'refs') delete row.refs;
    else if (field === 'conductors') delete row.conductors;
    else if (field === 'purpose') {
      delete row.purpose;
      delete row.purposeCode;
      delete row.purposeText;
      delete row.payroll;
    } else {
      if (row.debtor !== undefined) row.debtor = nameless(row.debtor);
      if (row.creditor !== undefined) row.creditor = nameless(row.creditor);
    }
  }
}

function nameless(view: PartyInput): PartyInput {
  const { name: _name, surnames: _surnames, ...rest } = view;
  return rest;
}

/** A party of a row that no simulated account stands for: a card merchant, a foreign firm. */
export function nodeView(
  token: string,
  kind: PartyKind,
  country: string,
  bank?: string,
  licence?: LicenceKind,
): PartyInput {
  return {
    account: { scheme: 'none', token, ...(bank === undefined ? {} : { bank }) },
    kind,
    country,
    ...(licence === undefined ? {} : { licence: { kind: licence } }),
  };
}
