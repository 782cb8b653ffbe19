/**
 * Everything that answers a conformance vector: the reference evaluator, and the brute-force oracle. A further
 * evaluator joins `EVALUATORS` and is held to every vector from then on.
 */
import { bruteEvaluations, bruteSignals } from './oracle-brute.ts';
import type { AnswerAt, AnswerSignal, Vector } from './vectors.ts';

export interface VectorEvaluator {
  readonly name: 'reference' | 'brute' | 'sql';
  /** The evaluation as of the event, whether or not it triggers. */
  at(vector: Vector, refs: readonly string[]): ReadonlyMap<string, AnswerAt>;
  signals(vector: Vector): readonly AnswerSignal[];
}

const brute: VectorEvaluator = {
  name: 'brute',
  at: (vector) => new Map(bruteEvaluations(vector).map((evaluation) => [evaluation.event, evaluation])),
  signals: (vector) => bruteSignals(vector),
};

export const EVALUATORS: readonly VectorEvaluator[] = [brute];
