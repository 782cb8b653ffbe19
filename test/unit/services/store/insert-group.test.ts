import { describe, expect, test } from 'vitest';
import { InsertGroup, type Later } from '../../../../services/store/insert-group.ts';

/** Time that passes when told to. */
class Hand {
  #alarms: { at: number; work: () => void }[] = [];
  #now = 0;
  readonly later: Later = (ms, work) => {
    const alarm = { at: this.#now + ms, work };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  };

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#now);
    this.#alarms = this.#alarms.filter(({ at }) => at > this.#now);
    for (const { work } of due) work();
  }

  get waiting(): number {
    return this.#alarms.length;
  }
}

interface Insert {
  readonly items: readonly string[];
  readonly rows: number;
  readonly settle: (error?: Error) => void;
}

function scene(rowsMax = 100, bytesMax = 1_000) {
  const hand = new Hand();
  const inserts: Insert[] = [];
  const group = new InsertGroup<string>(
    (items, rows) =>
      new Promise((resolve, reject) => {
        inserts.push({ items, rows, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    { rowsMax, bytesMax, lingerMs: 50 },
    hand.later,
  );
  return { hand, inserts, group };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a group of inserts', () => {
  test('closes by age, and nobody is answered before the rows are stored', async () => {
    const { hand, inserts, group } = scene();
    const answered: string[] = [];
    for (const item of ['a', 'b'])
      void group.add({ item, rows: 1, bytes: 10 }).then(() => answered.push(item));
    hand.pass(49);
    expect(inserts).toEqual([]);
    hand.pass(1);
    expect(inserts.map(({ items, rows }) => [items, rows])).toEqual([[['a', 'b'], 2]]);
    await turn();
    expect(answered).toEqual([]);
    inserts[0]?.settle();
    await turn();
    expect(answered).toEqual(['a', 'b']);
    expect(hand.waiting).toBe(0);
  });

  test('closes by rows and by bytes at once; a piece beyond the bound goes alone', () => {
    const byRows = scene();
    for (const item of ['a', 'b']) void byRows.group.add({ item, rows: 50, bytes: 1 });
    expect(byRows.inserts.map(({ items }) => items)).toEqual([['a', 'b']]);
    const byBytes = scene();
    void byBytes.group.add({ item: 'huge', rows: 1, bytes: 5_000 });
    expect(byBytes.inserts.map(({ items }) => items)).toEqual([['huge']]);
  });

  test('while an insert is under way the next group gathers, up to its bounds, in order', async () => {
    const { hand, inserts, group } = scene();
    void group.add({ item: 'a', rows: 100, bytes: 1 });
    for (const item of ['b', 'c', 'd']) void group.add({ item, rows: 40, bytes: 1 });
    hand.pass(1_000);
    expect(inserts).toHaveLength(1);
    inserts[0]?.settle();
    await turn();
    expect(inserts.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
    inserts[1]?.settle();
    await turn();
    hand.pass(50);
    expect(inserts[2]?.items).toEqual(['d']);
    expect(group.waitingRows).toBe(0);
  });

  test('a group that fails says so to its own pieces and to no other', async () => {
    const { hand, inserts, group } = scene();
    const first = group.add({ item: 'a', rows: 100, bytes: 1 });
    const second = group.add({ item: 'b', rows: 1, bytes: 1 });
    inserts[0]?.settle(new Error('full'));
    await expect(first).rejects.toThrow('full');
    await turn();
    hand.pass(50);
    inserts[1]?.settle();
    await second;
  });

  test('what a lost partition still had waiting is dropped, the rest goes on', async () => {
    const { hand, inserts, group } = scene();
    const lost = group.add({ item: 'p1', rows: 1, bytes: 1 });
    const kept = group.add({ item: 'p2', rows: 1, bytes: 1 });
    group.drop((item) => item === 'p1', new Error('revoked'));
    await expect(lost).rejects.toThrow('revoked');
    hand.pass(50);
    expect(inserts[0]?.items).toEqual(['p2']);
    inserts[0]?.settle();
    await kept;
  });

  test('what a lost partition has in an insert that hangs is given up at once, others wait for it', async () => {
    const { hand, inserts, group } = scene();
    const lost = group.add({ item: 'p1', rows: 1, bytes: 1 });
    const kept = group.add({ item: 'p2', rows: 1, bytes: 1 });
    hand.pass(50);
    expect(inserts[0]?.items).toEqual(['p1', 'p2']);
    group.drop((item) => item === 'p1', new Error('revoked'));
    await expect(lost).rejects.toThrow('revoked');
    inserts[0]?.settle();
    await kept;
  });

  test('flush waits for all of it', async () => {
    const { inserts, group } = scene();
    void group.add({ item: 'a', rows: 100, bytes: 1 });
    void group.add({ item: 'b', rows: 1, bytes: 1 });
    let flushed = false;
    const flushing = group.flush().then(() => {
      flushed = true;
    });
    inserts[0]?.settle();
    await turn();
    expect([inserts.length, flushed]).toEqual([2, false]);
    inserts[1]?.settle();
    await flushing;
  });
});
