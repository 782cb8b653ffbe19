/** What the brute-force oracle says as of one event, or one tick. */
import type { Value } from './oracle-brute-values.ts';

export interface BruteEvaluation {
  readonly event: string;
  readonly time: number;
  /** As of a tick, that lies after the event at `eventTime`. */
  readonly isTick: boolean;
  readonly eventTime: number;
  readonly triggers: boolean;
  readonly truth: boolean | null;
  readonly fires: boolean;
  readonly features: Readonly<Record<string, Value>>;
  readonly missing: Readonly<Record<string, number>>;
  readonly evidence: readonly string[];
  readonly strength: number;
  readonly truncated: boolean;
  readonly attributions: readonly { subject: string; role: string; weight: number }[];
}
