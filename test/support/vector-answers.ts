/** What an evaluator answers to a vector, and how its values are compared with what the vector writes. */
import type { FieldValue } from '../../schemas/event-fields.ts';
import type { Vector } from './vectors.ts';

/** A value as a vector writes it: a literal, or the quotient or root that it stands for. */
type WrittenValue = NonNullable<Vector['expect']['signals'][number]['features']>[string];

/** What an evaluator answers for one event; unknown is null. */
export interface AnswerAt {
  readonly truth: boolean | null;
  readonly features: Readonly<Record<string, FieldValue>>;
  readonly missing?: Readonly<Record<string, number>>;
  readonly strength?: number;
  readonly evidence?: readonly string[];
}

export interface AnswerSignal {
  readonly id?: string;
  readonly opens: string;
  readonly version: number;
  readonly at: string;
  /** Of a version that a tick made: when. */
  readonly tick?: number | undefined;
  readonly evidence: readonly string[];
  readonly evidenceCount?: number;
  readonly features: Readonly<Record<string, FieldValue>>;
  readonly strength?: number;
  readonly truncated?: boolean;
  readonly attributions?: readonly { subject: string; role: string; weight: number }[];
}

/** Integers as text whatever their JavaScript type, so that 3, 3n and "3" of an engine's JSON compare equal as values. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `int ${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? `int ${BigInt(value)}` : value;
  return value;
}

/** The value that a vector writes as a literal, `{ratio: [2, 3]}` or `{sqrt: [2, 3]}` (the root of the quotient). */
export function expectedValue(value: WrittenValue): unknown {
  if (value !== null && typeof value === 'object') {
    if ('ratio' in value) return plain(value.ratio[0] / value.ratio[1]);
    return plain(Math.sqrt(value.sqrt[0] / value.sqrt[1]));
  }
  return plain(value);
}
