/**
 * Code that asks every test of one event.
 *
 * Nearly every condition names the kind, the direction or the status: events are told apart by these first, and the code of
 * each class of them is what is left of the tests there. Within a class, what several conjunctions have in common is
 * computed once.
 */

import { costOf, FALSE, NULL_BIT, type Read, readsOf, restricted, type Test, TRUE } from './event-test.ts';
import { readOf } from './field-read.ts';
import { literal } from './literal.ts';

/** One bit that the code writes. */
export interface Output {
  readonly test: Test;
  readonly array: 'outBits' | 'outMask';
  /** Words of the array per event, the word of the bit, the bit. */
  readonly words: number;
  readonly word: number;
  readonly bit: number;
}

export interface EventCode {
  readonly source: string;
  /** Class by status, kind and direction, as `CLASS_INDEX` puts them together. */
  readonly table: Uint16Array;
  readonly classes: number;
}

/** Cost at which a test that is asked twice is worth a variable. */
const SHARED_COST_MIN = 5;
const CLASS_TABLE_LENGTH = 1024;
const NULL_CODE = 255;
/** Nulls, 255, fall on the last place of each part: no list of these columns reaches it. */
const CLASS_INDEX = '(c_status[row] & 15) << 6 | (c_kind[row] & 31) << 1 | direction';

/** A function `name(columns, setBits, table, n, legs, outBits, outMask)`; each word of `outputs` is written as a whole. */
export function eventCode(name: string, outputs: readonly Output[]): EventCode {
  const { table, classes } = classify(outputs);
  const reads = new Map<string, Read>();
  for (const tests of classes) for (const test of tests) readsOf(test, reads);
  const columns = [
    ...new Set(['status', 'kind', ...[...reads.values()].flatMap(({ column }) => column ?? [])]),
  ];
  const words = [...new Map(outputs.map((output) => [wordName(output), output])).values()];
  const cases = classes.flatMap((tests, i) =>
    tests.every((test) => test.key === FALSE.key)
      ? []
      : [`case ${literal(i)}: {`, ...classCode(outputs, tests), 'break;', '}'],
  );
  const source = [
    `function ${name}(columns, setBits, table, n, legs, outBits, outMask) {`,
    ...columns.map((column) => `const c_${column} = columns.${column};`),
    'for (let i = 0; i < n; i++) {',
    'const leg = legs[i]; const row = leg >> 1; const direction = leg & 1;',
    ...words.map((word) => `let ${wordName(word)} = 0;`),
    `switch (table[${CLASS_INDEX}]) {`,
    ...cases,
    '}',
    ...words.map(
      (word) => `${word.array}[i * ${literal(word.words)} + ${literal(word.word)}] = ${wordName(word)};`,
    ),
    '}',
    '}',
  ].join('\n');
  return { source, table, classes: classes.length };
}

function wordName({ array, word }: Output): string {
  return `${array === 'outBits' ? 'b' : 'm'}${word}`;
}

/** Classes of events on which the same is left of all tests. */
function classify(outputs: readonly Output[]): { table: Uint16Array; classes: Test[][] } {
  const [status, kind] = [readOf('status', 'named'), readOf('kind', 'named')];
  const direction = readOf('direction', 'named');
  const table = new Uint16Array(CLASS_TABLE_LENGTH);
  const classes: Test[][] = [];
  const classOf = new Map<string, number>();
  const tests = outputs.map(({ test }) => test);
  for (const statusCodes of alike(tests, status)) {
    const ofStatus = restrictedAll(tests, status, statusCodes[0]!);
    for (const kindCodes of alike(ofStatus, kind)) {
      const ofKind = restrictedAll(ofStatus, kind, kindCodes[0]!);
      for (const [way] of direction.codes.entries()) {
        const left = restrictedAll(ofKind, direction, way);
        const key = left.map((test) => test.key).join('\n');
        const known = classOf.get(key) ?? classes.push(left) - 1;
        classOf.set(key, known);
        for (const s of statusCodes)
          for (const k of kindCodes) table[((s & 15) << 6) | ((k & 31) << 1) | way] = known;
      }
    }
  }
  return { table, classes };
}

function restrictedAll(tests: readonly Test[], read: Read, code: number): Test[] {
  const known = new Map([[read.name, code]]);
  return tests.map((test) => restricted(test, known));
}

