/**
 * One HTTP answer. Normally Node writes it; where progress headers are asked for, the head is written line by line to
 * the socket while the statement runs (as the server does, which keeps clients from timing out), and the connection
 * closes with the body's end.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip, type Gzip, constants as zlib } from 'node:zlib';
import { PROGRESS_HEADERS_MAX, READER_STALL_MS } from './limits.ts';

export class Reply {
  readonly #response: ServerResponse;
  readonly #headers: Array<readonly [string, string]> = [];
  #rawHead = false;
  #progressHeaders = 0;
  #sink: Writable | undefined;
  #gzip: Gzip | undefined;
  /** Resolves the waits for a reader that has gone. */
  readonly #gone: Promise<void>;
  isGone = false;

  constructor(response: ServerResponse, onGone: () => void) {
    this.#response = response;
    this.#gone = new Promise((resolve) => {
      response.once('close', () => {
        if (response.writableFinished) return;
        this.isGone = true;
        resolve();
        onGone();
      });
    });
    response.setTimeout(READER_STALL_MS, () => response.destroy());
  }

  get isBegun(): boolean {
    return this.#sink !== undefined;
  }

  header(name: string, value: string): void {
    this.#headers.push([name, value]);
  }

  /** Writes one progress header now; the first one also writes the status, which is 200 from then on. */
  progress(json: string): void {
    const socket = this.#response.socket;
    if (socket === null || this.isBegun || this.isGone || this.#progressHeaders++ >= PROGRESS_HEADERS_MAX)
      return;
    const status = this.#rawHead ? '' : 'HTTP/1.1 200 OK\r\nConnection: close\r\n';
    this.#rawHead = true;
    socket.write(`${status}X-ClickHouse-Progress: ${json}\r\n`);
  }

  /** Ends the head. `gzip` compresses the body. */
  begin(status: number, gzip: boolean): void {
    if (gzip) this.header('Content-Encoding', 'gzip');
    const socket = this.#response.socket;
    let sink: Writable = this.#response;
    if (this.#rawHead && socket !== null) {
      socket.write(`${this.#headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
      sink = socket;
    } else {
      this.#response.writeHead(status, this.#headers.flat());
    }
    if (gzip) {
      this.#gzip = createGzip({ level: zlib.Z_BEST_SPEED });
      this.#gzip.pipe(sink);
      sink = this.#gzip;
    }
    this.#sink = sink;
  }

  /** Writes a piece and waits while the reader is slower. */
  async write(piece: Uint8Array | string): Promise<void> {
    if (this.isGone || this.#sink === undefined) return;
    if (!this.#sink.write(piece)) await Promise.race([once(this.#sink, 'drain'), this.#gone]);
  }

  end(): void {
    this.#sink?.end();
  }
}
