/**
 * What two sets of rules say about the same data. Two signals are the same finding if they are of one rule and subject and their
 * episodes overlap in time: ids change with a major version, and the event that opens an episode with every threshold.
 */
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';

/** A signal or an alert, as far as it is compared. */
interface Episode {
  readonly openedAt: number;
  readonly eventTime: number;
}

export interface Change<T> {
  /** The rule or composite. */
  readonly name: string;
  readonly both: number;
  readonly onlyOld: readonly T[];
  readonly onlyNew: readonly T[];
}

interface Named<T extends Episode> {
  nameOf(item: T): string;
  subjectOf(item: T): string;
}

function bySubject<T extends Episode>(
  items: readonly T[],
  { nameOf, subjectOf }: Named<T>,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = `${nameOf(item)}\u0000${subjectOf(item)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  for (const group of groups.values()) group.sort((a, b) => a.openedAt - b.openedAt);
  return groups;
}

/** Episodes of one rule and subject side by side: each is paired once, with the first that it overlaps. */
function paired<T extends Episode>(old: readonly T[], now: readonly T[]) {
  const onlyOld: T[] = [];
  const onlyNew: T[] = [];
  let both = 0;
  let i = 0;
  let j = 0;
  while (i < old.length && j < now.length) {
    const [a, b] = [old[i] as T, now[j] as T];
    if (a.eventTime < b.openedAt) {
      onlyOld.push(a);
      i++;
    } else if (b.eventTime < a.openedAt) {
      onlyNew.push(b);
      j++;
    } else {
      both++;
      i++;
      j++;
    }
  }
  return { both, onlyOld: [...onlyOld, ...old.slice(i)], onlyNew: [...onlyNew, ...now.slice(j)] };
}

function compared<T extends Episode>(old: readonly T[], now: readonly T[], named: Named<T>): Change<T>[] {
  const [before, after] = [bySubject(old, named), bySubject(now, named)];
  const changes = new Map<string, { name: string; both: number; onlyOld: T[]; onlyNew: T[] }>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const name = key.slice(0, key.indexOf('\u0000'));
    const change = changes.get(name) ?? { name, both: 0, onlyOld: [], onlyNew: [] };
    changes.set(name, change);
    const { both, onlyOld, onlyNew } = paired(before.get(key) ?? [], after.get(key) ?? []);
    change.both += both;
    change.onlyOld.push(...onlyOld);
    change.onlyNew.push(...onlyNew);
  }
  for (const { onlyOld, onlyNew } of changes.values())
    for (const list of [onlyOld, onlyNew]) list.sort((a, b) => a.openedAt - b.openedAt);
  return [...changes.values()].sort((a, b) => compareUtf8(a.name, b.name));
}

/** `nameOf`: rules that are called otherwise and meant as one have one name; default their id. */
export function compareSignals<T extends Pick<Signal, 'rule' | 'observedOn' | 'openedAt' | 'eventTime'>>(
  old: readonly T[],
  now: readonly T[],
  nameOf: (rule: string) => string = (rule) => rule,
): Change<T>[] {
  return compared(old, now, {
    nameOf: ({ rule }) => nameOf(rule),
    subjectOf: ({ observedOn }) => observedOn,
  });
}

export function compareAlerts(old: readonly Alert[], now: readonly Alert[]): Change<Alert>[] {
  return compared(old, now, { nameOf: ({ typology }) => typology, subjectOf: ({ subject }) => subject });
}
