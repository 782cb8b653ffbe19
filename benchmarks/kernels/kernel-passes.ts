/** A generated kernel over the events of accounts, again and again, to records drawn at random: what kernels are measured by. */
import { createHash } from 'node:crypto';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { OWNER_LEGS, ownerLegs } from '../../pipelines/facts/owner-legs.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import type { KindPlan } from '../../rules/compiler/index.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { cpuNs, median } from '../harness/measure.ts';
import { mixed } from '../stream/identity.ts';
import { dictionaryOf } from '../stream/measured-run.ts';
import { DAY_MS, STREAM } from '../stream/options.ts';
import { MeasuredStream } from '../stream/stream.ts';

const BATCH = 256;
const LINE_BYTES = 64;
/** So few that they lie in a cache; of as many the digest is made. */
export const RECORDS_IN_CACHE = 1_000;
const WARM_PASSES = 2;
/** Rows of a store that `columns(0)` shows. */
const SEGMENT_ROWS = 65_536;

interface Events {
  /** Legs of accounts, within the segment. */
  readonly legs: Int32Array;
  readonly keys: Int32Array;
  readonly columns: ReturnType<FactStore['columns']>;
}

function eventsOf(store: FactStore): Events {
  const columns = store.columns(0);
  const legs: number[] = [];
  for (let row = 0; row < store.rows; row++) {
    const found = ownerLegs(columns, row);
    if ((found & OWNER_LEGS.accountOut) !== 0) legs.push(2 * row);
    if ((found & OWNER_LEGS.accountIn) !== 0) legs.push(2 * row + 1);
  }
  return {
    legs: Int32Array.from(legs),
    keys: Int32Array.from(legs, (leg) => columns.account[leg]!),
    columns,
  };
}

/** Events of the accounts of a measured stream, `rows` of it but a segment at most, and the dictionary that they are interned in. */
export function measuredEvents(
  knowledge: Knowledge,
  options: { readonly accounts: number; readonly rows: number; readonly seed: number },
): { readonly events: Events; readonly dictionary: FactDictionary } {
  const dictionary = dictionaryOf(options.seed);
  const rows = Math.min(SEGMENT_ROWS, options.rows);
  const stream = new MeasuredStream({ ...options, rows }, knowledge, dictionary);
  const store = new FactStore(dictionary);
  for (const { batch } of stream.blocks()) store.append(batch);
  return { events: eventsOf(store), dictionary };
}

interface Passes {
  readonly nsPerEvent: number;
  readonly candidates: number;
  readonly digest: string;
}

/** CPU nanoseconds an event, the median of `passes` after some that warm up; `candidates` are those of the first pass. */
export function kernelPasses(
  plan: KindPlan,
  { legs, keys, columns }: Events,
  setBits: Int32Array,
  records: number,
  passes: number,
): Passes {
  const buffer = new ArrayBuffer(records * plan.layout.bytes);
  const slab = { f64: new Float64Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  // Touched before the clock runs: a page that is not there yet costs more than many misses.
  slab.u8.fill(0);
  const linesPerRecord = plan.layout.bytes / LINE_BYTES;
  const places = new Int32Array(legs.length);
  const bits = new Int32Array(BATCH * plan.bitWords);
  const masks = new Int32Array(BATCH * plan.maskWords);
  const firstTimes = Float64Array.from(columns.time);
  const times: number[] = [];
  let candidates = 0;
  for (let pass = 0; pass < WARM_PASSES + passes; pass++) {
    for (let i = 0; i < keys.length; i++) {
      places[i] = (mixed(keys[i] as number, pass) % records) * linesPerRecord;
    }
    for (let row = 0; row < firstTimes.length; row++) {
      columns.time[row] = (firstTimes[row] as number) + pass * STREAM.DAYS * DAY_MS;
    }
    const isCounted = pass >= WARM_PASSES;
    const start = cpuNs();
    for (let from = 0; from < legs.length; from += BATCH) {
      const to = Math.min(from + BATCH, legs.length);
      plan.kernel(
        columns,
        setBits,
        slab,
        to - from,
        legs.subarray(from, to),
        places.subarray(from, to),
        bits,
        masks,
      );
      if (pass !== 0) continue;
      for (let i = 0; i < to - from; i++) {
        let any = 0;
        for (let word = 0; word < plan.maskWords; word++) any |= masks[i * plan.maskWords + word] as number;
        if (any !== 0) candidates++;
      }
    }
    if (isCounted) times.push((cpuNs() - start) / legs.length);
  }
  columns.time.set(firstTimes);
  const digest = createHash('sha256').update(slab.u8.subarray(0, RECORDS_IN_CACHE * plan.layout.bytes));
  return { nsPerEvent: median(times), candidates, digest: digest.digest('hex').slice(0, 32) };
}
