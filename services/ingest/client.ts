/**
 * The client's side of a submission: a file goes out packed and streamed, under a key that follows from its content, so that
 * sending it again, after whatever went wrong, takes it in once.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { RastroError } from '../../schemas/errors/index.ts';
import { hashList } from '../../schemas/ids.ts';
import {
  isFinal,
  type OnError,
  problem,
  type Receipt,
  receipt,
  type SubmissionReport,
  type SubmissionStatus,
  submissionReport,
  submissionStatus,
} from '../../schemas/submission.ts';
import { isGzip } from '../feeds/gunzip.ts';

/** Tries of one submission where the service is busy or does not answer. */
const TRIES = 6;
const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 30_000;
const LOOK_MS = 250;
const LOOK_MS_MAX = 5_000;
/** Bytes of an answer; reports are the largest. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const ANSWER_MS = 120_000;
const SECOND_MS = 1_000;

export interface ClientOptions {
  readonly url: string;
  readonly key: string;
  readonly institution: string;
  readonly mapping: string;
  readonly onError: OnError;
  readonly dryRun: boolean;
  readonly lang: string;
}

export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | null;
  readonly body: unknown;
}

export class SubmissionClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Hands a file in. @throws RastroError RAS-SUBMISSION-REFUSED, -UNREACHABLE */
  async submit(file: string, onSent: (bytes: number) => void = () => undefined): Promise<Receipt> {
    const { institution, mapping, onError, dryRun } = this.#options;
    const { sha256, isPacked } = await this.#look(file);
    // What zlib makes of a file may differ from one version to the next, and so would the body under the key.
    const packer = isPacked ? '' : (process.versions['zlib'] ?? '');
    const key = hashList([institution, mapping, onError, String(dryRun), sha256, packer]).toString('hex');
    const query = new URLSearchParams({ mapping, onError, dryRun: String(dryRun) });
    const path = `/v1/feeds/${encodeURIComponent(institution)}/submissions?${query}`;
    for (let tries = 1; ; tries++) {
      let answer: Answer | undefined;
      try {
        answer = await this.#send(
          'POST',
          path,
          { 'idempotency-key': key, 'content-encoding': 'gzip' },
          (to) => upload(file, isPacked, to, onSent),
        );
      } catch (error) {
        if (!RastroError.is(error) || tries >= TRIES) throw error;
      }
      if (answer?.status === 202) return receipt.parse(answer.body);
      const mayPass = answer === undefined || [408, 429, 500, 502, 503, 504].includes(answer.status);
      if (answer !== undefined && (!mayPass || tries >= TRIES)) throw this.#refusal(answer);
      await sleep(answer?.retryAfterMs ?? Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), WAIT_MS_MAX));
    }
  }

  async status(of: Pick<Receipt, 'statusUrl'>): Promise<SubmissionStatus> {
    return submissionStatus.parse(await this.#get(of.statusUrl));
  }

  async report(of: Pick<Receipt, 'statusUrl'>): Promise<SubmissionReport> {
    return submissionReport.parse(await this.#get(`${of.statusUrl}/report?lang=${this.#options.lang}`));
  }

  /** The status once nothing more will happen, or when `timeoutMs` are over. */
  async settled(
    of: Pick<Receipt, 'statusUrl'>,
    timeoutMs: number,
    onState: (status: SubmissionStatus) => void = () => undefined,
  ): Promise<SubmissionStatus> {
    const untilMs = performance.now() + timeoutMs;
    for (let waitMs = LOOK_MS; ; waitMs = Math.min(2 * waitMs, LOOK_MS_MAX)) {
      const status = await this.status(of);
      onState(status);
      const isOver = isFinal(status.state, status.counts !== null, status.dryRun);
      if (isOver || performance.now() > untilMs) return status;
      await sleep(waitMs);
    }
  }

  async #look(file: string): Promise<{ sha256: string; isPacked: boolean }> {
    const hash = createHash('sha256');
    let head: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
        if (head.length < 2) head = Buffer.concat([head, chunk.subarray(0, 2)]);
        hash.update(chunk);
      }
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new RastroError('RAS-FEED-FILE-NOT-FOUND', { path: file }, { cause });
      throw new RastroError('RAS-FEED-FILE-UNREADABLE', { path: file, detail: code }, { cause });
    }
    return { sha256: hash.digest('hex'), isPacked: isGzip(head) };
  }

  async #get(path: string): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#send('GET', path, {}, async (to) => void to.end());
        if (answer.status === 200) return answer.body;
        throw this.#refusal(answer);
      } catch (error) {
        const mayPass = RastroError.is(error) && error.code === 'RAS-SUBMISSION-UNREACHABLE';
        if (!mayPass || tries >= TRIES) throw error;
        await sleep(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), WAIT_MS_MAX));
      }
    }
  }

  #refusal({ status, body }: Answer): RastroError {
    const read = problem.safeParse(body).data;
    const detail = read === undefined ? 'no problem document' : `${read.title} ${read.detail}`;
    return new RastroError('RAS-SUBMISSION-REFUSED', { status, detail, code: read?.code ?? String(status) });
  }

  /** One request. The answer counts even where it comes before the whole body is out. */
  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    write: (to: NodeJS.WritableStream) => Promise<void>,
  ): Promise<Answer> {
    const { url, key, lang } = this.#options;
    const target = new URL(path, url);
    const unreachable = (cause: unknown) => {
      const { code, message } = cause as NodeJS.ErrnoException;
      return new RastroError('RAS-SUBMISSION-UNREACHABLE', { url, detail: code ?? message }, { cause });
    };
    return new Promise((resolve, reject) => {
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(target, {
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${key}`,
          'accept-language': lang,
          ...(method === 'POST' ? { 'content-type': 'application/octet-stream' } : {}),
        },
      });
      let isAnswered = false;
      request.setTimeout(ANSWER_MS, () => request.destroy(new Error('timeout')));
      request.on('error', (error) => {
        if (!isAnswered) reject(unreachable(error));
      });
      request.on('response', (response) => {
        isAnswered = true;
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'));
          else parts.push(part);
        });
        response.on('error', (error) => reject(unreachable(error)));
        response.on('end', () => {
          const after = Number(response.headers['retry-after']);
          resolve({
            status: response.statusCode ?? 0,
            retryAfterMs: Number.isFinite(after) ? after * SECOND_MS : null,
            body: jsonOf(Buffer.concat(parts).toString('utf8')),
          });
          if (!request.writableFinished) request.destroy();
        });
      });
      // The request itself says what went wrong; a body cut off by an early answer is none of it.
      write(request).catch((error) => request.destroy(error));
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function upload(
  file: string,
  isPacked: boolean,
  to: NodeJS.WritableStream,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      onSent(sent);
      done(null, chunk);
    },
  });
  if (isPacked) await pipeline(createReadStream(file), counted, to);
  else await pipeline(createReadStream(file), counted, createGzip(), to);
}
