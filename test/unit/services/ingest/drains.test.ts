import { expect, test } from 'vitest';
import { RastroError } from '../../../../schemas/errors/index.ts';
import type { Receipt } from '../../../../schemas/submission.ts';
import { Drains, evaluatedByPartition } from '../../../../services/ingest/drains.ts';
import type { Store } from '../../../../services/store/client.ts';
import { testKeys } from '../../../support/ingest.ts';
import { line, startTestRole } from '../../../support/ingest-role.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

/** Tables that keep what is inserted, and answer for markers; `isDown` makes every call fail. */
class Tables implements Pick<Store, 'insertRows' | 'queryRows'> {
  isDown = false;
  readonly rows = new Map<string, Record<string, unknown>[]>();

  of(table: string): Record<string, unknown>[] {
    return this.rows.get(table) ?? [];
  }

  async insertRows(table: string, rows: readonly object[]): Promise<void> {
    if (this.isDown) throw new RastroError('RAS-STORE-UNREACHABLE', { url: '', detail: '' });
    this.rows.set(table, [...this.of(table), ...(rows as Record<string, unknown>[])]);
  }

  async queryRows<T>(_sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<T[]> {
    if (this.isDown) throw new RastroError('RAS-STORE-UNREACHABLE', { url: '', detail: '' });
    const found = this.of('block_markers')
      .filter(({ log, partition }) => log === params['topic'] && partition === params['partition'])
      .map(({ offset_to }) => Number(offset_to) + 1);
    return (found.length === 0 ? [] : [{ next: String(Math.max(...found)) }]) as T[];
  }
}

test('what waited while the store was away comes in once, and another process goes on from the markers', async () => {
  const bus = memoryBus();
  const { role, submit, status } = await startTestRole({ bus });
  const store = new Tables();
  const drains = () =>
    new Drains({
      bus,
      store,
      rawKey: testKeys.raw,
      view: role.view,
      owned: () => role.processor.owned,
      onProblem: () => undefined,
    });
  store.isDown = true;
  const body = line('t1', { purposeText: 'renta' }) + line('t2', { kind: '?' });
  const receipt = (await (await submit(body)).json()) as Receipt;
  await status(receipt);
  const first = drains();
  await expect(first.once()).rejects.toMatchObject({ code: 'RAS-STORE-UNREACHABLE' });
  store.isDown = false;
  await first.once();
  const pseudonyms = store.of('vault').map(({ pseudonym }) => pseudonym);
  expect(pseudonyms.length).toBeGreaterThan(2);
  expect(new Set(pseudonyms).size).toBe(pseudonyms.length);
  expect(store.of('rejects')).toMatchObject([
    { submission_id: receipt.submissionId, line: 2, field: 'kind', revision: 1 },
  ]);
  expect(store.of('submissions').at(-1)).toMatchObject({
    submission_id: receipt.submissionId,
    read: 2,
    accepted: 1,
  });
  expect(await first.once()).toBe(0);
  expect(await drains().once()).toBe(0);
  await role.stop(0);
});

test('a dry run leaves nothing in the store', async () => {
  const bus = memoryBus();
  const { role, submit, status } = await startTestRole({ bus });
  const store = new Tables();
  await status(
    (await (
      await submit(line('t1') + line('t2', { kind: '?' }), { query: '?dryRun=true' })
    ).json()) as Receipt,
  );
  const owned = () => role.processor.owned;
  const parts = {
    bus,
    store,
    rawKey: testKeys.raw,
    view: role.view,
    owned,
    onProblem: () => undefined,
  };
  await new Drains(parts).once();
  expect(['vault', 'rejects', 'submissions'].flatMap((table) => store.of(table))).toEqual([]);
  await role.stop(0);
});

test('rows are evaluated up to the last marker of their partition', async () => {
  const queryRows = async () => [{ partition: 1, until: '7' }] as never[];
  expect(await evaluatedByPartition({ queryRows })).toEqual(new Map([[1, 7]]));
});
