import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFeed } from '../../../../pipelines/ingest/decode.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { loadMapping } from '../../../../services/feeds/mappings.ts';
import { openSources, plainBytes } from '../../../../services/feeds/sources.ts';
import { codesOf, plainMapping, rowsOf } from '../../../support/feed-text.ts';

const HEADER = 'id,at,from,to,amount,text';
const rows = Array.from(
  { length: 5_000 },
  (_, i) => `${i},2026-03-02T10:00:00Z,a-${(i * 7919) % 5000},b-${(i * 104729) % 5000},${i}.00,`,
);
const text = `${[HEADER, ...rows].join('\n')}\n`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rastro-feeds-'));
  await mkdir(path.join(folder, 'in'));
  await writeFile(path.join(folder, 'in', 'b.csv'), text);
  await writeFile(path.join(folder, 'in', 'a.csv.gz'), gzipSync(text));
  await writeFile(path.join(folder, 'in', '.hidden.csv'), text);
  await writeFile(
    path.join(folder, 'two.gz'),
    Buffer.concat([gzipSync(text.slice(0, 1_000)), gzipSync(text.slice(1_000))]),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<{ text: string; code: string | null }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) parts.push(chunk);
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    return { text: Buffer.concat(parts).toString(), code: error.code };
  }
  return { text: Buffer.concat(parts).toString(), code: null };
}

const open = async (...paths: string[]) => openSources(paths.map((one) => path.join(folder, one)));

describe('sources', () => {
  it('reads plain and gzip alike, by content and not by name, several members included', async () => {
    for (const [source] of [await open('in/b.csv'), await open('in/a.csv.gz'), await open('two.gz')]) {
      expect(await bytesOf(source?.chunks ?? Readable.from([]))).toEqual({ text, code: null });
    }
  });

  it('expands patterns in a fixed order, hidden files left out', async () => {
    expect((await open('in/*.csv*')).map(({ name }) => path.basename(name))).toEqual(['a.csv.gz', 'b.csv']);
    expect((await open('i?/b.*')).map(({ name }) => path.basename(name))).toEqual(['b.csv']);
  });

  it('names what is not there', async () => {
    await expect(open('none.csv')).rejects.toMatchObject({ code: 'RAS-FEED-FILE-NOT-FOUND' });
    await expect(open('in/*.xml')).rejects.toMatchObject({ code: 'RAS-FEED-FILE-NOT-FOUND' });
    await expect(open('in')).rejects.toMatchObject({ code: 'RAS-FEED-FILE-UNREADABLE' });
  });

  it('reads standard input, compressed or not, and counts bytes as they came', async () => {
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const [source] = await openSources(['-'], Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]));
      expect((await bytesOf(source?.chunks ?? Readable.from([]))).text).toBe(text);
      expect(source?.bytesRead()).toBe(bytes.length);
      expect(source?.sizeBytes).toBeNull();
    }
    expect(await bytesOf(plainBytes(Readable.from([])))).toEqual({ text: '', code: null });
  });
});

describe('gzip that broke', () => {
  it('keeps what arrived and says that it was cut, wherever the cut is', async () => {
    const whole = gzipSync(text);
    for (const cut of [1, 2, 11, 1_000, Math.floor(whole.length / 2), whole.length - 9, whole.length - 1]) {
      const read = await bytesOf(plainBytes(Readable.from([whole.subarray(0, cut)])));
      if (cut >= 2) expect(read.code).toBe('RAS-FEED-GZIP-TRUNCATED');
      if (cut >= 2) expect(text.startsWith(read.text)).toBe(true);
      // Deflate holds back at most a window; most of what came before the cut must be there.
      if (cut > whole.length / 3) expect(read.text.length).toBeGreaterThan(text.length / 5);
    }
  });

  it('reports damage as damage', async () => {
    const damaged = gzipSync(text);
    damaged.fill(0xff, 2_000, 2_100);
    expect((await bytesOf(plainBytes(Readable.from([damaged])))).code).toBe('RAS-FEED-GZIP-CORRUPT');
  });

  it('accepts the whole rows of a cut file, rejects the broken one, and faults the file', async () => {
    const whole = gzipSync(text);
    const chunks = plainBytes(Readable.from([whole.subarray(0, Math.floor(whole.length * 0.7))]));
    const outcomes = [];
    for await (const batch of decodeFeed({ source: { name: 'cut', chunks }, mapping: plainMapping() }))
      outcomes.push(...batch);
    expect(rowsOf(outcomes).length).toBeGreaterThan(1_000);
    expect(rowsOf(outcomes).length).toBeLessThan(5_000);
    expect(codesOf(outcomes)).toEqual(['RAS-FEED-LINE-TRUNCATED', 'RAS-FEED-GZIP-TRUNCATED']);
    for (const [i, { input, line }] of rowsOf(outcomes).entries())
      expect([input.id, line]).toEqual([String(i), i + 2]);
  });
});

it('finds mappings by name and by path, and lists the names when there is none', async () => {
  const file = path.join(folder, 'bank.yaml');
  await writeFile(file, 'id: bank\nversion: 3\nsource: { format: auto }\ncanonical: true\n');
  expect(await loadMapping(file)).toMatchObject({ id: 'bank', version: 3 });
  await expect(loadMapping('no-such')).rejects.toThrow(/RAS-FEED-MAPPING-NOT-FOUND.*amlsim/);
  await writeFile(file, 'id: bank\nversion: x\n');
  await expect(loadMapping(file)).rejects.toThrow(/bank\.yaml:2:10/);
});
