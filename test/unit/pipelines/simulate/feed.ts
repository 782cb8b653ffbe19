/** A simulated feed held in memory, and the plain questions that the tests of shapes ask of it. */
import { type SimulateOptions, simulate } from '../../../../pipelines/simulate/simulate.ts';
import type { TruthCase, TruthRole, TruthSubject } from '../../../../pipelines/simulate/truth.ts';
import type { PartyRecordInput } from '../../../../schemas/party.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';

export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export class Feed {
  readonly rows: TransactionInput[] = [];
  readonly parties: PartyRecordInput[];
  readonly cases: readonly TruthCase[];
  private readonly byAccount = new Map<string, TransactionInput[]>();

  constructor(options: SimulateOptions) {
    const simulation = simulate(options);
    const seen = new Set<string>();
    for (const row of simulation.transactions) {
      this.rows.push(row);
      const key = `${row.institution} ${row.id}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const side of [row.debtor, row.creditor])
        if (side?.account !== undefined) {
          const list = this.byAccount.get(side.account.token);
          if (list === undefined) this.byAccount.set(side.account.token, [row]);
          else list.push(row);
        }
    }
    this.parties = [...simulation.parties];
    this.cases = simulation.truth.cases;
  }

  of(kind: string, variant = 'base'): TruthCase[] {
    return this.cases.filter((each) => each.kind === kind && each.variant === variant);
  }

  /** Each row once, as the institutions that keep these accounts report it, in order of time. */
  rowsOf(subject: TruthSubject): TransactionInput[] {
    const found = new Set<TransactionInput>();
    for (const { token, institution } of subject.accounts)
      for (const row of this.byAccount.get(token) ?? [])
        if (row.institution === institution && row.kind !== 'return' && row.kind !== 'reversal')
          found.add(row);
    return [...found].sort((a, b) => timeOf(a) - timeOf(b));
  }

  into(subject: TruthSubject): TransactionInput[] {
    return this.rowsOf(subject).filter((row) => isSide(row.creditor, subject) && row.status === 'completed');
  }

  outOf(subject: TruthSubject): TransactionInput[] {
    return this.rowsOf(subject).filter((row) => isSide(row.debtor, subject) && row.status === 'completed');
  }
}

export const subjects = (each: TruthCase, role: TruthRole): TruthSubject[] =>
  each.subjects.filter((subject) => subject.role === role);

export function isSide(side: TransactionInput['debtor'], subject: TruthSubject): boolean {
  return side?.account !== undefined && subject.accounts.some(({ token }) => token === side.account?.token);
}

export const timeOf = (row: TransactionInput): number => Date.parse(row.occurredAt!);
export const amountOf = (row: TransactionInput): number => Number(row.settled.amount);
export const sum = (rows: readonly TransactionInput[]): number =>
  rows.reduce((total, row) => total + amountOf(row), 0);

/** Local hour of a row with a time of day. */
export const hourOf = (row: TransactionInput): number => Number(row.occurredAt!.slice(11, 13));

export const distinct = <T>(values: readonly T[]): number => new Set(values).size;

/** The most that a statistic reaches over windows of some days that end at each row. */
export function bestWindow(
  rows: readonly TransactionInput[],
  days: number,
  statistic: (window: TransactionInput[]) => number,
): number {
  let best = 0;
  for (const last of rows) {
    const end = timeOf(last);
    best = Math.max(
      best,
      statistic(rows.filter((row) => timeOf(row) <= end && timeOf(row) > end - days * DAY)),
    );
  }
  return best;
}

/** Share of the value that lies on the commonest amounts. */
export function modeShare(rows: readonly TransactionInput[], modes: number): number {
  const byAmount = new Map<number, number>();
  for (const row of rows) byAmount.set(amountOf(row), (byAmount.get(amountOf(row)) ?? 0) + amountOf(row));
  const top = [...byAmount.values()].sort((a, b) => b - a).slice(0, modes);
  return top.reduce((total, value) => total + value, 0) / sum(rows);
}

/** A part of what was paid in, and how long it stayed until as much had been paid out (first in, first out). */
export interface Wait {
  readonly hours: number;
  readonly amount: number;
}

export function waitsOf(into: readonly TransactionInput[], out: readonly TransactionInput[]): Wait[] {
  const waits: Wait[] = [];
  const queue = into.map((row) => ({ at: timeOf(row), left: amountOf(row) }));
  for (const row of out) {
    let left = amountOf(row);
    while (left > 0.005 && queue.length > 0 && queue[0]!.at <= timeOf(row)) {
      const first = queue[0]!;
      const amount = Math.min(left, first.left);
      waits.push({ hours: (timeOf(row) - first.at) / HOUR, amount });
      left -= amount;
      first.left -= amount;
      if (first.left <= 0.005) queue.shift();
    }
  }
  return waits;
}

/** Share of the value that stayed no longer than some hours. */
export function shareWithin(waits: readonly Wait[], hours: number): number {
  const total = waits.reduce((all, wait) => all + wait.amount, 0);
  return waits.filter((wait) => wait.hours <= hours).reduce((all, wait) => all + wait.amount, 0) / total;
}

/** Share of the payments out that what came in within some hours before them covers. */
export function coveredShare(
  into: readonly TransactionInput[],
  out: readonly TransactionInput[],
  hours: number,
): number {
  const covered = out.filter((row) => {
    const before = into.filter((one) => {
      const waited = (timeOf(row) - timeOf(one)) / HOUR;
      return waited >= 0 && waited < hours;
    });
    return sum(before) >= amountOf(row);
  });
  return covered.length / out.length;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
