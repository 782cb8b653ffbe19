/**
 * A row from its parts: fragments of its members, its head, and the few values that differ from row to row. What it
 * becomes is what `canonicalise`, `JSON.stringify` and `factsOf` make of the row, byte for byte; the tests compare both.
 *
 * Nothing here decides about a row: parts come from values that have passed their checks, and a time that cannot be is
 * handed back to the slow path.
 */
import { civilDay } from '../../../rules/reference/civil-day.ts';
import type { Reference } from '../../../rules/reference/reference.ts';
import { type Coverage, OFFSET_SOURCES, PRECISIONS } from '../../../schemas/enumerations.ts';
import { TEXT_NULL } from '../../../schemas/facts.ts';
import type { Side, TransactionInput } from '../../../schemas/transaction.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { IngestContext } from '../canonical.ts';
import { eventTimeOf, isTimeFault, parseMoment } from '../event-time.ts';
import type { BareTransaction } from '../row-tree.ts';
import { listsOf } from '../stamp.ts';
import { convert, overWage, ReferenceDays } from './day-rates.ts';
import { type DocumentParts, DocumentWriter, NULL_TEXT } from './document-writer.ts';
import { type Fragment, GROUP, GROUPS } from './fragment.ts';
import type { Head } from './head.ts';
import { textBytes } from './json-bytes.ts';
import type { OpenBlock } from './open-block.ts';
import { type ActingFacts, type ListFacts, listFacts, type PlacesFacts, placesFacts } from './place-facts.ts';
import { type ComposedRow, FactWriter } from './row-facts.ts';
import { type SideFacts, sideFacts } from './side-facts.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const NAN = Number.NaN;

/** Where rows come from. */
export interface ColumnsOrigin {
  readonly submissionId: string;
  readonly provided: string;
  /** Whether the feed tells of journeys. */
  readonly hasTravel: boolean;
  readonly coverageOf: (institution: string) => Coverage | undefined;
}

export class Composer {
  // Parts of the row at hand, set by the readers.
  head: Head | null = null;
  readonly fragments: (Fragment | null)[] = new Array<Fragment | null>(GROUPS.length).fill(null);
  /** Members that have no fragment yet, checked. */
  readonly values: unknown[] = new Array<unknown>(GROUPS.length).fill(undefined);
  id = '';
  /** Minor units, a safe integer >= 0. */
  minor = 0;
  occurredAt: string | undefined = undefined;
  line = 0;

