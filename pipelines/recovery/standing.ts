/**
 * From what stands now and what the store holds to the rows that must be written.
 *
 * Every row carries `revision` = (re-runs, version) in one number, so that the store's replacing merge keeps the newest.
 * Invariant: of one id, equal revision implies equal content. A re-run that only repeats what is stored writes nothing,
 * which is what makes a repeated or interrupted run harmless.
 */
import type { Alert } from '../../schemas/alert.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { Signal } from '../../schemas/signal.ts';

/** Versions of one id stay below this; an hourly version for a century does. */
const VERSION_SPAN = 2 ** 20;

/** What the store holds of one id. */
export interface StoredRow {
  readonly revision: number;
  readonly version: number;
  readonly contentHash: string;
  readonly withdrawn: boolean;
}

export interface StandingItem {
  readonly id: string;
  readonly version: number;
}

export interface StandingWrite<T> {
  readonly item: T;
  readonly revision: number;
  readonly contentHash: string;
  readonly status: 'standing' | 'withdrawn';
  readonly replacedBy: string;
}

/** (re-runs, version) as one number that grows with either; re-runs weigh more. */
export function revisionOf(reruns: number, version: number): number {
  return reruns * VERSION_SPAN + version;
}

function nextRevision(stored: StoredRow | undefined, version: number): number {
  if (stored === undefined) return revisionOf(0, version);
  const reruns = Math.floor(stored.revision / VERSION_SPAN);
  // A version that grew is the ordinary case; anything else says the history was run again with another result.
  return version > stored.version ? revisionOf(reruns, version) : revisionOf(reruns + 1, version);
}

/**
 * The row to write for an item that stands, or undefined where the store already says just that.
 * @throws RastroError RAS-ENGINE-VERSIONS
 */
export function standingWrite<T extends StandingItem>(
  item: T,
  stored: StoredRow | undefined,
): StandingWrite<T> | undefined {
  if (item.version >= VERSION_SPAN) {
    throw new RastroError('RAS-ENGINE-VERSIONS', { id: item.id, version: item.version, limit: VERSION_SPAN });
  }
  const hash = contentHash(item);
  if (stored !== undefined && !stored.withdrawn && stored.contentHash === hash) return undefined;
  return {
    item,
    revision: nextRevision(stored, item.version),
    contentHash: hash,
    status: 'standing',
    replacedBy: '',
  };
}

/** The final row of an id that stands no more; `replacedBy` names what stands in its place, or is empty. */
export function withdrawnWrite<T extends StandingItem>(
  item: T,
  stored: StoredRow,
  replacedBy: string,
): StandingWrite<T> | undefined {
  if (stored.withdrawn) return undefined;
  const reruns = Math.floor(stored.revision / VERSION_SPAN) + 1;
  return {
    item,
    revision: revisionOf(reruns, stored.version),
    contentHash: contentHash({ withdrawn: item.id, replacedBy }),
    status: 'withdrawn',
    replacedBy,
  };
}

/** How near a document that stands is to one that stands no more; Infinity where it does not take its place. */
export type Nearness<T> = (withdrawn: T, standing: T) => number;

export const signalNearness: Nearness<Signal> = (a, b) =>
  a.rule === b.rule ? Math.abs(a.openedAt - b.openedAt) : Number.POSITIVE_INFINITY;
export const alertNearness: Nearness<Alert> = (a, b) =>
  a.typology === b.typology ? Math.abs(a.openedAt - b.openedAt) : Number.POSITIVE_INFINITY;

/** Of the standing items of a source, the one that takes the place of a withdrawn one (same kind, nearest opening), or empty. */
export function replacementOf<T extends StandingItem>(
  withdrawn: T,
  standing: readonly T[],
  nearness: Nearness<T>,
): string {
  let best: T | undefined;
  for (const candidate of standing) {
    if (!Number.isFinite(nearness(withdrawn, candidate))) continue;
    if (best === undefined || nearness(withdrawn, candidate) < nearness(withdrawn, best)) best = candidate;
  }
  return best?.id ?? '';
}
