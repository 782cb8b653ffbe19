/** Signals and alerts of trials as samples: enough to find their rows in the data. */
import type { Alert } from '../../../schemas/alert.ts';
import type { Signal } from '../../../schemas/signal.ts';
import { moment } from '../options.ts';
import { paragraph, type Terminal } from '../terminal.ts';

/** Rows of a sample that are named on the terminal. */
const ROWS_SHOWN = 5;

/** A share is told to three places; JSON has all of them. */
function valueText(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toFixed(3)))
    : String(value);
}

/** Signals with what was counted, against what, and the first of their rows; `side` says which of two sets found them. */
export function printSignals(terminal: Terminal, side: string, signals: readonly Signal[]): void {
  const { bold, dim } = terminal.paint;
  for (const signal of signals) {
    const values = signal.features
      .filter(({ operator }) => operator !== undefined)
      .map(
        ({ name, value, operator, threshold }) =>
          `${name} ${valueText(value)} (${operator} ${valueText(threshold)})`,
      );
    const { rule, ruleVersion, observedOn, openedAt, eventTime } = signal;
    const head = side === '' ? '' : `${bold(side)} `;
    terminal.print(
      `\n${head}${rule} ${ruleVersion} on ${observedOn},\n  ${moment(openedAt)} to ${moment(eventTime)}`,
    );
    if (values.length > 0) terminal.print(`  ${paragraph(values.join(', '), terminal)}`);
    const rows = signal.evidence.transactions
      .slice(0, ROWS_SHOWN)
      .map((ref) => `${ref.institution} ${ref.id}`);
    terminal.print(dim(`  ${paragraph(`rows: ${rows.join(', ')}`, terminal)}`));
  }
}

export function signalSample(signal: Signal) {
  const { id, observedOn, openedAt, eventTime, strengthMilli, features, evidence } = signal;
  return {
    id,
    observedOn,
    openedAt: new Date(openedAt).toISOString(),
    asOf: new Date(eventTime).toISOString(),
    strengthMilli,
    features: features.map(({ name, value, operator, threshold }) => ({ name, value, operator, threshold })),
    transactions: evidence.transactions.slice(0, 20),
    evidence: evidence.count,
  };
}

export function alertSample(alert: Alert) {
  const { id, subject, level, scoreMilli, openedAt, eventTime, why, scoreParts, transactions } = alert;
  return {
    id,
    subject,
    level,
    scoreMilli,
    openedAt: new Date(openedAt).toISOString(),
    asOf: new Date(eventTime).toISOString(),
    why: why.en,
    rules: [...new Set(scoreParts.map(({ rule }) => rule))],
    transactions: transactions.slice(0, 20),
  };
}
