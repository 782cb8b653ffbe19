/** Rows of the store by their age, for what depends on it. */

export const DAY_MS = 86_400_000;
/** From when ages count. */
export const NOW = Date.UTC(2026, 5, 1);
export const ago = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

export const alertRow = (
  id: string,
  days: number,
  doc: {
    subject?: string;
    protected?: string;
    signals?: string[];
    transactions?: [string, string][];
    countries?: string[];
  },
  rest: object = {},
) => ({
  id,
  revision: 1,
  version: 1,
  status: 'standing',
  subject: doc.subject ?? 'hld_x',
  last_event: ago(days),
  doc: JSON.stringify({
    jurisdictions: doc.countries ?? ['US'],
    roles: [
      { subject: doc.subject ?? 'hld_x', role: 'suspected_controller', protected: false },
      ...(doc.protected === undefined
        ? []
        : [{ subject: doc.protected, role: 'potential_victim', protected: true }]),
    ],
    scoreParts: (doc.signals ?? []).map((signalId) => ({ signalId })),
    transactions: (doc.transactions ?? []).map(([institution, txId]) => ({
      institution,
      id: txId,
      version: 1,
    })),
  }),
  ...rest,
});

export const signalRow = (id: string, days: number, institution: string, subject = 'hld_s') => ({
  id,
  revision: 1,
  version: 1,
  status: 'standing',
  observed_on: `acc_${id}`,
  event_time: ago(days),
  doc: JSON.stringify({
    observedHolder: subject,
    attributions: [{ subject }],
    evidence: { transactions: [{ institution, id: 't', version: 1 }] },
  }),
});

export const txRow = (institution: string, id: string, days: number, rest: object = {}) => ({
  institution,
  id,
  version: 1,
  revision: 1,
  event_time: ago(days),
  ...rest,
});
