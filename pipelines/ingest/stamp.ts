/**
 * The stamp: everything a rule may read that is not in the row itself, with the version it came from. A pure function of
 * the bare row, what only the edge row knew (its time, its text), the directory and the reference data; so a row can be
 * stamped again when the directory learns more, and equals one that arrived later.
 */

import { civilDay, DAY_MS } from '../../rules/reference/civil-day.ts';
import { divideHalfEven } from '../../rules/reference/decimal.ts';
import type { Converted } from '../../rules/reference/rates.ts';
import type { Reference } from '../../rules/reference/reference.ts';
import type { DailyWage, WagePlace } from '../../rules/reference/wages.ts';
import type { Coverage } from '../../schemas/enumerations.ts';
import type { Stamp, Transaction } from '../../schemas/transaction.ts';
import { actingPlace, municipalityOf, sidePlace } from './acting-place.ts';
import type { Directory } from './directory.ts';
import type { EventTime } from './event-time.ts';
import type { BareTransaction } from './row-tree.ts';
import { sideOf } from './side.ts';

const MINUTE_MS = 60_000;
const MILLI = 1_000n;

/** Where a row came from, and what its mapping says of the feed. */
export interface Origin {
  readonly submissionId: string;
  readonly line: number;
  /** Id of the feed's set of provided fields: mapping id@version. */
  readonly provided: string;
  readonly coverage?: Coverage | undefined;
}

export interface StampContext {
  readonly directory: Directory;
  readonly reference: Reference;
}

/** What only the edge row tells. */
export interface EdgeFacts extends EventTime {
  readonly textClasses: readonly string[];
  readonly pseudonymKeyId: string;
}

/** The stamp of a row. */
export function stampOf(row: BareTransaction, edge: EdgeFacts, origin: Origin, context: StampContext): Stamp {
  const { reference, directory } = context;
  const { eventTime, precision, localOffsetMin, offsetSource } = edge;
  const sideContext = { directory, eventTime, coverage: origin.coverage };
  const debtor = sideOf(row, 'debtor', sideContext);
  const creditor = sideOf(row, 'creditor', sideContext);
  const sides = { debtor, creditor };

  const minor = BigInt(row.settled.minor);
  const day = valueDay(row, edge);
  const converted = reference.rates.convert(minor, row.settled.ccy, day);
  const wage = reference.wages.at(wagePlace(row, sides), day);
  const cities = citiesOf(row, sides, reference);
  const wageMilli = wage === null ? null : overWage(minor, row.settled.ccy, converted, wage);
  return {
    eventTime,
    precision,
    localOffsetMin,
    offsetSource,
    amountMinor: row.settled.minor,
    ccy: row.settled.ccy,
    usdMinor: converted.usdMinor,
    mxnMinor: converted.mxnMinor,
    cadMinor: converted.cadMinor,
    rateId: converted.rateId,
    wageMilli,
    wageTable: wageMilli === null ? null : (wage?.table ?? null),
    nightNormMilli: reference.nightNormMilli(row.rail),
    debtor,
    creditor,
    textClasses: [...edge.textClasses],
    lists: listsOf(row, sides, reference),
    ...(cities === undefined ? {} : { cities }),
    provided: origin.provided,
    lexiconVersion: reference.lexiconVersion,
    listVersion: reference.listVersion,
    submissionId: origin.submissionId,
    line: origin.line,
    pseudonymKeyId: edge.pseudonymKeyId,
  };
}

/**
 * Stamps a row again, with today's directory: its time, text and origin stay. `coverage` is that of the row's mapping.
 * Reference data is that of the context, so a lexicon change needs the texts of the vault and is not done here.
 */
export function restamp(tx: Transaction, coverage: Coverage | undefined, context: StampContext): Transaction {
  const { stamp, ...bare } = tx;
  const origin = { submissionId: stamp.submissionId, line: stamp.line, provided: stamp.provided, coverage };
  const fresh = stampOf(bare, stamp, origin, context);
  return { ...bare, stamp: { ...fresh, lexiconVersion: stamp.lexiconVersion } };
}