  readonly #context: IngestContext;
  readonly #reference: Reference;
  readonly #dictionary: FactDictionary;
  readonly #block: OpenBlock;
  readonly #days: ReferenceDays;
  readonly #facts: FactWriter;
  readonly #noPlaces: PlacesFacts;
  readonly #noLists: ListFacts;
  readonly #document: DocumentWriter;
  readonly #parts: DocumentParts;
  readonly #submission: number;
  readonly #rateIds = new Map<string, number>();
  readonly #sideSource;
  /** The row as far as the old functions read it. */
  readonly #edge: {
    places: TransactionInput['places'];
    channel: TransactionInput['channel'];
    card: TransactionInput['card'];
    occurredAt: string | undefined;
    occurredPrecision: TransactionInput['occurredPrecision'];
    offsetSource: TransactionInput['offsetSource'];
    postedAt: string | undefined;
    valueDate: string | undefined;
  };
  readonly #bare: {
    institution: string;
    debtor: BareTransaction['debtor'];
    creditor: BareTransaction['creditor'];
    beneficiaries: BareTransaction['beneficiaries'];
    places: BareTransaction['places'];
    channel: BareTransaction['channel'];
    card: BareTransaction['card'];
    travel: BareTransaction['travel'];
    va: BareTransaction['va'];
  };
  readonly #row: ComposedRow;

  constructor(context: IngestContext, block: OpenBlock, origin: ColumnsOrigin) {
    const { reference, directory, pseudonyms } = context;
    const { dictionary } = block;
    this.#context = context;
    this.#reference = reference;
    this.#dictionary = dictionary;
    this.#block = block;
    this.#days = new ReferenceDays(reference);
    this.#facts = new FactWriter(block, reference.cities, origin.hasTravel);
    this.#noPlaces = placesFacts(undefined, reference, dictionary);
    this.#noLists = listFacts([], dictionary);
    const { lexiconVersion, listVersion } = reference;
    const versions = {
      provided: origin.provided,
      lexiconVersion,
      listVersion,
      submissionId: origin.submissionId,
    };
    const tail = textBytes(`,${JSON.stringify({ ...versions, line: 0 }).slice(1, -2)}`);
    const end = textBytes(`,"pseudonymKeyId":${JSON.stringify(pseudonyms.keyId)}}}`);
    this.#submission = dictionary.textId(origin.submissionId);
    this.#sideSource = {
      directory,
      dictionary,
      isListedVasp: (institution: string | undefined) => reference.isListedVasp(institution),
      cities: reference.cities,
    };
    this.#edge = {
      places: undefined,
      channel: 'other',
      card: undefined,
      occurredAt: undefined,
      occurredPrecision: undefined,
      offsetSource: undefined,
      postedAt: undefined,
      valueDate: undefined,
    };
    this.#bare = {
      institution: '',
      debtor: undefined,
      creditor: undefined,
      beneficiaries: undefined,
      places: undefined,
      channel: 'other',
      card: undefined,
      travel: undefined,
      va: undefined,
    };
    this.#row = {
      time: 0,
      precision: 0,
      offsetMin: 0,
      hasOffset: false,
      head: null as unknown as Head,
      minor: 0,
      usd: NAN,
      mxn: NAN,
      cad: NAN,
      wageMilli: NAN,
      debtor: null as unknown as SideFacts,
      creditor: null as unknown as SideFacts,
      places: this.#noPlaces,
      lists: this.#noLists,
      fragments: this.fragments,
    };
    this.#document = new DocumentWriter(block, reference.cities, tail, end);
    this.#parts = {
      row: this.#row,
      fragments: this.fragments,
      id: '',
      minor: 0,
      hasOccurredAt: false,
      occurredMs: 0,
      offsetSource: 0,
      line: 0,
      rateJson: NULL_TEXT,
      wageTable: NULL_TEXT,
      hasZone: false,
    };
  }

  /** Whether the time of the row at hand can be; sets what follows from it. */
  setTime(): boolean {
    const head = this.head as Head;
    const edge = this.#edge;
    edge.places = this.#edgeOf(GROUP.places) as TransactionInput['places'];
    edge.card = this.#edgeOf(GROUP.card) as TransactionInput['card'];
    edge.channel = head.input.channel as TransactionInput['channel'];
    edge.occurredAt = this.occurredAt;
    edge.occurredPrecision = head.input.occurredPrecision;
    edge.offsetSource = head.input.offsetSource;
    edge.postedAt = this.#edgeOf(GROUP.postedAt) as string | undefined;
    edge.valueDate = this.#edgeOf(GROUP.valueDate) as string | undefined;
    const time = eventTimeOf(edge as TransactionInput, this.#context.zones);
    if (isTimeFault(time)) return false;
    const row = this.#row;
    row.time = time.eventTime;
    row.precision = PRECISIONS.indexOf(time.precision);
    // Only a moment that was made a date is another one than the event's.
    const wasCoarsened =
      time.precision === 'day' && this.occurredAt !== undefined && this.occurredAt.length > 10;
    this.#parts.occurredMs = wasCoarsened
      ? (parseMoment(this.occurredAt as string)?.ms ?? 0)
      : time.eventTime;
    row.hasOffset = time.localOffsetMin !== null;
    row.offsetMin = time.localOffsetMin ?? 0;
    this.#parts.offsetSource =
      time.offsetSource === null ? OFFSET_SOURCES.length : OFFSET_SOURCES.indexOf(time.offsetSource);
    return true;
  }

  #edgeOf(group: number): unknown {
    return this.fragments[group]?.edge ?? this.values[group];
  }

  /** Writes the row at hand into the block, behind those that it holds. */
  compose(): void {
    const { fragments } = this;
    const head = this.head as Head;
    const row = this.#row;
    const block = this.#block;
    row.head = head;
    row.minor = this.minor;

    const card = fragments[GROUP.card];
    const cardInner = card?.inner as BareTransaction['card'];
    const travel = fragments[GROUP.travel]?.inner as BareTransaction['travel'];
    const va = fragments[GROUP.va]?.inner as BareTransaction['va'];
    row.places = fragments[GROUP.places]?.places ?? this.#noPlaces;
    const wasThere = !head.isEcommerce && cardInner?.present !== false;
    const acting = row.places.acting[wasThere ? 1 : 0] as ActingFacts;

    const bare = this.#bare;
    bare.institution = head.space.institution;
    bare.debtor = fragments[GROUP.debtor]?.inner as BareTransaction['debtor'];
    bare.creditor = fragments[GROUP.creditor]?.inner as BareTransaction['creditor'];
    bare.beneficiaries = fragments[GROUP.beneficiaries]?.inner as BareTransaction['beneficiaries'];
    const { coverage } = head.space;
    const debtors = fragments[GROUP.debtor]?.sides ?? head.space.noDebtor;
    const creditors = fragments[GROUP.creditor]?.sides ?? head.space.noCreditor;
    const debtor = sideFacts(debtors, bare, 'debtor', row.time, coverage, this.#sideSource);
    const creditor = sideFacts(creditors, bare, 'creditor', row.time, coverage, this.#sideSource);
    row.debtor = debtor;
    row.creditor = creditor;

    if (travel === undefined && va === undefined && !debtor.isListedVasp && !creditor.isListedVasp) {
      row.lists = acting.lists;
    } else {
      bare.places = fragments[GROUP.places]?.inner as BareTransaction['places'];
      bare.channel = head.input.channel as BareTransaction['channel'];
      bare.card = cardInner;
      bare.travel = travel;
      bare.va = va;
      const sides = { debtor: debtor.side, creditor: creditor.side };
      row.lists = listFacts(listsOf(bare, sides, this.#reference), this.#dictionary);
    }

    const day = this.#valueDay();
    const rates = this.#days.rates(head.ccy, day);
    row.usd = convert(this.minor, rates.usd);
    row.mxn = convert(this.minor, rates.mxn);
    row.cad = convert(this.minor, rates.cad);
    const wage = this.#days.wage(
      acting.wage ?? wageOf(head.space.institution, debtor.side, creditor.side),
      day,
    );
    row.wageMilli = NAN;
    if (wage !== null) {
      const inWageCcy = head.ccy === wage.ccy ? this.minor : amountIn(wage.ccy, row);
      if (!Number.isNaN(inWageCcy)) row.wageMilli = overWage(inWageCcy, wage);
    }

    const parts = this.#parts;
    parts.id = this.id;
    parts.minor = this.minor;
    parts.hasOccurredAt = this.occurredAt !== undefined;
    parts.line = this.line;
    parts.rateJson = rates.rateJson;
    parts.wageTable = wage === null || Number.isNaN(row.wageMilli) ? NULL_TEXT : wage.tableJson;
    parts.hasZone = acting.place?.tz !== undefined;
    this.#document.write(parts);
    const place = block.rows;
    block.version[place] = head.version;
    block.line[place] = this.line;
    block.flags[place] = 0;
    block.rateId[place] = rates.rateId === null ? TEXT_NULL : this.#rateId(rates.rateId);
    block.submissionId[place] = this.#submission;
    this.#facts.write(row);
  }

  #rateId(text: string): number {
    let id = this.#rateIds.get(text);
    if (id === undefined) {
      id = this.#dictionary.textId(text);
      this.#rateIds.set(text, id);
    }
    return id;
  }

  #valueDay(): number {
    const { valueDate } = this.#edge;
    const { time, offsetMin } = this.#row;
    const stated = valueDate === undefined ? null : civilDay(valueDate);
    return stated ?? Math.floor((time + offsetMin * MINUTE_MS) / DAY_MS);
  }
}

function amountIn(ccy: string, row: ComposedRow): number {
  return ccy === 'USD' ? row.usd : ccy === 'MXN' ? row.mxn : ccy === 'CAD' ? row.cad : NAN;
}

/** Where no place says it: the reporting bank's own side, else either side. */
function wageOf(institution: string, debtor: Side, creditor: Side) {
  const own = creditor.bank === institution ? creditor : debtor.bank === institution ? debtor : undefined;
  return { country: own?.country ?? creditor.country ?? debtor.country };
}
