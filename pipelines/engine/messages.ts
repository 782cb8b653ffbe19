/**
 * What the stages of the engine tell each other. In one process these objects are handed over as they are, and what they know is
 * looked up when it is asked for; between processes they travel as `schemas/signal-messages.ts` says (`wire.ts`).
 *
 * `asOf` orders what one stage says of one thing: how much of its own input it had taken in. Of two the higher one holds; two of
 * the same are the same, since what a stage says is a function of its input. Whoever repeats old input harms nobody.
 */
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { Eventually } from '../detect/detection.ts';
import type { HeldSignal } from '../detect/signals.ts';

/** What compose reads beside the signals of a source. */
export interface SourceFacts {
  /** A transaction of the evidence; undefined where it counts no more. */
  transactionOf(ref: TransactionRef): EvidenceTransaction | undefined;
  /** Canonical fields that the feed of a row provides. */
  providedOf(tx: EvidenceTransaction): ReadonlySet<string>;
  /** What the other rules said as of the last version of each standing signal, without firing. */
  readings(): Eventually<readonly RuleReading[]>;
}

/**
 * What stands on a source (a subject whose history fired), for one of the holders behind it; no signals: nothing, or for others
 * only.
 */
export interface Observed {
  readonly asOf: number;
  /** `kind:key`, as signals name what they observe. */
  readonly source: string;
  /** Party key behind at least one version. */
  readonly holder: string;
  /** Every version of every signal of the source, those with another holder included. */
  readonly signals: readonly HeldSignal[];
  readonly facts: SourceFacts;
}

/**
 * What stands on the sources of a holder and is attributed to a subject; no signals: nothing any more. The second hop is told alike: the
 * holder is then what compose makes of another person (`composedSource`), and the signals those of rules over that person's signals.
 */
export interface Attributed {
  readonly asOf: number;
  /** Party key on whom weight falls, or might. */
  readonly subject: string;
  readonly holder: string;
  /** Versions that have this holder and name the subject in an attribution, companions filled in. */
  readonly signals: readonly Signal[];
  /** The versions that these carry as companions, or rest on. */
  readonly companions: readonly Signal[];
  /** Of the sources of `signals` and, for evidence alone, of `companions`. */
  readonly facts: SourceFacts;
}

const COMPOSED = 'composed:';

/** What compose makes of a subject, as a source; no holder has such a key. */
export function composedSource(subject: string): string {
  return `${COMPOSED}${subject}`;
}

/** The subject of such a source; undefined for others. */
export function composedSubject(source: string): string | undefined {
  return source.startsWith(COMPOSED) ? source.slice(COMPOSED.length) : undefined;
}

/** A transaction, whatever its version, as a key. */
export const identityOf = ({ institution, id }: Pick<TransactionRef, 'institution' | 'id'>): string =>
  `${institution}\u0000${id}`;

export const NO_FACTS: SourceFacts = {
  transactionOf: () => undefined,
  providedOf: () => new Set(),
  readings: () => [],
};

/** The facts of several, asked in turn. */
export function joinedFacts(facts: readonly SourceFacts[]): Omit<SourceFacts, 'readings'> {
  return {
    transactionOf(ref) {
      for (const each of facts) {
        const found = each.transactionOf(ref);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    providedOf(tx) {
      for (const each of facts) {
        const found = each.providedOf(tx);
        if (found.size > 0) return found;
      }
      return new Set();
    },
  };
}

/** One source after the other: who answers may do only one thing at a time. */
export async function readingsOf(facts: readonly Pick<SourceFacts, 'readings'>[]): Promise<RuleReading[]> {
  const readings: RuleReading[] = [];
  for (const each of facts) readings.push(...(await each.readings()));
  return readings;
}
