/** Signals and alerts of trials as samples in JSON: enough to find their rows in the data. */
import type { Alert } from '../../../schemas/alert.ts';
import type { Signal } from '../../../schemas/signal.ts';

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
