/** What stood at the end of a trial, as numbers: per rule and composite, per day and thousand accounts, and who shares subjects. */
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import type { TrialOutcome } from './trial.ts';

const DAY_MS = 86_400_000;
const OVERLAPS_SHOWN = 3;

export interface Rate {
  readonly total: number;
  /** Null without rows. */
  readonly perDay: number | null;
  readonly perThousandAccounts: number | null;
}

export interface Overlap {
  readonly with: string;
  /** Subjects of both. */
  readonly shared: number;
  /** Of this one's subjects, in thousandths. */
  readonly shareMilli: number;
}

export interface RuleFigures extends Rate {
  readonly rule: string;
  readonly version: string;
  readonly status: string;
  readonly weight: number;
  /** Different holders on whom it was true. */
  readonly subjects: number;
  readonly overlaps: readonly Overlap[];
  readonly samples: readonly Signal[];
}

export interface CompositeFigures extends Rate {
  readonly composite: string;
  readonly version: string;
  readonly high: number;
  readonly lifeSafety: number;
  readonly subjects: number;
  /** Alerts of the day, in UTC, on which most opened. */
  readonly busiestDay: number;
  readonly samples: readonly Alert[];
}

export interface Figures {
  /** Whole days from the first to the last event, in UTC. */
  readonly days: number;
  readonly signals: Rate;
  readonly alerts: Rate;
  readonly rules: readonly RuleFigures[];
  readonly composites: readonly CompositeFigures[];
}

/** First and last day included. */
export function daysOf({ firstMs, lastMs }: Pick<TrialOutcome, 'firstMs' | 'lastMs'>): number {
  if (firstMs === null || lastMs === null) return 0;
  return Math.floor(lastMs / DAY_MS) - Math.floor(firstMs / DAY_MS) + 1;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Spread over the whole list, so that samples are not all of one day. */
function samplesOf<T extends { readonly id: string; readonly openedAt: number }>(
  items: readonly T[],
  samples: number,
): T[] {
  const ordered = [...items].sort((a, b) => a.openedAt - b.openedAt || compareUtf8(a.id, b.id));
  if (ordered.length <= samples) return ordered;
  return Array.from({ length: samples }, (_, i) => ordered[Math.floor((i * ordered.length) / samples)] as T);
}

function overlapsOf(rule: string, subjects: ReadonlyMap<string, ReadonlySet<string>>): Overlap[] {
  const own = subjects.get(rule) ?? new Set<string>();
  const found: Overlap[] = [];
  for (const [other, theirs] of subjects) {
    if (other === rule) continue;
    let shared = 0;
    for (const subject of own) if (theirs.has(subject)) shared++;
    if (shared > 0) found.push({ with: other, shared, shareMilli: Math.round((1000 * shared) / own.size) });
  }
  return found.sort((a, b) => b.shared - a.shared || compareUtf8(a.with, b.with)).slice(0, OVERLAPS_SHOWN);
}

export function figuresOf(knowledge: Knowledge, outcome: TrialOutcome, samples: number): Figures {
  const days = daysOf(outcome);
  const rate = (total: number): Rate => ({
    total,
    perDay: days === 0 ? null : total / days,
    perThousandAccounts: outcome.accounts === 0 ? null : (1000 * total) / outcome.accounts,
  });
  const bySignal = grouped(outcome.signals, ({ rule }) => rule);
  const subjects = new Map(
    [...bySignal].map(([rule, signals]) => [
      rule,
      new Set(signals.map(({ observedHolder }) => observedHolder)),
    ]),
  );
  const byAlert = grouped(outcome.alerts, ({ typology }) => typology);
  return {
    days,
    signals: rate(outcome.signals.length),
    alerts: rate(outcome.alerts.length),
    rules: knowledge.ruleSet.rules.map(({ id, version, status, weight }) => {
      const signals = bySignal.get(id) ?? [];
      return {
        rule: id,
        version,
        status,
        weight,
        ...rate(signals.length),
        subjects: subjects.get(id)?.size ?? 0,
        overlaps: overlapsOf(id, subjects),
        samples: samplesOf(signals, samples),
      };
    }),
    composites: knowledge.composites.map(({ file }) => {
      const alerts = byAlert.get(file.id) ?? [];
      const daily = grouped(alerts, ({ openedAt }) => String(Math.floor(openedAt / DAY_MS)));
      return {
        composite: file.id,
        version: file.version,
        ...rate(alerts.length),
        high: alerts.filter(({ level }) => level === 'high').length,
        lifeSafety: alerts.filter(({ lifeSafety }) => lifeSafety.flag).length,
        subjects: new Set(alerts.map(({ subject }) => subject)).size,
        busiestDay: Math.max(0, ...[...daily.values()].map(({ length }) => length)),
        samples: samplesOf(alerts, samples),
      };
    }),
  };
}
