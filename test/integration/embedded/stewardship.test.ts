/** Retention, holds and the survivor-safe set on the embedded server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openVaultEntry, sealVaultEntry, type VaultEntry } from '../../../pipelines/ingest/vault.ts';
import { configSchema } from '../../../schemas/config.ts';
import { listHolds, placeHold, releaseHold } from '../../../services/stewardship/holds.ts';
import { runRetention } from '../../../services/stewardship/retention.ts';
import {
  decideSuppression,
  listSuppressions,
  proposeSuppression,
} from '../../../services/stewardship/suppressions.ts';
import { rotateVault } from '../../../services/stewardship/vault-rotation.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { ago, alertRow, DAY_MS, NOW, signalRow, txRow } from '../../support/aged-rows.ts';
import { startSuite } from './harness.ts';

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

const by = (actor: string) => ({ actor, reason: 'order 12/2026', nowMs: NOW });

/** Bank-m keeps records under Mexican law, bank-u under that of the United States, bank-x is not configured. */
const { retention } = configSchema.parse({
  retention: {
    days: { transactions: 100, signals: 100, alerts: 100, rejects: 30, submissions: 100, parties: 100 },
    countries: { MX: { transactions: 200, signals: 200, alerts: 200 } },
    institutions: { 'bank-m': 'MX', 'bank-u': 'US' },
    protectedUnfoundedDays: 20,
  },
});

