/**
 * A block of the stream while it is filled: columns of 4,096 rows, allocated once and written over and over.
 *
 * A row is a copy of a template's row with other keys, another time and another amount. A template's keys are one run of the
 * dictionary, and so is what stands for them in a row: a key of the template is replaced by table or by adding a number.
 */
import { monthOfDay, roundToOf, weekdayOf } from '../../schemas/derived-facts.ts';
import {
  allocateFacts,
  FACT_COLUMNS,
  type FactBatch,
  type FactColumnName,
  type FactColumns,
  SMALL_NULL,
} from '../../schemas/facts.ts';
import { SPARSE_KEYS } from '../../schemas/sparse-facts.ts';
import { DAY_MS } from './options.ts';

type Column = Float64Array | Int32Array | Uint8Array;

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
const ROW_NAMES = NAMES.filter((name) => FACT_COLUMNS[name].per === 'row');
const LEG_NAMES = NAMES.filter((name) => FACT_COLUMNS[name].per === 'leg');
/** Columns in which a template may name a person, an account or a machine. */
const KEYED: readonly FactColumnName[] = [
  'account',
  'party',
  'source',
  'terminal',
  'conductor',
  ...SPARSE_KEYS,
];
const KEYED_LEG = KEYED.filter((name) => FACT_COLUMNS[name].per === 'leg');
const KEYED_ROW = KEYED.filter((name) => FACT_COLUMNS[name].per === 'row');

const MINUTE_MS = 60_000;
const NIGHT_FROM_MINUTE = 22 * 60;
const NIGHT_UNTIL_MINUTE = 6 * 60;
const MINUTES_PER_DAY = 1_440;
/** Characters of a row's id: a letter and nine digits. */
export const ID_CHARS = 10;
const MEMBERS_PER_ROW = 6;

/** The run of a template's keys, and what stands for each: `table[key - first]`. */
export interface Substitution {
  readonly first: number;
  readonly table: Int32Array;
}

export interface Amounts {
  readonly amount: number;
  readonly usd: number;
  readonly mxn: number;
  readonly cad: number;
  readonly wageMilli: number;
}

export interface RowIdentity {
  /** Becomes the row's id. */
  readonly number: number;
  readonly version: number;
  /** Bits of `FACT_FLAGS`. */
  readonly flags: number;
  readonly sharedRef: number;
}

/** Members of the templates' rows, found by template. */
export interface TemplateMembers {
  /** Members of template t are those from `start[t]` up to `start[t + 1]`. */
  readonly start: Int32Array;
  readonly kind: Uint8Array;
  readonly key: Int32Array;
  readonly side: Uint8Array;
}

const listOf = (columns: FactColumns, names: readonly FactColumnName[]): Column[] =>
  names.map((name) => columns[name]);

function replaced(id: number, { first, table }: Substitution): number {
  const at = id - first;
  return at >= 0 && at < table.length ? (table[at] as number) : id;
}

export class BlockWriter {
  readonly capacity: number;
  readonly columns: FactColumns;
  rows = 0;
  readonly #rowColumns: readonly Column[];
  readonly #legColumns: readonly Column[];
  readonly #fromRow: readonly Column[];
  readonly #fromLeg: readonly Column[];
  readonly #keyedLeg: readonly Int32Array[];
  readonly #keyedRow: readonly Int32Array[];
  readonly #members: TemplateMembers;
  #memberCount = 0;
  readonly #memberRow: Int32Array;
  readonly #memberKind: Uint8Array;
  readonly #memberKey: Int32Array;
  readonly #memberSide: Uint8Array;
  readonly #idBytes: Uint8Array;
  readonly #idEnds: Int32Array;
  readonly #version: Uint32Array;
  readonly #hash: Uint32Array;
  readonly #flags: Uint8Array;
  readonly #sharedRef: Int32Array;

  constructor(capacity: number, templates: FactColumns, members: TemplateMembers) {
    this.capacity = capacity;
    this.columns = allocateFacts(capacity);
    this.#rowColumns = listOf(this.columns, ROW_NAMES);
    this.#legColumns = listOf(this.columns, LEG_NAMES);
    this.#fromRow = listOf(templates, ROW_NAMES);
    this.#fromLeg = listOf(templates, LEG_NAMES);
    this.#keyedLeg = listOf(this.columns, KEYED_LEG) as Int32Array[];
    this.#keyedRow = listOf(this.columns, KEYED_ROW) as Int32Array[];
    this.#members = members;
    const most = capacity * MEMBERS_PER_ROW;
    this.#memberRow = new Int32Array(most);
    this.#memberKind = new Uint8Array(most);
    this.#memberKey = new Int32Array(most);
    this.#memberSide = new Uint8Array(most);
    this.#idBytes = new Uint8Array(capacity * ID_CHARS);
    this.#idEnds = new Int32Array(capacity);
    this.#version = new Uint32Array(capacity);
    this.#hash = new Uint32Array(4 * capacity);
    this.#flags = new Uint8Array(capacity);
    this.#sharedRef = new Int32Array(capacity);
  }

