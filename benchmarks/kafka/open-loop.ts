/**
 * A load that does not wait for whom it loads: every submission has the time at which it is due, fixed beforehand, and a latency counts
 * from there, so that one that is sent late for whatever reason is not taken for a quick one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RoutedBlock } from '../../pipelines/partition/router.ts';
import { recordOf } from './routed-stream.ts';
import type { Scene } from './scene.ts';

/** Between two looks into the store; what a look takes is part of the load. */
const LOOK_MS = 25;
const GIVE_UP_MS = 120_000;

export interface Submission {
  readonly blocks: readonly RoutedBlock[];
  /** Rows, copies apart. */
  readonly rows: number;
}

/** A latency, and how many rows have it. */
export interface Latency {
  readonly ms: number;
  readonly rows: number;
}

/** A stored row of a table that names the transactions it rests on. */
interface Seen {
  readonly atMs: number;
  readonly evidence: readonly string[];
}

export interface LoopFigures {
  /** Of rows: due to be sent until covered by a marker, which is written last. */
  readonly rows: readonly Latency[];
  /** Of versions of signals and alerts: from when the latest transaction they name was due. */
  readonly documents: readonly Latency[];
  readonly seconds: number;
  /** Longest time that a submission was sent behind its time. */
  readonly sentLateMs: number;
}

/** Nearest rank over rows, milliseconds; NaN of nothing. */
export function latencyQuantile(latencies: readonly Latency[], milli: number): number {
  const sorted = [...latencies].sort((a, b) => a.ms - b.ms);
  const rank = (milli / 1_000) * sorted.reduce((sum, { rows }) => sum + rows, 0);
  let below = 0;
  for (const { ms, rows } of sorted) {
    below += rows;
    if (below >= rank) return ms;
  }
  return Number.NaN;
}

export class OpenLoop {
  readonly #scene: Scene;
  readonly #submissionOf: (id: string) => number | undefined;
  /** Versions that were there before. */
  readonly #known = new Set<string>();

  /** `submissionOf`: which of the submissions of a run brought a transaction; undefined where none of it did. */
  constructor(scene: Scene, submissionOf: (id: string) => number | undefined) {
    this.#scene = scene;
    this.#submissionOf = submissionOf;
  }

  /** Sends one submission after the other, `everyMs` apart, and waits until all of them are marked. */
  async run(submissions: readonly Submission[], everyMs: number): Promise<LoopFigures> {
    const scene = this.#scene;
    await this.#look();
    const startMs = performance.now();
    const dueOf = (at: number) => startMs + at * everyMs;
    /** By partition, blocks in flight in the order of their offsets. */
    const open = Array.from(
      { length: scene.kafka.partitions },
      (): { offset: number; rows: number; dueMs: number }[] => [],
    );
    const rows: Latency[] = [];
    const documents: Latency[] = [];
    let sentLateMs = 0;
    let waiting = submissions.length;
    let failure: unknown;
    const send = async () => {
      for (const [at, { blocks }] of submissions.entries()) {
        const dueMs = dueOf(at);
        await pause(Math.max(0, dueMs - performance.now()));
        sentLateMs = Math.max(sentLateMs, performance.now() - dueMs);
        scene.bus
          .append('transactions', blocks.map(recordOf))
          .then((offsets) => {
            blocks.forEach(({ partition, kind, rows: count }, i) => {
              const own = kind === 'transactions' ? count : 0;
              open[partition]?.push({ offset: offsets[i] as number, rows: own, dueMs });
            });
            waiting--;
          })
          .catch((error: unknown) => {
            failure ??= error;
          });
      }
    };
    const sending = send();
    const giveUpAt = dueOf(submissions.length) + GIVE_UP_MS;
    while (waiting > 0 || open.some(({ length }) => length > 0)) {
      if (failure !== undefined) throw failure;
      if (performance.now() > giveUpAt) throw new Error('rows that were sent are not marked');
      const marked = await scene.marked();
      const nowMs = performance.now();
      open.forEach((blocks, partition) => {
        const last = marked[partition] as number;
        let done = 0;
        for (; done < blocks.length && (blocks[done]?.offset as number) <= last; done++) {
          const block = blocks[done] as (typeof blocks)[number];
          if (block.rows > 0) rows.push({ ms: nowMs - block.dueMs, rows: block.rows });
        }
        blocks.splice(0, done);
      });
      for (const { atMs, evidence } of await this.#look()) {
        const brought = evidence.flatMap((id) => this.#submissionOf(id) ?? []);
        if (brought.length > 0) documents.push({ ms: atMs - dueOf(Math.max(...brought)), rows: 1 });
      }
      await pause(LOOK_MS);
    }
    await sending;
    return { rows, documents, seconds: (performance.now() - startMs) / 1_000, sentLateMs };
  }

  /** Versions of signals and alerts that were not there at the last look. */
  async #look(): Promise<Seen[]> {
    const known = this.#known;
    const keys = (await this.#scene.versions()).filter(({ key }) => !known.has(key));
    const atMs = performance.now();
    for (const { key } of keys) known.add(key);
    return keys.map(({ evidence }) => ({ atMs, evidence }));
  }
}