/** The day whose rate and wage count: the value date, else the local day of the event, else its day in UTC. */
function valueDay(row: BareTransaction, time: EventTime): number {
  const stated = row.valueDate === undefined ? null : civilDay(row.valueDate);
  return stated ?? Math.floor((time.eventTime + (time.localOffsetMin ?? 0) * MINUTE_MS) / DAY_MS);
}

type Sides = Pick<Stamp, 'debtor' | 'creditor'>;

/** Where the customer acted; else the country of the reporting bank's own side; else of either side. */
function wagePlace(row: BareTransaction, { debtor, creditor }: Sides): WagePlace {
  const place = actingPlace(row);
  if (place?.country !== undefined) return place;
  const own =
    creditor.bank === row.institution ? creditor : debtor.bank === row.institution ? debtor : undefined;
  return { country: own?.country ?? creditor.country ?? debtor.country };
}

/** The amount over the wage in thousandths, half-even; null where no rate leads to the wage's currency. */
function overWage(minor: bigint, ccy: string, converted: Converted, wage: DailyWage): number | null {
  const reference = { USD: converted.usdMinor, MXN: converted.mxnMinor, CAD: converted.cadMinor } as const;
  const inWageCcy = ccy === wage.ccy ? minor : reference[wage.ccy as keyof typeof reference];
  if (inWageCcy === null || inWageCcy === undefined) return null;
  const milli = Number(divideHalfEven(BigInt(inWageCcy) * MILLI, wage.minor));
  return Number.isSafeInteger(milli) ? milli : null;
}

/** The cities in which the sides acted, and how far those are from home; undefined where neither acted in one. */
function citiesOf(row: BareTransaction, sides: Sides, { cities }: Reference): Stamp['cities'] {
  const at = (side: keyof Sides) => {
    const number = cities.numberOf(municipalityOf(sidePlace(row.places, row.rail === 'mto', side)));
    const city = cities.all[number]?.id;
    if (city === undefined) return {};
    const homeM = cities.distanceM(number, cities.numberOf(sides[side].municipality));
    return { [side]: homeM < 0 ? { city } : { city, homeM } };
  };
  const found = { ...at('debtor'), ...at('creditor') };
  return Object.keys(found).length === 0 ? undefined : found;
}

/**
 * The lists that a row is on, sorted. A place's list stands by itself where the place is the acting or the pay-out one
 * (a remittance's sending agent is neither), and always as `<role>:<list>`; a ticket's destination as `travel_to:<list>`;
 * a listed provider of virtual assets as `listed_vasp` and with its side.
 */
export function listsOf(
  row: Pick<BareTransaction, 'places' | 'channel' | 'card' | 'travel' | 'va'>,
  { debtor, creditor }: Sides,
  reference: Reference,
): string[] {
  const { places, travel, va } = row;
  const names: string[] = [];
  if (places !== undefined) {
    const paysOut = places.some((place) => place.role === 'agent_pay');
    const acting = actingPlace(row);
    for (const place of places) {
      const counts =
        place.role === 'agent_pay' || (place === acting && place.role !== 'agent_send' && !paysOut);
      for (const list of reference.places.ofMunicipality(place.country, place.municipalityCode)) {
        if (counts) names.push(list);
        names.push(`${place.role}:${list}`);
      }
    }
  }
  if (travel !== undefined) {
    for (const list of reference.places.ofAdmin1(travel.to)) names.push(`travel_to:${list}`);
  }
  if (reference.isListedVasp(debtor.bank) || reference.isListedVasp(va?.vaspFrom))
    names.push('listed_vasp', 'debtor:listed_vasp');
  if (reference.isListedVasp(creditor.bank) || reference.isListedVasp(va?.vaspTo))
    names.push('listed_vasp', 'creditor:listed_vasp');
  return names.length === 0 ? names : [...new Set(names)].sort();
}