describe.skipIf(suite === undefined)('stewardship', () => {
  const { server } = suite!;
  let store: Store;
  beforeAll(async () => {
    store = openStore({ url: server.url, key: server.key });
    await migrate(store);
  });
  afterAll(() => store.close());

  const ids = async (sql: string) =>
    (await store.queryRows<{ id: string }>(`${sql} ORDER BY id`)).map(({ id }) => id);

  test('retention: by country and institution, holds, evidence of alerts that stay, protected people of unfounded ones', async () => {
    await store.insertRows('alerts', [
      alertRow('recent', 10, { signals: ['s-evidence'], transactions: [['bank-u', 'evidence']] }),
      alertRow('old-us', 150, {}),
      alertRow('old-mx', 150, { countries: ['US', 'MX'] }),
      alertRow('old-held', 150, { protected: 'hld_held' }),
      alertRow('unfounded', 30, { protected: 'hld_v', signals: ['s-unfounded', 's-shared'] }),
      alertRow('unfounded-held', 30, { protected: 'hld_held', signals: ['s-kept'] }),
      alertRow('unfounded-unprotected', 30, {}),
      alertRow('founded', 30, { protected: 'hld_v', signals: ['s-shared'] }),
    ]);
    await store.insertRows('alert_versions', [
      alertRow('old-us', 160, {}),
      alertRow('unfounded', 30, {}),
      alertRow('recent', 10, {}),
    ]);
    const outcome = (alert_id: string, text: string) => ({
      alert_id,
      revision: 1,
      outcome: text,
      closed_at: ago(21),
      closed_by: 'a, b',
    });
    await store.insertRows('alert_outcomes', [
      outcome('unfounded', 'unfounded'),
      outcome('unfounded-held', 'unfounded'),
      outcome('unfounded-unprotected', 'unfounded'),
      outcome('founded', 'founded'),
    ]);
    await store.insertRows('signals', [
      signalRow('s-evidence', 150, 'bank-u'),
      signalRow('s-old-us', 150, 'bank-u'),
      signalRow('s-old-mx', 150, 'bank-m'),
      signalRow('s-old-unknown', 150, 'bank-x'),
      signalRow('s-old-held', 150, 'bank-u', 'hld_held'),
      signalRow('s-unfounded', 30, 'bank-u'),
      signalRow('s-shared', 30, 'bank-u'),
      signalRow('s-kept', 30, 'bank-u'),
    ]);
    await store.insertRows('transactions', [
      txRow('bank-u', 'old', 150),
      txRow('bank-u', 'evidence', 150),
      // The later version is recent, and the older one of what is due must not stand again when it goes.
      txRow('bank-u', 'amended', 150),
      txRow('bank-u', 'amended', 50, { version: 2 }),
      txRow('bank-u', 'amended-old', 150, { version: 1 }),
      txRow('bank-u', 'amended-old', 120, { version: 2 }),
      txRow('bank-m', 'old', 150),
      txRow('bank-m', 'older', 250),
      txRow('bank-x', 'old', 150),
      txRow('bank-u', 'old-held', 150, { creditor_holder: 'hld_held' }),
    ]);
    await store.insertRows('transactions', [txRow('bank-u', 'old', 150, { revision: 2 })]);
    await store.insertRows('submissions', [
      { submission_id: 'sub-1', institution: 'bank-u', received_at: ago(40), revision: 1 },
      { submission_id: 'sub-2', institution: 'bank-u', received_at: ago(150), revision: 1 },
      { submission_id: 'sub-3', institution: 'bank-u', received_at: ago(150), revision: 1 },
    ]);
    await store.insertRows(
      'rejects',
      ['sub-1', 'sub-3'].map((submission_id) => ({
        submission_id,
        line: 1,
        code: 'RAS-FEED-X',
        original_encrypted: 'x',
        revision: 1,
      })),
    );
    await store.insertRows('parties', [
      { party_key: 'p', valid_from: ago(900), revision: 1 },
      { party_key: 'p', valid_from: ago(300), revision: 1 },
      { party_key: 'p', valid_from: ago(50), revision: 1 },
    ]);
    const record = (partition: number, block_offset: number, rows: readonly [string, string, number][]) => ({
      log: 'transactions',
      partition,
      block_offset,
      revision: 0,
      kind: partition === 0 ? 'transactions' : 'copies',
      institutions: rows.map(([institution]) => institution),
      ids: rows.map(([, id]) => id),
      versions: rows.map(([, , version]) => version),
      hashes: rows.map(([institution, id, version]) => `${institution}/${id}/${version}`),
      doc: '',
    });
    const kept: [string, string, number][] = [
      ['bank-u', 'amended', 1],
      ['bank-m', 'old', 1],
      ['bank-u', 'old-held', 1],
    ];
    await store.insertRows('log_records', [
      record(0, 0, [
        ['bank-u', 'old', 1],
        ...kept,
        ['bank-u', 'amended-old', 2],
        // Of another institution: another row.
        ['bank-z', 'old', 1],
      ]),
      record(0, 1, [
        ['bank-u', 'old', 1],
        ['bank-m', 'older', 1],
      ]),
      record(1, 0, [
        ['bank-u', 'amended-old', 1],
        ['bank-u', 'evidence', 1],
      ]),
    ]);
    const hold = await placeHold(store, 'subject', 'hld_held', by('ana'));
    await placeHold(store, 'submission', 'sub-3', by('ana'));

    const expected = [
      { step: 'protected_signals', deleted: 1, held: 0 },
      { step: 'protected_alerts', deleted: 1, held: 1 },
      { step: 'alerts', deleted: 1, held: 1 },
      { step: 'signals', deleted: 1, held: 1 },
      { step: 'transactions', deleted: 3, held: 1 },
      { step: 'rejects', deleted: 1, held: 1 },
      { step: 'submissions', deleted: 1, held: 1 },
      { step: 'parties', deleted: 1, held: 0 },
    ];
    const options = { config: retention, nowMs: NOW, actor: 'ana' };
    const dry = await runRetention(store, { ...options, dryRun: true });
    expect(dry.steps).toEqual(expected);
    expect(await ids('SELECT id FROM alerts_current')).toHaveLength(8);
    // Merged or not, the same is due.
    await store.command('OPTIMIZE TABLE transactions FINAL');
    expect((await runRetention(store, { ...options, dryRun: true })).steps).toEqual(expected);

    // Small pieces: what is due is deleted in several.
    const run = await runRetention(store, { ...options, pieceMax: 2 });
    expect(run.steps).toEqual(expected);
    expect(await ids('SELECT id FROM alerts')).toEqual(
      ['founded', 'old-held', 'old-mx', 'recent', 'unfounded-held', 'unfounded-unprotected'].sort(),
    );
    expect(await ids('SELECT id FROM alert_versions')).toEqual(['recent']);
    expect(await ids('SELECT id FROM signals')).toEqual(
      ['s-evidence', 's-kept', 's-old-held', 's-old-mx', 's-old-unknown', 's-shared'].sort(),
    );
    // Where they came from is forgotten with them, in every partition; a record that has lost all its rows is still one.
    const left = await store.queryRows(
      'SELECT * EXCEPT (log, revision, kind, doc) FROM log_records ORDER BY partition, block_offset',
    );
    const listed = (partition: number, offset: number, rows: readonly [string, string, number][]) => {
      const { institutions, ids: names, versions, hashes } = record(partition, offset, rows);
      return { partition, block_offset: `${offset}`, institutions, ids: names, versions, hashes };
    };
    expect(left).toEqual([
      listed(0, 0, [...kept, ['bank-z', 'old', 1]]),
      listed(0, 1, []),
      listed(1, 0, [['bank-u', 'evidence', 1]]),
    ]);
    expect(
      await ids("SELECT concat(institution, ' ', id, ' ', toString(version)) AS id FROM transactions"),
    ).toEqual(
      [
        'bank-m old 1',
        'bank-u amended 1',
        'bank-u amended 2',
        'bank-u evidence 1',
        'bank-u old-held 1',
        'bank-x old 1',
      ].sort(),
    );
    expect(await ids('SELECT submission_id AS id FROM submissions')).toEqual(['sub-1', 'sub-3']);
    expect(await ids('SELECT submission_id AS id FROM rejects')).toEqual(['sub-3']);
    expect(await ids('SELECT party_key AS id FROM parties')).toEqual(['p', 'p']);
    expect(await ids('SELECT step AS id FROM retention_keys')).toEqual([]);
    // What one left behind that was interrupted goes by itself.
    const leftBehind = (key_1: string, days: number) => ({
      ...{ run_id: 'r', step: 's', key_1, key_2: '', revision: 0 },
      written_at: Math.floor(Date.now() / 1_000) - days * 86_400,
    });
    await store.insertRows('retention_keys', [leftBehind('old', 8), leftBehind('new', 0)]);
    await store.command('OPTIMIZE TABLE retention_keys FINAL');
    expect(await ids('SELECT key_1 AS id FROM retention_keys')).toEqual(['new']);
    expect(
      await store.queryRows(
        'SELECT step, deleted, held, actor FROM retention_runs_current ORDER BY step LIMIT 1',
      ),
    ).toEqual([{ step: 'alerts', deleted: '1', held: '1', actor: 'ana' }]);

    // Again: nothing is left. Released: what was held goes.
    expect((await runRetention(store, options)).steps.map(({ deleted }) => deleted)).toEqual(
      expected.map(() => 0),
    );
    await releaseHold(store, hold, by('eva'));
    await expect(releaseHold(store, hold, by('eva'))).rejects.toMatchObject({ code: 'RAS-OPS-STATE' });
    await expect(releaseHold(store, 'hold_none', by('eva'))).rejects.toMatchObject({
      code: 'RAS-CLI-NOT-FOUND',
    });
    expect((await listHolds(store)).map(({ held_key }) => held_key)).toEqual(['sub-3']);
    expect(await listHolds(store, true)).toHaveLength(2);
    const after = await runRetention(store, options);
    expect(after.steps.filter(({ deleted }) => deleted > 0)).toEqual([
      { step: 'protected_signals', deleted: 1, held: 0 },
      { step: 'protected_alerts', deleted: 1, held: 0 },
      { step: 'alerts', deleted: 1, held: 0 },
      { step: 'signals', deleted: 1, held: 0 },
      { step: 'transactions', deleted: 1, held: 0 },
    ]);
  });

  test('the vault under another key: interrupted, again, and pseudonyms stay', async () => {
    const [oldKey, newKey, wrong] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    const values = ['DE89370400440532013000', 'María Ñáñez', ''];
    const entries = values.map((value, i) => sealVaultEntry(oldKey, 'acc', `acc_${i}`, value));
    await store.insertRows(
      'vault',
      entries.map((entry) => ({ ...entry, revision: 0 })),
    );
    await expect(rotateVault(store, wrong, newKey)).rejects.toMatchObject({ code: 'RAS-FEED-VAULT-OPEN' });
    expect(await rotateVault(store, oldKey, newKey, { dryRun: true })).toEqual({
      entries: 3,
      rotated: 3,
      dryRun: true,
    });
    // One of them was done before an interruption.
    await store.insertRows('vault', [{ ...sealVaultEntry(newKey, 'acc', 'acc_1', values[1]!), revision: 0 }]);
    expect(await rotateVault(store, oldKey, newKey)).toEqual({ entries: 3, rotated: 2, dryRun: false });
    expect(await rotateVault(store, oldKey, newKey)).toEqual({ entries: 3, rotated: 0, dryRun: false });
    const stored = await store.queryRows<VaultEntry>(
      'SELECT pseudonym, kind, ciphertext FROM vault_current ORDER BY pseudonym',
    );
    expect(stored.map((entry) => openVaultEntry(newKey, entry))).toEqual(values);
    // Nothing under the old key is left on disk, and a value that changes later still wins.
    expect(await store.queryRows('SELECT count() AS n FROM vault')).toEqual([{ n: '3' }]);
    await store.insertRows('vault', [
      { ...sealVaultEntry(newKey, 'acc', 'acc_1', 'María López'), revision: 0 },
    ]);
    expect(await ids("SELECT ciphertext AS id FROM vault_current WHERE pseudonym = 'acc_1'")).toEqual([
      sealVaultEntry(newKey, 'acc', 'acc_1', 'María López').ciphertext,
    ]);
  });

  test('what has no days is kept for ever', async () => {
    const config = { ...retention, days: {}, countries: {} };
    const { steps } = await runRetention(store, {
      config,
      nowMs: NOW + 100_000 * DAY_MS,
      actor: 'ana',
      dryRun: true,
    });
    expect(steps.map(({ step }) => step)).toEqual(['protected_signals', 'protected_alerts']);
  });

  test('survivor-safe: two people, a reason, an end; the past is withheld, what is new and what endangers a life is not', async () => {
    await store.command('TRUNCATE TABLE alerts');
    const now = Date.now();
    const at = (days: number) => ({ last_event: new Date(now - days * DAY_MS).toISOString() });
    await store.insertRows('alerts', [
      alertRow('past', 0, { subject: 'hld_survivor' }, at(100)),
      alertRow('past-life', 0, { subject: 'hld_survivor' }, { ...at(100), life_safety: 1 }),
      alertRow('new', 0, { subject: 'hld_survivor' }, at(1)),
      alertRow('of-another', 0, { subject: 'hld_other', protected: 'hld_survivor' }, at(100)),
    ]);
    const queue = () => ids('SELECT id FROM alerts_queue');
    const all = ['new', 'of-another', 'past', 'past-life'];
    const proposal = {
      ...by('ana'),
      nowMs: now,
      subject: 'hld_survivor',
      coversUntilMs: now - 30 * DAY_MS,
      expiresMs: now + DAY_MS,
    };
    const id = await proposeSuppression(store, proposal);
    const decide = (action: 'approve' | 'reject' | 'lift', actor: string, of = id) =>
      decideSuppression(store, of, action, { ...by(actor), nowMs: now });
    expect(await queue()).toEqual(all);
    await expect(decide('approve', 'ana')).rejects.toMatchObject({ code: 'RAS-OPS-SAME-PERSON' });
    await expect(decide('lift', 'eva')).rejects.toMatchObject({ code: 'RAS-OPS-STATE' });
    // Written past the command, it does not count either.
    await store.insertRows('suppression_events', [
      {
        suppression_id: id,
        event_id: 'forged',
        revision: 0,
        at: new Date(now).toISOString(),
        actor: 'ana',
        action: 'approve',
        reason: 'x',
      },
    ]);
    expect(await queue()).toEqual(all);
    await decide('approve', 'eva');
    const withheld = async () => [await queue(), await ids('SELECT id FROM alerts_withheld')];
    const expected = [['new', 'of-another', 'past-life'], ['past']];
    expect(await withheld()).toEqual(expected);
    await store.command('OPTIMIZE TABLE suppression_events FINAL');
    expect(await withheld()).toEqual(expected);
    expect(await listSuppressions(store)).toMatchObject([
      {
        subject: 'hld_survivor',
        state: 'active',
        proposed_by: 'ana',
        approved_by: 'eva',
        reason: 'order 12/2026',
      },
    ]);
    await decide('lift', 'ana');
    expect(await queue()).toEqual(all);

    const expired = await proposeSuppression(store, { ...proposal, expiresMs: now - 1_000 });
    await decide('reject', 'ana', expired);
    const second = await proposeSuppression(store, { ...proposal, expiresMs: now - 1_000 });
    await decide('approve', 'eva', second);
    expect(await queue()).toEqual(all);
    expect((await listSuppressions(store, true)).map(({ state }) => state).sort()).toEqual([
      'expired',
      'lifted',
      'rejected',
    ]);
  });
});
