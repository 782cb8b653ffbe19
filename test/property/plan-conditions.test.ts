/**
 * Conditions of rules as generated tests of columns against the closures of the reference: a test holds wherever the condition
 * may be true, or not false, and nowhere else where the columns decide. `RASTRO_RUNS` sets how many (default 200).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DERIVED_FIELDS, type Scope, type Tree, type Value } from '../../rules/compiler/checked-rule.ts';
import { known } from '../../rules/compiler/field.ts';
import { FIELD_OF_SLOT } from '../../rules/compiler/field-slots.ts';
import type { CheckedRule } from '../../rules/compiler/index.ts';
import { eventCode, type Output } from '../../rules/compiler/plan/event-code.ts';
import { EventReading } from '../../rules/compiler/plan/reading.ts';
import { EVENT_FIELDS, type FieldValue, type RuleEvent } from '../../schemas/event-fields.ts';
import { FACT_COLUMNS, FIELD_FACTS } from '../../schemas/facts.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type EventFacts, factsOfEvents, holdable, TestDictionary } from '../support/event-facts.ts';
import { rule as ruleOf } from '../support/rules.ts';
import { BASE_MS } from '../support/vectors.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 200);
const HOUR = 3_600_000;

const { ruleSet } = await loadKnowledge({});
const SHIPPED = ruleSet.rules.filter((rule) => rule.input === 'events');

/** Conditions beside those of the shipped rules: every operator, over every way of holding a value, through `!` and `||`. */
const CONDITIONS = [
  'amount >= 50',
  '!(amount < 50) && !(amountUsd != 11)',
  'amount * 3 - 7 > 100 || amount * amount > 9000000000000000',
  '-amount < -50 || 0 - amountUsd == -11',
  'amountUsd > 10 || kind == "fee"',
  '!(purpose == "wage") && purpose != "goods"',
  'isNight == isOwn',
  'isNight != (amount > 50)',
  '!(isNight && amountUsd > 5) || (localMinute <= 600 && !(localMinute == 5))',
  'nightOf < 5 || nightOf != 7 || nightOf >= -3',
  'counterparty in ["p", "q"] || !(counterparty != "r")',
  '!(counterparty in ["p"]) && counterparty == source',
  'kind != rail || holderKind == counterpartyKind',
  'holderKind < "n" && !(rail >= "cash")',
  'place < "Y" || "a" == purpose',
  '"a" in textClasses || amount < 20',
  '!("a" in textClasses || "b" in textClasses) || !("c" in placeLists)',
  'counterparty in textClasses',
  'pairOrdinal == 1 || !(pairAgeMs >= 3600000)',
  'ratio(amountUsd, amount) >= 0.1',
  'ratio(amount, amountUsd) == 1.0 || 1 > 2',
  'direction in ["in", "self"] && direction != "out"',
  'status != "pending" || status == "no such status"',
  '9223372036854775807 > amount || amount == 9007199254740993',
  '1.5 < amount && "x" in ["x"] && !("y" in ["x"])',
];

/** Over a statutory threshold, which lies between 8 and 50 and may not be in force. */
const THRESHOLD_CONDITIONS = [
  'amountUsd >= params.law',
  'params.law > amountUsd || isNight',
  '!(10 * amountUsd < 7 * params.law - 3)',
  'amountUsd == params.law || amountUsd != params.law + 1',
  '-params.law * 2 <= amount - 110 && !(amountUsd <= params.law)',
];
const RANGE = { least: 8, most: 50 };
const LAW = { law: { threshold: 't', unit: 'minor', provenance: 'law' } };

const CONDITION_RULES = [
  ...CONDITIONS.map((where) => ruleOf({ features: { n: { agg: 'count', where, over: '1d' } } })),
  ...THRESHOLD_CONDITIONS.map((where) =>
    ruleOf({ features: { n: { agg: 'count', where, over: '1d' } }, params: LAW }),
  ),
];

