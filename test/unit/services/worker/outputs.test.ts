/** What a worker hands to the store, what it takes out of it, and for whom. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OUTCOME } from '../../../../pipelines/detect/hot/row-ledger.ts';
import { partitionsOfSlots, slotOfKey } from '../../../../pipelines/partition/slots.ts';
import type { StandingWrite } from '../../../../pipelines/recovery/standing.ts';
import type { Alert } from '../../../../schemas/alert.ts';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import { StoreCircuit } from '../../../../services/store/circuit.ts';
import { StoreSinks } from '../../../../services/store/sinks.ts';
import { alertRecords } from '../../../../services/worker/alert-records.ts';
import { keptRows } from '../../../../services/worker/kept-rows.ts';
import { WORKER_LIMITS } from '../../../../services/worker/limits.ts';
import { recallStanding } from '../../../../services/worker/recall.ts';
import { ownStateFolder } from '../../../../services/worker/state-folder.ts';
import { PartitionGone, StoreOutputs } from '../../../../services/worker/store-outputs.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { signal } from '../../../support/compose.ts';
import { compose, lastOf, legOf } from '../../../support/compose-scene.ts';
import { FakeStore, feedRecords } from '../../../support/role-scene.ts';

const BOUNDS = { rowsMax: 100_000, bytesMax: 64 * 1024 * 1024, lingerMs: 0 };
const alerts = compose([legOf('first'), legOf('second')]).alerts;

const written = <T extends Signal | Alert>(item: T, revision = 1): StandingWrite<T> => ({
  item,
  revision,
  contentHash: `${revision}`,
  status: 'standing',
  replacedBy: '',
});
const scene = (lingerMs = 0) => {
  const store = new FakeStore();
  return {
    store,
    outputs: new StoreOutputs(new StoreSinks(new StoreCircuit(store), { ...BOUNDS, lingerMs })),
  };
};

describe('rows that are stored', () => {
  test('are those that are new or late; where these are all, the bytes stay as they came', async () => {
    const { reference } = await loadKnowledge();
    const block = feedRecords(reference, 6)[1]?.value as Uint8Array;
    const ids = decodeBlock(block).map(({ tx, hash, revision }) => [tx, hash, revision]);
    const all = Uint8Array.from(ids, (_, at) => (at % 2 === 0 ? OUTCOME.OK : OUTCOME.LATE));
    expect(keptRows(block, all)).toEqual({ block, rows: 6 });
    expect(keptRows(block, all).block).toBe(block);
    const some = Uint8Array.of(
      OUTCOME.OK,
      OUTCOME.DUPLICATE,
      OUTCOME.LATE,
      OUTCOME.REJECT,
      OUTCOME.DUPLICATE,
      OUTCOME.OK,
    );
    const kept = keptRows(block, some);
    expect(kept.rows).toBe(3);
    expect(decodeBlock(kept.block).map(({ tx, hash, revision }) => [tx, hash, revision])).toEqual([
      ids[0],
      ids[2],
      ids[5],
    ]);
    expect(keptRows(block, new Uint8Array(6).fill(OUTCOME.DUPLICATE)).rows).toBe(0);
  });
});

describe('documents', () => {
  test('of one identity the last one is written; of a signal that moved, one for each holder', async () => {
    const { store, outputs } = scene();
    const one = signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: 'par_a' });
    const moved = { ...one, observedHolder: 'par_b' };
    await outputs.documents(0, [written(one, 1), written(moved, 5), written({ ...one, version: 2 }, 9)], []);
    expect(
      store
        .rowsOf('signals')
        .map(({ observed_holder, version, revision }) => [observed_holder, version, revision]),
    ).toEqual([
      ['par_a', 2, 9],
      ['par_b', 1, 5],
    ]);
  });

  test('of an alert every version is kept, before the alert itself', async () => {
    const { store, outputs } = scene();
    const [alert] = [lastOf(alerts, alerts[0]?.typology ?? '')];
    await outputs.documents(0, [], [written(alert, 1), written({ ...alert, version: alert.version + 1 }, 2)]);
    expect(store.inserted.map(({ table, rows }) => [table, rows.length])).toEqual([
      ['alert_versions', 2],
      ['alerts', 1],
    ]);
    expect(store.rowsOf('alerts')).toMatchObject([{ version: alert.version + 1, revision: 2 }]);
  });

  test(`are handed over ${WORKER_LIMITS.DOCUMENT_ROWS} at most at a time`, async () => {
    const { store, outputs } = scene();
    const one = signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: 'par_a' });
    const many = Array.from({ length: WORKER_LIMITS.DOCUMENT_ROWS + 1 }, (_, at) =>
      written({ ...one, id: `sig_${at}` }),
    );
    await outputs.documents(0, many, []);
    expect(store.inserted.map(({ rows }) => rows.length)).toEqual([WORKER_LIMITS.DOCUMENT_ROWS, 1]);
  });

  test('what waits for a partition that goes is given up, that of others is not', async () => {
    const { store, outputs } = scene(60_000);
    const one = signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: 'par_a' });
    const [gone, stays] = [
      outputs.documents(3, [written(one)], []),
      outputs.documents(4, [written(one)], []),
    ];
    outputs.drop(3);
    await expect(gone).rejects.toBeInstanceOf(PartitionGone);
    expect(store.inserted).toEqual([]);
    outputs.drop(4);
    await expect(stays).rejects.toBeInstanceOf(PartitionGone);
  });

  test('as records of the topic of alerts they say how it stands, and nobody in words', () => {
    const alert = lastOf(alerts, alerts[0]?.typology ?? '');
    const [record] = alertRecords(3, [written(alert, 7)]);
    expect(record).toMatchObject({ partition: 3, key: alert.id, headers: { version: '1', kind: 'alert' } });
    expect(JSON.parse(Buffer.from(record?.value ?? []).toString())).toEqual({
      id: alert.id,
      version: alert.version,
      revision: 7,
      status: 'standing',
      typology: alert.typology,
      form: alert.form,
      subject: alert.subject,
      level: alert.level,
      scoreMilli: alert.scoreMilli,
      lifeSafety: alert.lifeSafety.flag,
      contentHash: '7',
    });
  });
});

describe('what stands in the store', () => {
  test('goes to the partition of the holder, or of the subject, and to no other', async () => {
    const { store } = scene();
    const signals = Array.from({ length: 40 }, (_, at) =>
      signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: `par_${at}` }),
    );
    const [alert] = alerts as [Alert];
    store.answers.set(
      'signals_standing',
      signals.map((each) => ({ doc: JSON.stringify(each) })),
    );
    store.answers.set('alerts_standing', [{ doc: JSON.stringify(alert) }]);
    const partitionOf = (key: string) => partitionsOfSlots(4)[slotOfKey(key)];
    const recalled = await recallStanding(store, new Set([0, 1, 3]), 4);
    expect([...recalled.keys()]).toEqual([0, 1, 3]);
    for (const [partition, found] of recalled) {
      expect(found.signals).toEqual(signals.filter((each) => partitionOf(each.observedHolder) === partition));
      expect(found.alerts).toEqual(partitionOf(alert.subject) === partition ? [alert] : []);
    }
  });
});

describe('the folder of a process', () => {
  test('is its own and empty; what the dead left goes, what is of others stays', () => {
    const parent = mkdtempSync(join(tmpdir(), 'rastro-test-'));
    try {
      // No process has this number: it is above what any system gives.
      const [dead, alive, foreign] = ['2147483646', String(process.ppid), 'not-a-process'];
      for (const name of [dead, alive, foreign, String(process.pid)])
        mkdirSync(join(parent, name, 'x'), { recursive: true });
      const own = ownStateFolder(parent);
      expect(own).toBe(join(parent, String(process.pid)));
      expect([dead, alive, foreign].map((name) => existsSync(join(parent, name)))).toEqual([
        false,
        true,
        true,
      ]);
      expect(existsSync(join(own, 'x'))).toBe(false);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});
