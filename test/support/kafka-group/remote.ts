/** A member in another process, and the log of what it did. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../../schemas/package-root.ts';
import type { Books } from './probe.ts';
import { QUICK, type Scene } from './scene.ts';

export interface RemoteLine {
  readonly kind: 'assigned' | 'begun' | 'sent' | 'dropped' | 'revoked' | 'ended';
  readonly place?: string;
  readonly places?: readonly string[];
  readonly offsets?: readonly number[];
  readonly code?: string;
}

export class RemoteMember {
  readonly lines: RemoteLine[] = [];
  /** What it held since it was last asked, by the lines. */
  readonly held = new Set<string>();
  readonly #child: ChildProcess;

  constructor(scene: Scene, brokers: readonly string[], books: Books, workMs: number) {
    const { prefix, topics } = scene;
    const options = { brokers, prefix, topics, limits: QUICK, workMs };
    const file = join(packageRoot(), 'test/support/kafka-group/member-process.mjs');
    this.#child = fork(file, [JSON.stringify(options)], { execArgv: [] });
    this.#child.on('message', (line: RemoteLine) => {
      this.lines.push(line);
      if (line.kind === 'assigned') {
        const places = line.places ?? [];
        for (const place of places) this.held.add(place);
        this.#child.send(places.map((place) => books.checkpoint.get(place) ?? 0));
      }
      if (line.kind === 'revoked') for (const place of line.places ?? []) this.held.delete(place);
      if (line.kind === 'sent') {
        const place = line.place as string;
        const counts = books.counts.get(place) ?? new Map<number, number>();
        books.counts.set(place, counts);
        for (const offset of line.offsets ?? []) counts.set(offset, (counts.get(offset) ?? 0) + 1);
        const next = Math.max(...(line.offsets ?? [])) + 1;
        books.checkpoint.set(place, Math.max(books.checkpoint.get(place) ?? 0, next));
      }
    });
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
