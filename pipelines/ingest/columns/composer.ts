/**
 * A row from its parts: fragments of its members, its head, and the few values that differ from row to row. What it
 * becomes is what `canonicalise`, `JSON.stringify` and `factsOf` make of the row, byte for byte; the tests compare both.
 *
 * Nothing here decides about a row: parts come from values that have passed their checks, and a time that cannot be is
 * handed back to the slow path.
 */
import { hash } from 'node:crypto';
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
import { type Fragment, GROUP, GROUPS } from './fragment.ts';
import { type Head, SLOTS } from './head.ts';
import { EMPTY, jsonBytes, textBytes } from './json-bytes.ts';
import type { OpenBlock } from './open-block.ts';
import { type ActingFacts, type ListFacts, listFacts, type PlacesFacts, placesFacts } from './place-facts.ts';
import { type ComposedRow, FactWriter } from './row-facts.ts';
import { type SideFacts, sideFacts } from './side-facts.ts';
import { putBytes, putInteger, putNumber, putPlain } from './text-writer.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const COMMA = 44;
/** What a row's document has beside its fragments, at most: numbers, dates, keys of the stamp. */
const FIXED_BYTES = 2_048;

const ID = textBytes('"id":"');
const CLOSE_TEXT = textBytes('",');
const OCCURRED_AT = textBytes('"occurredAt":');
const CLOSE_MONEY = textBytes('"},');
const EVENT_TIME = textBytes(',"stamp":{"eventTime":');
const PRECISION = PRECISIONS.map((name) => textBytes(`,"precision":"${name}","localOffsetMin":`));
const OFFSET_SOURCE = [...OFFSET_SOURCES, null].map((name) =>
  textBytes(`,"offsetSource":${JSON.stringify(name)},"amountMinor":"`),
);
const MXN = textBytes(',"mxnMinor":');
const CAD = textBytes(',"cadMinor":');
const RATE = textBytes(',"rateId":');
const WAGE = textBytes(',"wageMilli":');
const WAGE_TABLE = textBytes(',"wageTable":');
const NULL = textBytes('null');
const CREDITOR = textBytes(',"creditor":');
const TEXT_CLASSES = textBytes(',"textClasses":');
const LISTS = textBytes(',"lists":');
const NO_CLASSES = textBytes('[]');
const NAN = Number.NaN;

