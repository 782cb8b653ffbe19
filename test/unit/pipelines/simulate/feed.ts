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

/** Longest wait, in hours, of money paid in until as much was paid out (first in, first out); unspent rest ignored. */
export function waitsHours(into: readonly TransactionInput[], out: readonly TransactionInput[]): number[] {
  const waits: number[] = [];
  const queue = into.map((row) => ({ at: timeOf(row), left: amountOf(row) }));
  for (const row of out) {
    let left = amountOf(row);
    while (left > 0.005 && queue.length > 0 && queue[0]!.at <= timeOf(row)) {
      const first = queue[0]!;
      const part = Math.min(left, first.left);
      waits.push((timeOf(row) - first.at) / HOUR);
      left -= part;
      first.left -= part;
      if (first.left <= 0.005) queue.shift();
    }
  }
  return waits;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