  clear(): void {
    this.rows = 0;
    this.#memberCount = 0;
  }

  /** Copies the template's row, its creditor's side from another template, and puts keys in place. Returns the row. */
  copy(template: number, debtorTemplate: number, creditorTemplate: number, keys: Substitution): number {
    const row = this.rows++;
    const legs = [2 * debtorTemplate, 2 * creditorTemplate + 1];
    for (let c = 0; c < this.#rowColumns.length; c++) {
      (this.#rowColumns[c] as Column)[row] = (this.#fromRow[c] as Column)[template] as number;
    }
    for (let c = 0; c < this.#legColumns.length; c++) {
      const to = this.#legColumns[c] as Column;
      const from = this.#fromLeg[c] as Column;
      to[2 * row] = from[legs[0] as number] as number;
      to[2 * row + 1] = from[legs[1] as number] as number;
    }
    for (let c = 0; c < this.#keyedLeg.length; c++) {
      const column = this.#keyedLeg[c] as Int32Array;
      column[2 * row] = replaced(column[2 * row] as number, keys);
      column[2 * row + 1] = replaced(column[2 * row + 1] as number, keys);
    }
    for (const column of this.#keyedRow) column[row] = replaced(column[row] as number, keys);
    const { start, kind, key, side } = this.#members;
    for (let m = start[template] as number; m < (start[template + 1] as number); m++) {
      const at = this.#memberCount++;
      this.#memberRow[at] = row;
      this.#memberKind[at] = kind[m] as number;
      this.#memberKey[at] = replaced(key[m] as number, keys);
      this.#memberSide[at] = side[m] as number;
    }
    return row;
  }

  /** `offsetMin`: local time, or null where the row has none; a row of precision `day` keeps the day alone. */
  putTime(row: number, time: number, offsetMin: number | null, isDayOnly: boolean): void {
    const { columns } = this;
    columns.time[row] = time;
    if (isDayOnly) {
      this.#putDay(row, Math.floor(time / DAY_MS));
      return;
    }
    if (offsetMin === null) return;
    const minutes = Math.floor(time / MINUTE_MS) + offsetMin;
    const day = Math.floor(minutes / MINUTES_PER_DAY);
    const minute = minutes - day * MINUTES_PER_DAY;
    const isNight = minute >= NIGHT_FROM_MINUTE || minute < NIGHT_UNTIL_MINUTE;
    this.#putDay(row, day);
    columns.localMinute[row] = minute;
    columns.sendHour[row] = Math.floor(minute / 60);
    columns.isNight[row] = isNight ? 1 : 0;
    columns.nightOf[row] = isNight ? day - (minute < NIGHT_UNTIL_MINUTE ? 1 : 0) : SMALL_NULL;
  }

  #putDay(row: number, day: number): void {
    const { columns } = this;
    columns.localDay[row] = day;
    columns.weekday[row] = weekdayOf(day);
    columns.localMonth[row] = monthOfDay(day);
  }

  putAmounts(row: number, { amount, usd, mxn, cad, wageMilli }: Amounts): void {
    const { columns } = this;
    columns.amount[row] = amount;
    columns.amountUsd[row] = usd;
    columns.amountMxn[row] = mxn;
    columns.amountCad[row] = cad;
    columns.wageMilli[row] = wageMilli;
    // Dollars, pesos, Canadian dollars: all have cents.
    columns.roundTo[row] = roundToOf(amount, 'USD');
  }

  putIdentity(row: number, identity: RowIdentity, hash: Uint32Array): void {
    const { number, version, flags, sharedRef } = identity;
    const start = row * ID_CHARS;
    let rest = number;
    for (let at = ID_CHARS - 1; at > 0; at--) {
      this.#idBytes[start + at] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#idBytes[start] = 116;
    this.#idEnds[row] = start + ID_CHARS;
    this.#version[row] = version;
    for (let word = 0; word < 4; word++) this.#hash[4 * row + word] = hash[word] as number;
    this.#flags[row] = flags;
    this.#sharedRef[row] = sharedRef;
  }

  /** The block as it is now; valid until the next `clear`. */
  batch(): FactBatch {
    const { rows } = this;
    return {
      rows,
      columns: this.columns,
      members: {
        count: this.#memberCount,
        row: this.#memberRow,
        kind: this.#memberKind,
        key: this.#memberKey,
        side: this.#memberSide,
      },
      idBytes: this.#idBytes,
      idEnds: this.#idEnds,
      version: this.#version,
      hash: this.#hash,
      flags: this.#flags,
      sharedRef: this.#sharedRef,
      wide: NOTHING_WIDE,
    };
  }
}

const NOTHING_WIDE: ReadonlyMap<number, bigint> = new Map();

/** The text of a row's id. */
export const idText = (number: number): string => `t${String(number).padStart(ID_CHARS - 1, '0')}`;
