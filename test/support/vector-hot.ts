/** The hot evaluator answers vectors: their rows as facts, through the columnar effective set and the kernels. */
import type { RuleSignals } from '../../pipelines/detect/detector.ts';
import { EffectiveRows } from '../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../pipelines/detect/hot/hot-core.ts';
import { subjectKeyText } from '../../pipelines/detect/subjects.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { factEvent } from '../../pipelines/facts/event.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import {
  ALWAYS_MS,
  type CheckedRule,
  type EvaluationContext,
  type SubjectHistory,
} from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { EventFieldName, FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import { standpointOf } from '../../schemas/facts.ts';
import { plain } from './vector-answers.ts';
import { factsOfRows, reversalOf } from './vector-facts.ts';
import { historyOf, refOf, type Vector } from './vectors.ts';

const SEED: readonly [number, number] = [3, 4];
/** Blocks that a vector's rows come in; signals are asked for after each. */
const BLOCKS = 3;
/** Made from the history, not from a column. */
const FROM_HISTORY: ReadonlySet<string> = new Set(['pairAgeMs', 'pairOrdinal']);
/** What every signal reads of an event, beside the fields that the rule names. */
const ALWAYS_READ = ['account', 'holder', 'time', 'status'] as const;

export interface HotAnswer {
  /** The events as the facts say them, in total order. */
  readonly history: SubjectHistory;
  readonly signals: readonly RuleSignals[];
}

function comparable(value: FieldValue | undefined): string {
  if (value !== null && typeof value === 'object') return JSON.stringify([...value].sort());
  return String(plain(value ?? null));
}

/** Fails where the facts do not say what the vector does: such a vector is to be skipped, with this as its reason. */
function expectSaid(said: RuleEvent, event: RuleEvent, fields: readonly EventFieldName[]): void {
  for (const field of fields) {
    const [a, b] = [said.fields[field], event.fields[field]].map(comparable);
    if (a !== b) throw new Error(`facts say ${a}, the vector ${b} of ${field} of ${refOf(event)}`);
  }
}

let last: { readonly vector: Vector; readonly cadence: Cadence; readonly answer: HotAnswer } | undefined;

/**
 * Runs the rows of a vector over events through the hot evaluator with one rule, sent by institutions of that cadence; asked
 * again for the same, answers from memory.
 */
export function runHot(
  vector: Vector,
  rule: CheckedRule,
  evaluation: EvaluationContext,
  cadence: Cadence,
): HotAnswer {
  if (last?.vector !== vector || last.cadence !== cadence)
    last = { vector, cadence, answer: run(vector, rule, evaluation, cadence) };
  return last.answer;
}

function run(vector: Vector, rule: CheckedRule, evaluation: EvaluationContext, cadence: Cadence): HotAnswer {
  const dictionary = new FactDictionary(SEED);
  const store = new FactStore(dictionary);
  const ruleSet = {
    rules: [rule],
    unevaluated: [],
    hash: rule.contentHash,
    activeFrom: ALWAYS_MS,
    timeline: [],
  };
  const core = new HotCore({ ruleSet, evaluation, store, dictionary });
  const set = new EffectiveRows({ store, core, seed: SEED, horizonMs: Number.POSITIVE_INFINITY });
  const { events } = historyOf(vector) as SubjectHistory;
  for (const institution of new Set(events.map((event) => event.institution)))
    core.setCadence(institution, ALWAYS_MS, cadence);
  const kind = vector.subjectKind as SubjectKind;
  const subjectKey = subjectKeyText(kind, vector.subjectKey);
  const fields = [...new Set([...rule.fieldsRead, ...ALWAYS_READ])].filter(
    (field): field is EventFieldName => !FROM_HISTORY.has(field),
  );
  const numberOf = new Map<string, number>();
  let signals: readonly RuleSignals[] = [];
  const evaluate = () =>
    core.evaluate((key, found) => {
      if (key === subjectKey) signals = found;
    });
  const size = Math.ceil(vector.rows.length / BLOCKS);
  for (let from = 0; from < vector.rows.length; from += size) {
    const rows = vector.rows.slice(from, from + size);
    set.admit(factsOfRows(vector, rows, fields, dictionary), (place) => reversalOf(rows[place]!));
    evaluate();
  }
  core.watermark(vector.knownMs, null);
  core.drain();
  evaluate();
  for (let row = 0; row < store.rows; row++) {
    if (core.isDead(row)) continue;
    const { institution } = store.columns(row);
    const sender = dictionary.text(institution[row & 0xffff]!);
    numberOf.set(refOf({ institution: sender, id: store.rowId(row), version: store.versionOf(row) }), row);
  }
  if (numberOf.size !== events.length) throw new Error(`${numberOf.size} rows, ${events.length} events`);
  const said = events.map((event) => {
    const row = numberOf.get(refOf(event));
    if (row === undefined) throw new Error(`no row of ${refOf(event)}`);
    const leg = 2 * row + (event.fields.direction === 'in' ? 1 : 0);
    const found = factEvent(store, leg, standpointOf(kind), event.reversals);
    expectSaid(found, event, fields);
    return found;
  });
  return { history: { subjectKey, subjectKind: kind, events: said }, signals };
}