/** Codes of a column, null included, in groups between which no test of them tells a difference. */
function alike(tests: readonly Test[], read: Read): number[][] {
  const masks = new Set<number>();
  const collect = (test: Test): void => {
    if ('parts' in test) test.parts.forEach(collect);
    else if (test.op === 'codes' && test.read.name === read.name) masks.add(test.mask);
  };
  tests.forEach(collect);
  const groups = new Map<string, number[]>();
  const all = [...read.codes.keys(), ...((read.everyCode & NULL_BIT) === 0 ? [] : [NULL_CODE])];
  for (const code of all) {
    const key = [...masks].map((mask) => (mask >>> (code & 31)) & 1).join('');
    groups.set(key, [...(groups.get(key) ?? []), code]);
  }
  return [...groups.values()];
}

/** A conjunction or disjunction whose parts may be shared with others. */
interface Formula {
  readonly op: 'and' | 'or';
  parts: Set<string>;
}

function classCode(outputs: readonly Output[], tests: readonly Test[]): string[] {
  const reads = new Map<string, Read>();
  for (const test of tests) readsOf(test, reads);
  const lines = [...reads.values()].filter(({ column }) => column !== null).map(readCode);
  const formulas = new Map<string, Formula>();
  const costs = new Map<string, number>();
  for (const test of tests) collect(test, formulas, costs);
  factor(formulas);
  const uses = new Map<string, number>();
  const use = (key: string) => uses.set(key, (uses.get(key) ?? 0) + 1);
  for (const { key } of tests) use(key);
  for (const { parts } of formulas.values()) parts.forEach(use);
  const names = new Map<string, string>();
  const codeOf = (key: string): string => {
    const named = names.get(key);
    if (named !== undefined) return named;
    const formula = formulas.get(key);
    let text = key;
    if (formula !== undefined) {
      const parts = [...formula.parts].map((part) => {
        const code = codeOf(part);
        return { code, cost: names.has(part) ? 0 : (costs.get(part) ?? 0) };
      });
      parts.sort((a, b) => a.cost - b.cost);
      text = parts.map(({ code }) => `(${code})`).join(formula.op === 'and' ? ' && ' : ' || ');
    }
    if ((uses.get(key) ?? 0) < 2 || (formula === undefined && (costs.get(key) ?? 0) < SHARED_COST_MIN))
      return text;
    const name = `t${names.size}`;
    names.set(key, name);
    lines.push(`const ${name} = ${text};`);
    return name;
  };
  outputs.forEach((output, i) => {
    const test = tests[i]!;
    if (test.key === FALSE.key) return;
    const set = `${wordName(output)} |= ${literal(1 << output.bit)};`;
    lines.push(test.key === TRUE.key ? set : `if (${codeOf(test.key)}) ${set}`);
  });
  return lines;
}

function collect(test: Test, formulas: Map<string, Formula>, costs: Map<string, number>): void {
  costs.set(test.key, costOf(test));
  if (!('parts' in test) || formulas.has(test.key)) return;
  formulas.set(test.key, { op: test.op, parts: new Set(test.parts.map((part) => part.key)) });
  for (const part of test.parts) collect(part, formulas, costs);
}

/** Pulls out the largest set of parts that two conjunctions share, until no two share more than one. */
function factor(formulas: Map<string, Formula>): void {
  for (let round = 0; round < FACTORS_MAX; round++) {
    const shared = largestShared([...formulas.values()].filter(({ op }) => op === 'and'));
    if (shared === null) return;
    const key = `shared ${round}`;
    for (const { op, parts } of formulas.values()) {
      if (op !== 'and' || ![...shared].every((part) => parts.has(part))) continue;
      for (const part of shared) parts.delete(part);
      parts.add(key);
    }
    formulas.set(key, { op: 'and', parts: shared });
  }
}

/** Common parts that one class of events may have; what is beyond is computed again. */
const FACTORS_MAX = 256;

function largestShared(formulas: readonly Formula[]): Set<string> | null {
  let best: Set<string> | null = null;
  for (const [i, a] of formulas.entries()) {
    if (a.parts.size <= Math.max(1, best?.size ?? 0)) continue;
    for (const b of formulas.slice(i + 1)) {
      const shared = new Set([...a.parts].filter((part) => b.parts.has(part)));
      if (shared.size > Math.max(1, best?.size ?? 0)) best = shared;
    }
  }
  return best;
}

const PLACE = { row: 'row', own: 'leg', other: 'leg ^ 1' } as const;

function readCode({ name, column, at, type }: Read): string {
  const value = `c_${column}[${PLACE[at]}]`;
  return `const ${name} = ${type === 'set' ? `setBits[${value}]` : value};`;
}
