/** A feed as its institutions hand it in over HTTP: many files, each with its own key, sent when they are due and again until they are answered. */
import { once } from 'node:events';
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import type { Receipt } from '../../../schemas/submission.ts';
import { makeKey, writeKeys } from '../../../services/ingest/api-keys.ts';
import { SubmissionClient } from '../../../services/ingest/client.ts';
import type { RoleProcess } from '../role-process.ts';
import type { FaultFeed } from './feed.ts';
import { type Paced, pace } from './pacer.ts';
import type { Scene } from './scene.ts';

const FAR_MS = Date.UTC(2100, 0, 1);
const ROWS = 1_000;
const READ: ReadonlySet<string> = new Set(['accepted', 'partially_accepted', 'rejected', 'processed']);

interface HandedIn {
  readonly institution: string;
  readonly file: string;
  readonly rows: number;
}

/** Lines of a file by institution, in files of so many lines, in the order in which they are full. */
async function split(
  file: string,
  into: string,
  { head, institutionOf, most }: { head: boolean; institutionOf: (line: string) => string; most: number },
): Promise<HandedIn[]> {
  const open = new Map<string, string[]>();
  const out: HandedIn[] = [];
  let header = '';
  const close = (institution: string, lines: readonly string[]) => {
    const path = join(into, `${out.length}-${institution}`);
    writeFileSync(path, `${header}${lines.join('\n')}\n`);
    out.push({ institution, file: path, rows: lines.length });
  };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (head && header === '') {
      header = `${line}\n`;
      continue;
    }
    const institution = institutionOf(line);
    const lines = open.get(institution) ?? [];
    lines.push(line);
    if (lines.length >= most) {
      close(institution, lines);
      lines.length = 0;
    }
    open.set(institution, lines);
  }
  for (const [institution, lines] of open) if (lines.length > 0) close(institution, lines);
  return out;
}

export class Submissions {
  readonly #scene: Scene;
  readonly #rows: readonly HandedIn[];
  readonly #parties: readonly HandedIn[];
  readonly #keys: ReadonlyMap<string, string>;
  readonly #receipts: { readonly of: HandedIn; readonly receipt: Receipt }[] = [];
  /** Rows of requests that were begun. */
  begun = 0;

  private constructor(
    scene: Scene,
    parts: { rows: readonly HandedIn[]; parties: readonly HandedIn[]; keys: ReadonlyMap<string, string> },
  ) {
    this.#scene = scene;
    this.#rows = parts.rows;
    this.#parties = parts.parties;
    this.#keys = parts.keys;
  }

  static async of(scene: Scene, feed: FaultFeed): Promise<Submissions> {
    const into = (name: string) => {
      const folder = join(scene.place.folder, name);
      mkdirSync(folder, { recursive: true });
      return folder;
    };
    const rows = await split(feed.files.transactions, into('files'), {
      head: true,
      institutionOf: (line) => line.slice(0, line.indexOf(',')),
      most: ROWS,
    });
    const parties = await split(feed.files.parties, into('party-files'), {
      head: false,
      institutionOf: (line) => JSON.parse(line).institution,
      most: Number.POSITIVE_INFINITY,
    });
    const keys = new Map<string, string>();
    const stored = [...new Set([...rows, ...parties].map(({ institution }) => institution))].map(
      (institution) => {
        const made = makeKey({ institution, scopes: ['submit', 'read'], nowMs: 0, expiresMs: FAR_MS });
        keys.set(institution, made.key);
        return made.stored;
      },
    );
    await writeKeys(join(into('institutions'), 'api-keys.json'), stored);
    return new Submissions(scene, { rows, parties, keys });
  }

  #client({ institution }: HandedIn, mapping: string): SubmissionClient {
    return new SubmissionClient({
      url: `http://127.0.0.1:${this.#scene.place.port}`,
      key: this.#keys.get(institution) as string,
      institution,
      mapping,
      onError: 'acceptValid',
      dryRun: false,
      lang: 'en',
    });
  }

  /** An ingest role that answers. */
  async startRole(): Promise<RoleProcess> {
    const role = this.#scene.start('ingest');
    await this.#scene.until(() => role.times('role.started') > 0);
    return role;
  }

  /** Hands in what is known of customers, and waits until it counts. */
  async parties(): Promise<void> {
    for (const of of this.#parties) {
      const client = this.#client(of, 'canonical-parties');
      await this.#read(of, await client.submit(of.file), 'canonical-parties');
    }
  }

  /**
   * Begins to hand in a file that comes later, and stops in the middle of its body, when the role is known to have taken up the
   * request. Resolves then; `ended` says how it ends: the status of an answer, or the code with which it broke off.
   */
  async half(): Promise<{ readonly ended: Promise<number | string> }> {
    const { institution, file } = this.#rows.at(-1) as HandedIn;
    const sent = request({
      host: '127.0.0.1',
      port: this.#scene.place.port,
      path: `/v1/feeds/${institution}/submissions?mapping=canonical&onError=acceptValid`,
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#keys.get(institution)}`,
        'idempotency-key': 'the-first-half-of-a-file',
        'content-type': 'application/octet-stream',
        expect: '100-continue',
      },
    });
    const ended = new Promise<number | string>((resolve) => {
      sent.once('response', ({ statusCode = 0 }) => resolve(statusCode));
      sent.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    const body = readFileSync(file);
    await new Promise((resolve) => sent.write(body.subarray(0, body.length >> 1), resolve));
    return { ended };
  }

  /** Hands in the rows at a rate. */
  pace(rowsPerSecond: number): Promise<Paced> {
    return pace(this.#rows, rowsPerSecond, (due) =>
      Promise.all(
        due.map(async (of) => {
          this.begun += of.rows;
          const receipt = await this.#client(of, 'canonical').submit(of.file);
          this.#receipts.push({ of, receipt });
        }),
      ),
    );
  }

  /** Waits until every submission was read, and expects all of it taken in; how many of them were answered by an earlier receipt. */
  async read(): Promise<{ submissions: number; replayed: number }> {
    for (const { of, receipt } of this.#receipts) await this.#read(of, receipt, 'canonical');
    const replayed = this.#receipts.filter(({ receipt }) => receipt.replayed).length;
    return { submissions: this.#receipts.length, replayed };
  }

  async #read(of: HandedIn, receipt: Receipt, mapping: string): Promise<void> {
    const client = this.#client(of, mapping);
    await this.#scene.until(async () => READ.has((await client.status(receipt)).state));
    const { counts } = await client.status(receipt);
    expect(counts).toMatchObject({ read: of.rows, rejected: 0 });
  }
}
