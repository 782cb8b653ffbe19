/**
 * The generated kernel by itself: events of accounts to their records, for rules of which none can hold (the update of the
 * record alone), for the shipped rules and for more of them (predicates, counters, gates). Records are drawn at random, from so
 * many that each is a cache miss, and from few that lie in a cache.
 *
 * What would make the figure wrong: time that stands still (panes would never roll; each pass begins where the last one
 * ended), events of one sort (they are those of the measured stream), a kernel that is not optimised yet (two passes go
 * before the clock; the candidates are counted in the first of them).
 */
import { createHash } from 'node:crypto';
import { OWNER_LEGS, ownerLegs } from '../../pipelines/facts/owner-legs.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import { type KindPlan, planRules, type RuleSet, warmUp } from '../../rules/compiler/index.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkResult, sizeOf } from '../harness/benchmark.ts';
import { cpuNs, median, round } from '../harness/measure.ts';
import { ruleSetOf, silentRuleSet } from '../rules/rule-sets.ts';
import { mixed } from '../stream/identity.ts';
import { dictionaryOf } from '../stream/measured-run.ts';
import { DAY_MS, STREAM } from '../stream/options.ts';
import { MeasuredStream } from '../stream/stream.ts';

const BATCH = 256;
const LINE_BYTES = 64;
const SEGMENT_ROWS = 65_536;
const RECORDS_IN_CACHE = 1_000;
const WARM_PASSES = 2;

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

interface Passes {
  readonly nsPerEvent: number;
  readonly candidates: number;
  readonly digest: string;
}

function measure(
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

export const gates: Benchmark = {
  name: 'gates',
  what: 'kernel: an event to its record, alone and with the predicates, counters and gates of all rules',
  yardstick: 'memory',
  options: {
    accounts: { default: 50_000, smoke: 300, what: 'accounts of the stream' },
    rows: { default: 65_536, smoke: 3_000, what: 'rows, taken again in each pass; a segment at most' },
    records: { default: 1_000_000, smoke: 1_000, what: 'records among which an event finds its own' },
    rules: { default: 50, smoke: 20, what: 'rules of the largest set: shipped ones and variants of them' },
    passes: { default: 9, smoke: 1, what: 'passes; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async run(context) {
    const size = (option: string): number => sizeOf(context, option);
    const seed = size('seed');
    const knowledge = await loadKnowledge({ cases: true });
    const dictionary = dictionaryOf(seed);
    const rows = Math.min(SEGMENT_ROWS, size('rows'));
    const stream = new MeasuredStream({ accounts: size('accounts'), rows, seed }, knowledge, dictionary);
    const store = new FactStore(dictionary);
    for (const { batch } of stream.blocks()) store.append(batch);
    const events = eventsOf(store);
    const many = ruleSetOf(knowledge, size('rules'));
    const sets: readonly (readonly [name: string, set: RuleSet])[] = [
      ['record-update', silentRuleSet(knowledge, many)],
      ['shipped', knowledge.ruleSet],
      [`${many.rules.length} rules`, many],
    ];
    return sets.map(([name, { rules }]): BenchmarkResult => {
      const ofAccounts = rules
        .filter(({ subjects }) => subjects.includes('account'))
        .map((rule) => ({ ...rule, subjects: ['account' as const] }));
      const plan = planRules(ofAccounts, dictionary).get('account');
      if (plan === undefined) throw new Error(`${name}: no rule over accounts`);
      warmUp(plan);
      const { setBits } = dictionary;
      const far = measure(plan, events, setBits, size('records'), size('passes'));
      const near = measure(plan, events, setBits, RECORDS_IN_CACHE, size('passes'));
      return {
        name: `gates/${name}`,
        value: round(far.nsPerEvent, 1),
        unit: 'ns/event',
        seed,
        resultHash: far.digest,
        details: {
          inCacheNs: round(near.nsPerEvent, 1),
          recordBytes: plan.layout.bytes,
          counters: plan.counters.length,
          predicates: plan.predicates.length,
          rules: plan.rules.length,
          candidatePercent: round((100 * far.candidates) / events.legs.length, 3),
        },
      };
    });
  },
};
