import { parseString } from 'fast-csv';
import { describe, expect, it } from 'vitest';
import {
  csvLines,
  ndjsonLines,
  PARTY_COLUMNS,
  TRANSACTION_COLUMNS,
} from '../../../../pipelines/simulate/formats.ts';
import { simulate } from '../../../../pipelines/simulate/simulate.ts';

const simulation = simulate({
  transactions: 9_000,
  days: 90,
  seed: 8,
  variantShares: { base: 1, evasive: 1, truncated: 1, missing: 1 },
});

/** Reads dotted headers back into a tree of text, as any reader of the canonical CSV would. */
async function readBack(text: string): Promise<object[]> {
  const rows: object[] = [];
  for await (const cells of parseString(text, { headers: true }) as AsyncIterable<Record<string, string>>) {
    const tree: Record<string, unknown> = {};
    for (const [path, value] of Object.entries(cells)) if (value !== '') put(tree, path.split('.'), value);
    rows.push(tree);
  }
  return rows;
}

function put(tree: Record<string, unknown>, path: readonly string[], value: string): void {
  const [head, ...rest] = path;
  if (rest.length === 0) tree[head!] = value;
  else {
    tree[head!] ??= /^\d+$/.test(rest[0]!) ? [] : {};
    put(tree[head!] as Record<string, unknown>, rest, value);
  }
}

const asText = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(asText)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asText(one)]))
      : String(value);

describe('canonical formats', () => {
  it('writes every transaction to CSV with nothing lost', async () => {
    const rows = [...simulation.transactions];
    const back = await readBack([...csvLines(rows, TRANSACTION_COLUMNS)].join(''));
    expect(back.length).toBe(rows.length);
    rows.forEach((row, i) => {
      if (i % 7 === 0) expect(back[i]).toEqual(asText(row));
    });
  });

  it('writes every party to CSV with nothing lost', async () => {
    const parties = [...simulation.parties];
    const back = await readBack([...csvLines(parties, PARTY_COLUMNS)].join(''));
    expect(back).toEqual(parties.map(asText));
  });

  it('writes NDJSON that reads back as itself', () => {
    const parties = [...simulation.parties];
    const lines = [...ndjsonLines(parties)];
    expect(lines.every((line) => line.endsWith('\n'))).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual(parties);
  });

  it('quotes what must be quoted and refuses what has no column', () => {
    const columns = ['a', 'b.0.c'];
    expect([...csvLines([{ a: 'x,"y"\n', b: [{ c: true }] }], columns)]).toEqual([
      'a,b.0.c\n',
      '"x,""y""\n",true\n',
    ]);
    expect(() => [...csvLines([{ d: 1 }], columns)]).toThrow(/no column for d/);
  });
});