function valuesOf(field: string): readonly (FieldValue | undefined)[] {
  const read = FIELD_FACTS.owner[field as 'kind'];
  const column = FACT_COLUMNS[read.column] as { type: string; values?: readonly string[] };
  switch (column.type) {
    case 'int':
      return [0, 1, 5, 10, 11, 49, 50, 51, 99, 100, 300, 2_000, 5_000, 40_000, Number.MAX_SAFE_INTEGER];
    case 'small':
      return [0, 5, 7, 8, 600, 601, 1439, -3, 20_000];
    case 'bool':
      return [true, false];
    case 'enum':
      return column.values!;
    case 'set':
      return [[], ['a'], ['b'], ['a', 'c'], ['vasp'], ['charity', 'platform'], ['border_municipality']];
    default:
      return ['p', 'q', 'r', 'X', 'Y', 'US', 'CA', 'MX', 'SCIAN:5613', '', '\u{1F600}'];
  }
}

/** Mostly a value; sometimes empty, sometimes not provided. Sets are never empty in that sense, nor is `amount`. */
const event: fc.Arbitrary<RuleEvent> = fc
  .record(
    Object.fromEntries(
      Object.keys(FIELD_FACTS.owner)
        .filter((field) => field !== 'time' && field !== 'institution')
        .map((field) => {
          const value = fc.constantFrom(...valuesOf(field));
          const isTotal = field === 'amount' || EVENT_FIELDS[field as 'kind'].type === ('set' as string);
          const some =
            field === 'amount' ? fc.oneof(value, fc.constantFrom(2n ** 53n + 1n, 2n ** 60n)) : value;
          return [
            field,
            isTotal
              ? some
              : fc.oneof(
                  { weight: 5, arbitrary: some },
                  { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
                ),
          ];
        }),
    ) as Record<string, fc.Arbitrary<FieldValue | undefined>>,
  )
  .chain((fields) =>
    fc.constantFrom('in', 'out').map((direction) => ({
      time: BASE_MS,
      institution: 'BANK',
      id: 'e',
      version: 1,
      fields: { ...fields, direction } as RuleEvent['fields'],
    })),
  );

const wild: fc.Arbitrary<Value> = fc.constantFrom(null, 0, 1, 2, 50, 3_600_000, 0.5, 'p', 'q', true, false);

const inRange: fc.Arbitrary<Value> = fc.constantFrom(null, 8, 10, 11, 49, 50);

/** What a condition reads that no column holds. */
interface Wild {
  readonly feature: Value;
  readonly threshold: Value;
  readonly derived: Value;
  readonly pair: number;
}

function scopeOf(event: RuleEvent, { feature, threshold, derived, pair }: Wild): Scope {
  const hasPair = event.fields.counterparty !== null && event.fields.counterparty !== undefined;
  return {
    value: (slot) => {
      const name = FIELD_OF_SLOT[slot]!;
      return name === 'time' || name === 'institution' ? event[name] : known(event.fields[name]);
    },
    rest: null,
    derived: Object.fromEntries(
      Object.values(DERIVED_FIELDS).flatMap((names) => names.map((name) => [name, derived])),
    ),
    feature: () => feature,
    threshold: () => threshold,
    peer: () => threshold,
    pairAgeMs: () => (hasPair ? pair * HOUR : null),
    pairOrdinal: () => (hasPair ? pair + 1 : null),
  };
}

/** Whether the columns decide the condition: then the reading must be exact. */
function isDecided(tree: Tree, dictionary: TestDictionary): boolean {
  const isPartDecided = (part: Tree) => isDecided(part, dictionary);
  switch (tree.op) {
    case 'feature':
    case 'threshold':
    case 'peer':
    case 'derived':
      return false;
    case 'field':
      return tree.name !== 'pairAgeMs' && tree.name !== 'pairOrdinal' && tree.name !== 'amount';
    case 'constant':
      return true;
    case '!':
    case 'negate':
      return isPartDecided(tree.operand);
    case '+':
    case '-':
    case '*':
      return false;
    case '<':
    case '<=':
    case '>':
    case '>=':
      // The dictionary knows no order of texts.
      return tree.left.type !== 'string' && isPartDecided(tree.left) && isPartDecided(tree.right);
    case '==':
    case '!=':
      // Codes of two lists are not compared; equality of conditions is read from both sides apart.
      return (
        !(tree.left.op === 'field' && tree.right.op === 'field') &&
        tree.left.type !== 'bool' &&
        isPartDecided(tree.left) &&
        isPartDecided(tree.right)
      );
    case 'in':
      // A dictionary has bits for so many words of sets.
      if (tree.right.type === 'set' && tree.left.op === 'constant')
        return dictionary.memberBit(String(tree.left.value)) !== -1;
      return !(tree.left.op === 'field' && tree.right.op === 'field') && isPartDecided(tree.left);
    default:
      return isPartDecided(tree.left) && isPartDecided(tree.right);
  }
}

function readings(rules: readonly CheckedRule[]) {
  const dictionary = new TestDictionary(31, { thresholdRange: () => RANGE });
  const predicates = rules.flatMap(({ program }) =>
    program.predicates.map((predicate) => ({
      ...predicate,
      reading: new EventReading('owner', dictionary, program.thresholds),
    })),
  );
  const outputs = predicates.flatMap(({ tree, reading }, i): Output[] => {
    const common = { words: 1, word: 0 } as const;
    return [
      {
        ...common,
        array: 'outBits',
        words: predicates.length,
        word: i,
        bit: 0,
        test: reading.maybeTrue(tree),
      },
      {
        ...common,
        array: 'outMask',
        words: predicates.length,
        word: i,
        bit: 0,
        test: reading.notFalse(tree),
      },
    ];
  });
  const { source, table } = eventCode('events', outputs);
  const run = new Function(`${source}\nreturn events;`)() as (...parts: readonly unknown[]) => void;
  const ask = ({ columns, setBits, legs }: EventFacts) => {
    const maybeTrue = new Int32Array(predicates.length);
    const notFalse = new Int32Array(predicates.length);
    run(columns, setBits, table, 1, legs, maybeTrue, notFalse);
    return { maybeTrue, notFalse };
  };
  return { predicates, dictionary, ask };
}

describe.each([
  ['conditions of every operator', CONDITION_RULES],
  ['conditions of shipped rules', SHIPPED],
] as const)('%s', (_, rules) => {
  it('may be true, or not false, wherever the closures say so, and nowhere else where the columns decide', () => {
    const { predicates, dictionary, ask } = readings(rules);
    const decided = predicates.map(({ tree }) => isDecided(tree, dictionary));
    const seen = { true: 0, false: 0, unknown: 0 };
    fc.assert(
      fc.property(
        event,
        fc.record({ feature: wild, threshold: inRange, derived: wild, pair: fc.nat(3) }),
        (drawn, wilds) => {
          const given = holdable(drawn);
          const { maybeTrue, notFalse } = ask(factsOfEvents([given], 'owner', dictionary));
          predicates.forEach((predicate, i) => {
            let value: Value;
            try {
              value = predicate.run(scopeOf(given, wilds));
            } catch {
              // A wild value of another type than the expression's: no evaluation brings it.
              return;
            }
            seen[value === null ? 'unknown' : value ? 'true' : 'false']++;
            if (value === true) expect(maybeTrue[i], `predicate ${i}`).toBe(1);
            if (value !== false) expect(notFalse[i], `predicate ${i}`).toBe(1);
            if (decided[i]) {
              expect(maybeTrue[i], `predicate ${i}`).toBe(value === true ? 1 : 0);
              expect(notFalse[i], `predicate ${i}`).toBe(value === false ? 0 : 1);
            }
          });
        },
      ),
      { numRuns: 3 * RUNS },
    );
    expect(Math.min(seen.true, seen.false, seen.unknown)).toBeGreaterThan(RUNS);
    expect(decided.filter(Boolean).length).toBeGreaterThan(3);
  });
});
