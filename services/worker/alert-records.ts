/** Alerts as records of the topic `alerts`: that there is one and how it stands; the document is in the store. */
import type { NewRecord } from '../../pipelines/log/bus.ts';
import type { StandingWrite } from '../../pipelines/recovery/standing.ts';
import type { Alert } from '../../schemas/alert.ts';

export function alertRecords(partition: number, alerts: readonly StandingWrite<Alert>[]): NewRecord[] {
  return alerts.map(({ item, revision, status, contentHash }) => {
    const { id, version, typology, form, subject, level, scoreMilli, lifeSafety } = item;
    const value = {
      id,
      version,
      revision,
      status,
      typology,
      form,
      subject,
      level,
      scoreMilli,
      lifeSafety: lifeSafety.flag,
      contentHash,
    };
    return {
      partition,
      key: id,
      headers: { version: '1', kind: 'alert' },
      value: Buffer.from(JSON.stringify(value), 'utf8'),
    };
  });
}
