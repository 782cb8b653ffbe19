/**
 * One set of conditions, three ways of asking them: json-rules-engine, an array of closures, one generated function. The
 * conditions have the shape of the shipped rules' `when`: two to four features against thresholds, all of which must hold.
 */
import { Engine } from 'json-rules-engine';
import type { Random } from '../../pipelines/simulate/random.ts';

const FEATURES = 24;
export const CONDITIONS = 50;

interface Comparison {
  readonly feature: number;
  readonly operator: '>=' | '<=';
  readonly value: number;
}
export type Condition = readonly Comparison[];

/** Values of the features, 0..999. */
export type Row = Float64Array;

export function drawConditions(random: Random): Condition[] {
  return Array.from({ length: CONDITIONS }, () =>
    Array.from({ length: random.int(2, 4) }, () => {
      const operator = random.chance(0.75) ? '>=' : '<=';
      // Each comparison holds in one row of five or so: a rule of three in one of a hundred.
      return {
        feature: random.int(0, FEATURES - 1),
        operator,
        value: operator === '>=' ? 800 : 200,
      } as const;
    }),
  );
}

export function drawRows(random: Random, rows: number): Row[] {
  return Array.from({ length: rows }, () =>
    Float64Array.from({ length: FEATURES }, () => random.int(0, 999)),
  );
}

/** Number of conditions that hold, over all rows. */
export type Asker = (rows: readonly Row[]) => Promise<number>;

export function askLibrary(conditions: readonly Condition[]): Asker {
  const engine = new Engine();
  conditions.forEach((condition, i) => {
    engine.addRule({
      conditions: {
        all: condition.map(({ feature, operator, value }) => ({
          fact: `f${feature}`,
          operator: operator === '>=' ? 'greaterThanInclusive' : 'lessThanInclusive',
          value,
        })),
      },
      event: { type: `c${i}` },
    });
  });
  return async (rows) => {
    let hits = 0;
    for (const row of rows) {
      const facts = Object.fromEntries(Array.from(row, (value, feature) => [`f${feature}`, value]));
      hits += (await engine.run(facts)).events.length;
    }
    return hits;
  };
}

export function askClosures(conditions: readonly Condition[]): Asker {
  const closures = conditions.map((condition) => {
    const parts = condition.map(({ feature, operator, value }) =>
      operator === '>='
        ? (row: Row) => (row[feature] as number) >= value
        : (row: Row) => (row[feature] as number) <= value,
    );
    return (row: Row) => parts.every((part) => part(row));
  });
  return async (rows) => {
    let hits = 0;
    for (const row of rows) for (const closure of closures) if (closure(row)) hits++;
    return hits;
  };
}

/** Only numbers of the checked table reach the text of the function. */
export function askGenerated(conditions: readonly Condition[]): Asker {
  const loads = Array.from({ length: FEATURES }, (_, feature) => `const f${feature} = row[${feature}];`);
  const tests = conditions.map((condition) => {
    const text = condition.map(({ feature, operator, value }) => `f${feature} ${operator} ${value}`);
    return `if (${text.join(' && ')}) hits++;`;
  });
  const ask = new Function('row', [...loads, 'let hits = 0;', ...tests, 'return hits;'].join('\n')) as (
    row: Row,
  ) => number;
  return async (rows) => {
    let hits = 0;
    for (const row of rows) hits += ask(row);
    return hits;
  };
}
