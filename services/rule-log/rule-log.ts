/**
 * Rule sets on the log. The topic `rules` says which there are and in which order they were recorded; every partition of
 * `transactions` has a record of each, so that a partition's prefix says under which rules it is evaluated.
 *
 * A set is first put on `rules`, where its offset is its ordinal; then on the partitions, one after the other, and `rules` notes each.
 * Whoever dies between leaves partitions without a note. Anybody may complete it: a partition that has the record twice has it once.
 */
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { KIND_HEADER } from '../../pipelines/log/port.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import { decodeRules, encodeRules, type NewRules, type RuleRecord } from '../workspace/rule-record.ts';
import { decodePlaced, encodePlaced, PLACED_KIND } from './placed-record.ts';

const TOPIC = 'rules';
const SET_KEY = 'set';

/** A set on the topic `rules`. */
export interface LoggedSet {
  readonly ordinal: number;
  readonly activeFrom: number;
  readonly sha256: string;
  /** Its record, as the topic has it. */
  readonly payload: Uint8Array;
  /** By partition of `transactions`, the offset at which the set certainly is. */
  readonly placed: ReadonlyMap<number, number>;
}

export class RuleLog {
  readonly #bus: Pick<Bus, 'append' | 'ranges' | 'read' | 'partitionsOf'>;
  readonly #sets = new Map<number, LoggedSet & { readonly placed: Map<number, number> }>();
  #next = 0;
  #reading: Promise<readonly LoggedSet[]> | undefined;

  constructor(bus: Pick<Bus, 'append' | 'ranges' | 'read' | 'partitionsOf'>) {
    this.#bus = bus;
  }

  /** Every set known so far, by ordinal. */
  get sets(): readonly LoggedSet[] {
    return [...this.#sets.values()];
  }

  /** Reads what was recorded since; the sets that are new. */
  catchUp(): Promise<readonly LoggedSet[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Records a set behind all others; it is in force where `place` has put it. @throws RastroError RAS-RULES-RECORD-SIZE */
  async record(set: NewRules): Promise<LoggedSet> {
    const payload = encodeRules(set);
    const limit = TOPIC_VALUE_BYTES;
    // What the partitions get has its ordinal besides.
    const bytes = encodeRules({ ...set, ordinal: Number.MAX_SAFE_INTEGER }).byteLength;
    if (bytes > limit) throw new RastroError('RAS-RULES-RECORD-SIZE', { bytes, limit });
    const [ordinal = 0] = await this.#bus.append(TOPIC, [{ partition: 0, key: SET_KEY, value: payload }]);
    await this.catchUp();
    return this.#sets.get(ordinal) as LoggedSet;
  }

  /** Partitions of `transactions` that are not known to have the set. */
  async missing({ placed }: LoggedSet): Promise<number[]> {
    const partitions = await this.#bus.partitionsOf('transactions');
    return Array.from({ length: partitions }, (_, partition) => partition).filter(
      (partition) => !placed.has(partition),
    );
  }

  /** Puts every set on every partition that is not known to have it. Returns how many records that took. */
  async place(): Promise<number> {
    let records = 0;
    for (const set of this.sets) {
      const missing = await this.missing(set);
      if (missing.length === 0) continue;
      const value = encodeRules({ ...decodeRules(set.payload), ordinal: set.ordinal });
      for (const partition of missing) {
        const record: NewRecord = { partition, key: null, headers: { [KIND_HEADER]: 'rules' }, value };
        const [offset = 0] = await this.#bus.append('transactions', [record]);
        const placed = { ordinal: set.ordinal, partition, offset };
        await this.#bus.append(TOPIC, [encodePlaced(placed)]);
        records++;
      }
    }
    await this.catchUp();
    return records;
  }

  async #read(): Promise<readonly LoggedSet[]> {
    const [range] = await this.#bus.ranges(TOPIC);
    const fresh: LoggedSet[] = [];
    if (range === undefined || range.end <= this.#next) return fresh;
    const from = Math.max(this.#next, range.begin);
    for await (const record of this.#bus.read(TOPIC, 0, from, range.end)) {
      const set = this.#take(record);
      if (set !== undefined) fresh.push(set);
    }
    this.#next = range.end;
    return fresh;
  }

  #take({ offset, headers, value }: TopicRecord): LoggedSet | undefined {
    if (value === null) return undefined;
    if (headers['kind'] === PLACED_KIND) {
      const { ordinal, partition, offset: at } = decodePlaced(value);
      this.#sets.get(ordinal)?.placed.set(partition, at);
      return undefined;
    }
    const { activeFrom, sha256 }: RuleRecord = decodeRules(value);
    const set = { ordinal: offset, activeFrom, sha256, payload: value, placed: new Map<number, number>() };
    this.#sets.set(offset, set);
    return set;
  }
}
