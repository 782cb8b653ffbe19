/** What is new in a version of an alert, as an analyst who knows the last one asks it. */
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';

type Content = Omit<Alert, 'changes'>;
type Change = Alert['changes'][number];

/** Entries of a list of changes. */
export const CHANGES_MAX = 64;

const text = (value: unknown) => String(value);

/** Members that only one of both sets has, by name. */
function members(what: string, before: ReadonlySet<string>, after: ReadonlySet<string>): Change[] {
  const added = [...after].filter((name) => !before.has(name)).sort(compareUtf8);
  const gone = [...before].filter((name) => !after.has(name)).sort(compareUtf8);
  return [
    ...added.map((name) => ({ what, from: null, to: name })),
    ...gone.map((name) => ({ what, from: name, to: null })),
  ];
}

const fired = (alert: Content) =>
  new Set(
    alert.indicators.filter((i) => i.state === 'fired').map((i) => `${i.rule} ${i.observedOn ?? ''}`.trim()),
  );
const parties = (alert: Content) => new Set(alert.roles.map((p) => `${p.subject} ${p.role}`));

/** Empty for a first version. `what` is level, score, lifeSafety, indicator, party, transactions or net.<currency>. */
export function changesBetween(previous: Content | null, next: Content): Change[] {
  if (previous === null) return [];
  const changes: Change[] = [];
  const scalar = (what: string, from: unknown, to: unknown) => {
    if (from !== to) changes.push({ what, from: text(from), to: text(to) });
  };
  scalar('level', previous.level, next.level);
  scalar('lifeSafety', previous.lifeSafety.flag, next.lifeSafety.flag);
  scalar('scoreMilli', previous.scoreMilli, next.scoreMilli);
  changes.push(...members('indicator', fired(previous), fired(next)));
  changes.push(...members('party', parties(previous), parties(next)));
  scalar('transactions', previous.evidence.count, next.evidence.count);
  const nets = new Map(previous.totals.map((t) => [t.ccy, t.netToSubjectMinor]));
  for (const { ccy, netToSubjectMinor } of next.totals)
    scalar(`netToSubjectMinor.${ccy}`, nets.get(ccy) ?? '0', netToSubjectMinor);
  return changes.slice(0, CHANGES_MAX);
}
