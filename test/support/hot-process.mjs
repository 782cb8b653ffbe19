/**
 * Runs a measured stream through the hot path, for a test that reads V8's log of it (`engine-log.ts`).
 *
 *   node --log-ic --log-deopt --logfile=F --no-logfile-per-isolate hot-process.mjs BUILD ACCOUNTS ROWS WARM_ROWS
 *
 * BUILD: a folder with the compiled code and benchmarks. After WARM_ROWS rows a script named `rastro-warm` is compiled: from
 * there on the log is of a warm process.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [build, ...numbers] = process.argv.slice(2);
const [accounts, rows, warmRows] = numbers.map(Number);
const load = (path) => import(pathToFileURL(join(build, path)).href);

const { loadKnowledge } = await load('services/workspace/knowledge.js');
const { MeasuredStream } = await load('benchmarks/stream/stream.js');
const { FactDictionary } = await load('pipelines/facts/dictionary.js');
const { FactStore } = await load('pipelines/facts/store.js');
const { EffectiveRows } = await load('pipelines/detect/hot/effective-rows.js');
const { HotCore } = await load('pipelines/detect/hot/hot-core.js');

const SEED = [1, 2];
/** Blocks between two evaluations. */
const EVALUATE_EVERY = 2;

const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
const dictionary = new FactDictionary(SEED);
const stream = new MeasuredStream({ accounts, rows, seed: 1 }, { ruleSet, evaluation }, dictionary);
const store = new FactStore(dictionary);
const core = new HotCore({ ruleSet, evaluation, store, dictionary, subjects: accounts });
const effective = new EffectiveRows({ store, core, seed: SEED, rows });

let fed = 0;
let blocks = 0;
let isWarm = false;
const signals = new Set();
const evaluate = () =>
  core.evaluate((_subject, groups) => {
    for (const { versions } of groups) for (const { id } of versions) signals.add(id);
  });
for (const { batch, reversed } of stream.blocks()) {
  if (!isWarm && fed >= warmRows) {
    isWarm = true;
    new Function('return 0;\n//# sourceURL=rastro-warm')();
  }
  effective.admit(batch, (place) => {
    const { institution, id } = reversed.get(place);
    return { institution, id, amountMinor: null };
  });
  fed += batch.rows;
  if (++blocks % EVALUATE_EVERY === 0) evaluate();
}
evaluate();
process.stdout.write(`${JSON.stringify({ rows: fed, signals: signals.size })}\n`);
