/** The text of a composed row: the document of the block, and the hash over what of it is the row itself. */
import { hash } from 'node:crypto';
import type { Cities } from '../../../rules/reference/cities.ts';
import { OFFSET_SOURCES, PRECISIONS } from '../../../schemas/enumerations.ts';
import type { Fragment } from './fragment.ts';
import { GROUP } from './fragment.ts';
import { SLOTS } from './head.ts';
import { EMPTY, jsonBytes, textBytes } from './json-bytes.ts';
import type { OpenBlock } from './open-block.ts';
import { type ComposedRow, legPlace } from './row-facts.ts';
import { putBytes, putFew, putInteger, putNumber, putPlain } from './text-writer.ts';

const OPEN_BRACKET = 91;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const COMMA = 44;
/** What a row's document has beside its fragments, at most: numbers, dates, keys of the stamp. */
const FIXED_BYTES = 2_048;
/** Of a safe integer, at most, with room. */
const NUMBER_BYTES = 32;

const ID = textBytes('"id":"');
const CLOSE_TEXT = textBytes('",');
const OCCURRED_AT = textBytes('"occurredAt":');
const CLOSE_MONEY = textBytes('"},');
const EVENT_TIME = textBytes(',"stamp":{"eventTime":');
const MXN = textBytes(',"mxnMinor":');
const CAD = textBytes(',"cadMinor":');
const RATE = textBytes(',"rateId":');
const WAGE = textBytes(',"wageMilli":');
const WAGE_TABLE = textBytes(',"wageTable":');
const CREDITOR = textBytes(',"creditor":');
const TEXT_CLASSES = textBytes(',"textClasses":');
const LISTS = textBytes(',"lists":');
const CITIES = textBytes(',"cities":{');
const IN_CITY = [textBytes('"debtor":'), textBytes('"creditor":')] as const;
const HOME_M = textBytes(',"homeM":');
const NO_CLASSES = textBytes('[]');

/** What the row's text says of its time beside the moment. */
interface TimeTexts {
  /** Behind the event time, in the list that the hash is of; an offset that follows from a zone is not part of it. */
  readonly hash: Uint8Array;
  readonly hashOfZone: Uint8Array;
  readonly stamp: Uint8Array;
}

/** Combinations of precision, offset and its source that are remembered: more than there are. */
const OFFSETS = 4_096;

/** What is written of a row beside its facts. */
export interface DocumentParts {
  row: ComposedRow;
  readonly fragments: readonly (Fragment | null)[];
  id: string;
  /** Minor units. */
  minor: number;
  hasOccurredAt: boolean;
  /** Milliseconds of `occurredAt`. */
  occurredMs: number;
  /** Place in `OFFSET_SOURCES`; behind its end for none. */
  offsetSource: number;
  line: number;
  rateJson: Uint8Array;
  wageTable: Uint8Array;
  /** The acting place has a zone: its offset is not part of the row. */
  hasZone: boolean;
}

/** For a wage without a table, or a day without a rate. */
export const NULL_TEXT = textBytes('null');

export class DocumentWriter {
  readonly #block: OpenBlock;
  readonly #cities: Cities;
  readonly #tail: Uint8Array;
  readonly #end: Uint8Array;
  /** Of the event time of the row at hand. */
  readonly #timeDigits = Buffer.alloc(NUMBER_BYTES);

  readonly #times = new Map<number, TimeTexts>();

  /** `tail` stands between the lists, or the cities, and the line, `end` behind the line. */
  constructor(block: OpenBlock, cities: Cities, tail: Uint8Array, end: Uint8Array) {
    this.#block = block;
    this.#cities = cities;
    this.#tail = tail;
    this.#end = end;
  }