/** What the hash says of the time behind the row: precision, and the offset where it was written. */
const HASH_PRECISION = PRECISIONS.map((name) => textBytes(`,"${name}"`));
const HASH_OFFSET = [...OFFSET_SOURCES, null].map((name) => textBytes(`,${JSON.stringify(name)}`));

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

  /** Content hash of the row composed last. */
  hashHex = '';
  #occurredMs = 0;
  /** Place in `OFFSET_SOURCE`. */
  #offsetSource = 0;
  readonly #context: IngestContext;
  readonly #reference: Reference;
  readonly #dictionary: FactDictionary;
  readonly #block: OpenBlock;
  readonly #days: ReferenceDays;
  readonly #facts: FactWriter;
  readonly #noPlaces: PlacesFacts;
  readonly #noLists: ListFacts;
  /** `,"provided":...,"line":` and what is behind the line. */
  readonly #tail: Uint8Array;
  readonly #end: Uint8Array;
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
    this.#facts = new FactWriter(block, origin.hasTravel);
    this.#noPlaces = placesFacts(undefined, reference, dictionary);
    this.#noLists = listFacts([], dictionary);
    const { lexiconVersion, listVersion } = reference;
    const versions = {
      provided: origin.provided,
      lexiconVersion,
      listVersion,
      submissionId: origin.submissionId,
    };
    this.#tail = textBytes(`,${JSON.stringify({ ...versions, line: 0 }).slice(1, -2)}`);
    this.#end = textBytes(`,"pseudonymKeyId":${JSON.stringify(pseudonyms.keyId)}}}`);
    this.#submission = dictionary.textId(origin.submissionId);
    this.#sideSource = {
      directory,
      dictionary,
      isListedVasp: (institution: string | undefined) => reference.isListedVasp(institution),
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
    this.#occurredMs = wasCoarsened ? (parseMoment(this.occurredAt as string)?.ms ?? 0) : time.eventTime;
    row.hasOffset = time.localOffsetMin !== null;
    row.offsetMin = time.localOffsetMin ?? 0;
    this.#offsetSource =
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

    const hasZone = acting.place?.tz !== undefined;
    this.#write(rates.rateJson, Number.isNaN(row.wageMilli) ? NULL : (wage?.tableJson ?? NULL), hasZone);
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

  /** The document, the hash over it, the id and the amount. */
  #write(rateJson: Uint8Array, wageTable: Uint8Array, hasZone: boolean): void {
    const block = this.#block;
    const { docs, ids, amounts } = block;
    const head = this.head as Head;
    const row = this.#row;
    const { fragments } = this;
    const place = block.rows;
    const classes = fragments[GROUP.purposeText]?.text?.json ?? NO_CLASSES;

    // One byte more in front, for the list that the hash is of.
    const from = docs.start(place);
    let size = FIXED_BYTES + 6 * this.id.length + row.lists.json.length + classes.length;
    size += row.debtor.json.length + row.creditor.json.length + this.#tail.length + this.#end.length;
    for (const run of head.runs) size += run.length;
    for (let i = 0; i < fragments.length; i++) size += fragments[i]?.piece.length ?? 0;
    docs.reserve(from, size);
    ids.reserve(ids.start(place), 3 * this.id.length);
    amounts.reserve(amounts.start(place), 32);
    const b: Buffer = docs.bytes;

    const amountAt = amounts.start(place);
    const amountEnd = putInteger(amounts.bytes, amountAt, this.minor);
    amounts.ends[place] = amountEnd;
    const digits = amounts.bytes.subarray(amountAt, amountEnd);

    let at = from + 1;
    b[from] = OPEN_BRACKET;
    b[at++] = OPEN_BRACE;
    for (let i = 0; i < SLOTS.length; i++) {
      const slot = SLOTS[i] as (typeof SLOTS)[number];
      switch (slot.is) {
        case 'head': {
          const run = head.runs[slot.run] as Uint8Array;
          if (run !== EMPTY) at = putBytes(b, at, run);
          break;
        }
        case 'group': {
          const fragment = fragments[slot.group] as Fragment | null;
          if (fragment !== null) at = putBytes(b, at, fragment.piece);
          break;
        }
        case 'id':
          at = this.#putId(b, at);
          break;
        case 'occurredAt':
          if (this.occurredAt !== undefined) {
            at = putInteger(b, putBytes(b, at, OCCURRED_AT), this.#occurredMs);
            b[at++] = COMMA;
          }
          break;
        case 'settled':
          at = putBytes(b, putBytes(b, putBytes(b, at, head.settled), digits), CLOSE_MONEY);
          break;
      }
    }
    b[at++] = CLOSE_BRACE;
    const rowEnd = at;
    b[at++] = COMMA;
    at = putInteger(b, at, row.time);
    at = putBytes(b, at, HASH_PRECISION[row.precision] as Uint8Array);
    if (!hasZone) {
      b[at++] = COMMA;
      at = putNumber(b, at, row.hasOffset ? row.offsetMin : NAN);
      at = putBytes(b, at, HASH_OFFSET[this.#offsetSource] as Uint8Array);
    }
    b[at++] = CLOSE_BRACKET;
    this.hashHex = hash('sha256', b.subarray(from, at), 'hex');
    block.putHash(this.hashHex);

    // Over the last brace goes the stamp; the row moves to where it belongs.
    at = putBytes(b, rowEnd - 1, EVENT_TIME);
    at = putInteger(b, at, row.time);
    at = putBytes(b, at, PRECISION[row.precision] as Uint8Array);
    at = putNumber(b, at, row.hasOffset ? row.offsetMin : NAN);
    at = putBytes(b, at, OFFSET_SOURCE[this.#offsetSource] as Uint8Array);
    at = putBytes(b, at, digits);
    at = putBytes(b, at, head.stampCcy);
    at = putNumber(b, at, row.usd);
    at = putNumber(b, putBytes(b, at, MXN), row.mxn);
    at = putNumber(b, putBytes(b, at, CAD), row.cad);
    at = putBytes(b, putBytes(b, at, RATE), rateJson);
    at = putNumber(b, putBytes(b, at, WAGE), row.wageMilli);
    at = putBytes(b, putBytes(b, at, WAGE_TABLE), wageTable);
    at = putBytes(b, at, head.stampNorm);
    at = putBytes(b, at, row.debtor.json);
    at = putBytes(b, putBytes(b, at, CREDITOR), row.creditor.json);
    at = putBytes(b, putBytes(b, at, TEXT_CLASSES), classes);
    at = putBytes(b, putBytes(b, at, LISTS), row.lists.json);
    at = putInteger(b, putBytes(b, at, this.#tail), this.line);
    at = putBytes(b, at, this.#end);
    b.copyWithin(from, from + 1, at);
    docs.ends[place] = at - 1;
  }

  #putId(b: Buffer, from: number): number {
    const { ids, rows: place } = this.#block;
    const start = ids.start(place);
    const { id } = this;
    const at = putBytes(b, from, ID);
    const end = putPlain(b, at, id);
    if (end === -1) {
      ids.ends[place] = start + ids.bytes.write(id, start, 'utf8');
      const json = jsonBytes(id);
      return putBytes(b, putBytes(b, at - 1, json) - 1, CLOSE_TEXT);
    }
    ids.ends[place] = putPlain(ids.bytes, start, id);
    return putBytes(b, end, CLOSE_TEXT);
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
