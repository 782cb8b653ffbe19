/** What fifty conditions cost a row: by a library, by closures, by one generated function. All must find the same. */
import { deriveSeed, Random } from '../pipelines/simulate/random.ts';
import { type Benchmark, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';
import {
  type Asker,
  askClosures,
  askGenerated,
  askLibrary,
  CONDITIONS,
  drawConditions,
  drawRows,
} from './yardsticks/rule-conditions.ts';

export const ruleConditions: Benchmark = {
  name: 'rule-conditions',
  what: 'yardstick: the same fifty conditions by json-rules-engine, by closures, by one generated function',
  options: {
    rows: { default: 100_000, smoke: 500, what: 'rows for closures and the generated function' },
    'library-rows': { default: 2_000, smoke: 100, what: 'rows, the first of them, for the library' },
    rounds: { default: 5, smoke: 1, what: 'alternating rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async run(context) {
    const seed = sizeOf(context, 'seed');
    const conditions = drawConditions(new Random(deriveSeed(seed, 'conditions')));
    const rows = drawRows(new Random(deriveSeed(seed, 'rows')), sizeOf(context, 'rows'));
    const few = rows.slice(0, sizeOf(context, 'library-rows'));
    const ways: readonly (readonly [name: string, ask: Asker, rows: typeof rows])[] = [
      ['json-rules-engine', askLibrary(conditions), few],
      ['closures', askClosures(conditions), rows],
      ['generated', askGenerated(conditions), rows],
    ];
    const times = new Map<string, number[]>(ways.map(([name]) => [name, []]));
    const faults: string[] = [];
    let hits = 0;
    for (let i = 0; i < sizeOf(context, 'rounds'); i++) {
      for (const [name, ask, asked] of ways) {
        const start = cpuNs();
        const found = await ask(asked);
        times.get(name)?.push((cpuNs() - start) / asked.length);
        if (name === 'closures') hits = found;
        if (name === 'generated' && found !== hits) faults.push(`generated finds ${found}, closures ${hits}`);
      }
    }
    const [library, closures] = [askLibrary(conditions), askClosures(conditions)];
    const fewHits = await closures(few);
    if ((await library(few)) !== fewHits) faults.push('the library finds others than the closures');
    return ways.map(([name, , asked]) => ({
      name: `rule-conditions/${name}`,
      value: round(median(times.get(name) ?? []), 1),
      unit: 'ns/row',
      seed,
      resultHash: `${hits}/${fewHits}`,
      details: { conditions: CONDITIONS, askedRows: asked.length },
      faults,
    }));
  },
};