  /** The document, the hash over it, the id and the amount. */
  write(parts: DocumentParts): void {
    const block = this.#block;
    const { row, rateJson, wageTable, hasZone, fragments, id, minor, offsetSource } = parts;
    const { head } = row;
    const { docs, ids, amounts } = block;
    const place = block.rows;
    const classes = fragments[GROUP.purposeText]?.text?.json ?? NO_CLASSES;

    // One byte more in front, for the list that the hash is of.
    const from = docs.start(place);
    let size = FIXED_BYTES + 6 * id.length + row.lists.json.length + classes.length;
    size += row.debtor.json.length + row.creditor.json.length + this.#tail.length + this.#end.length;
    size += legPlace(row, 0).cityJson.length + legPlace(row, 1).cityJson.length;
    for (const run of head.runs) size += run.length;
    for (let i = 0; i < fragments.length; i++) size += fragments[i]?.piece.length ?? 0;
    docs.reserve(from, size);
    ids.reserve(ids.start(place), 3 * id.length);
    amounts.reserve(amounts.start(place), NUMBER_BYTES);
    const b: Buffer = docs.bytes;

    const a: Buffer = amounts.bytes;
    const amountAt = amounts.start(place);
    const amountEnd = putInteger(a, amountAt, minor);
    const digits = amountEnd - amountAt;
    amounts.ends[place] = amountEnd;
    const t = this.#timeDigits;
    const timeDigits = putInteger(t, 0, row.time);

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
          at = this.#putId(b, at, id);
          break;
        case 'occurredAt':
          if (parts.hasOccurredAt) {
            at = putBytes(b, at, OCCURRED_AT);
            const { occurredMs } = parts;
            at = occurredMs === row.time ? putFew(b, at, t, 0, timeDigits) : putInteger(b, at, occurredMs);
            b[at++] = COMMA;
          }
          break;
        case 'settled':
          at = putBytes(b, putFew(b, putBytes(b, at, head.settled), a, amountAt, digits), CLOSE_MONEY);
          break;
      }
    }
    b[at++] = CLOSE_BRACE;
    const rowEnd = at;
    b[at++] = COMMA;
    at = putFew(b, at, t, 0, timeDigits);
    const time = this.#timeTexts(row, offsetSource);
    at = putBytes(b, at, hasZone ? time.hashOfZone : time.hash);
    block.putHash(hash('sha256', b.subarray(from, at), 'hex'));

    // Over the last brace goes the stamp; the row moves to where it belongs.
    at = putBytes(b, rowEnd - 1, EVENT_TIME);
    at = putFew(b, at, t, 0, timeDigits);
    at = putFew(b, putBytes(b, at, time.stamp), a, amountAt, digits);
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
    at = this.#putCities(b, at, row);
    at = putInteger(b, putBytes(b, at, this.#tail), parts.line);
    at = putBytes(b, at, this.#end);
    b.copyWithin(from, from + 1, at);
    docs.ends[place] = at - 1;
  }

  /** What the stamp says of the cities in which the sides acted. */
  #putCities(b: Buffer, from: number, row: ComposedRow): number {
    let at = from;
    for (const side of [0, 1] as const) {
      const { city, cityJson } = legPlace(row, side);
      if (city < 0) continue;
      if (at === from) at = putBytes(b, at, CITIES);
      else b[at++] = COMMA;
      at = putBytes(b, putBytes(b, at, IN_CITY[side]), cityJson);
      const metres = this.#cities.distanceM(city, side === 0 ? row.debtor.homeCity : row.creditor.homeCity);
      if (metres >= 0) at = putInteger(b, putBytes(b, at, HOME_M), metres);
      b[at++] = CLOSE_BRACE;
    }
    if (at > from) b[at++] = CLOSE_BRACE;
    return at;
  }

  #timeTexts({ precision, hasOffset, offsetMin }: ComposedRow, offsetSource: number): TimeTexts {
    const offset = hasOffset ? offsetMin : null;
    const key = (precision * 8 + offsetSource) * OFFSETS + (offset ?? -OFFSETS / 2) + OFFSETS / 2;
    let texts = this.#times.get(key);
    if (texts === undefined) {
      const name = PRECISIONS[precision] as string;
      const source = OFFSET_SOURCES[offsetSource] ?? null;
      const members = { precision: name, localOffsetMin: offset, offsetSource: source };
      texts = {
        hash: textBytes(`,${JSON.stringify([name, offset, source]).slice(1)}`),
        hashOfZone: textBytes(`,${JSON.stringify([name]).slice(1)}`),
        stamp: textBytes(`,${JSON.stringify(members).slice(1, -1)},"amountMinor":"`),
      };
      this.#times.set(key, texts);
    }
    return texts;
  }

  #putId(b: Buffer, from: number, id: string): number {
    const { ids, rows: place } = this.#block;
    const start = ids.start(place);
    const at = putBytes(b, from, ID);
    const end = putPlain(b, at, id);
    if (end === -1) {
      ids.ends[place] = start + ids.bytes.write(id, start, 'utf8');
      return putBytes(b, putBytes(b, at - 1, jsonBytes(id)) - 1, CLOSE_TEXT);
    }
    ids.ends[place] = putFew(ids.bytes, start, b, at, end - at);
    return putBytes(b, end, CLOSE_TEXT);
  }
}
