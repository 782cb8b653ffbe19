/**
 * Reads the submissions of the partitions of `submissions` that this process has, in the order of their claims, and writes what
 * became of them. All that it knows is in the log, so another process goes on where it stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Submission, stateOf } from '../../pipelines/ingest/submission/table.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { StateRecord } from '../../schemas/submission.ts';
import { type AttemptParts, Interrupted, readAttempt, refused } from './attempt.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { SubmissionView } from './view.ts';

/** Up to which offset, by partition of `transactions`, rows are stored and evaluated. */
export type EvaluatedUntil = () => Promise<ReadonlyMap<number, number>>;

export interface ProcessorOptions extends AttemptParts {
  readonly view: SubmissionView;
  readonly nowMs: () => number;
  readonly evaluatedUntil: EvaluatedUntil;
  readonly followRules?: () => Promise<void>;
  /** What went wrong beside the submissions themselves, for the role's log; `id` is a submission or empty. */
  readonly onProblem: (what: string, id: string, error: unknown) => void;
  /** Between two looks; default `INGEST_LIMITS.LOOK_MS`. */
  readonly lookMs?: number;
  /** Default `INGEST_LIMITS.PROCESSED_GRID_MS`. */
  readonly processedGridMs?: number;
}

/** The partition may be somebody else's by now. */
class Lost extends Error {}

interface Work {
  readonly done: Promise<void>;
}

export class Processor {
  readonly #options: ProcessorOptions;
  readonly #owned = new Set<number>();
  readonly #working = new Map<Submission, Work>();
  /** Failed tries, and when the next one may be. */
  readonly #tries = new Map<string, { count: number; notBeforeMs: number }>();
  #running: Promise<void> | undefined;
  #isStopping = false;
  #wake: () => void = () => undefined;
  #sweptMs = 0;
  #toldMs = 0;
  #followedMs = 0;
  /** When the log last answered. */
  #lookedMs = 0;

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  /** Partitions of `submissions` that this process reads from now on. */
  own(partitions: Iterable<number>): void {
    for (const partition of partitions) this.#owned.add(partition);
    this.poke();
  }

  /** Partitions that it has no more; resolves when nothing is sent for them any more. */
  async disown(partitions: Iterable<number>): Promise<void> {
    for (const partition of partitions) this.#owned.delete(partition);
    await Promise.all(
      [...this.#working].filter(([{ partition }]) => !this.#owned.has(partition)).map(([, { done }]) => done),
    );
  }

  get owned(): ReadonlySet<number> {
    return this.#owned;
  }

  /** Time of the last look at the log that it answered. */
  get lookedMs(): number {
    return this.#lookedMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something has been appended. */
  poke(): void {
    this.#wake();
  }

  /** Begins nothing new; what is being read may go on for so long, then it is left to whoever comes next. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    this.poke();
    await this.#running;
    const working = Promise.all([...this.#working.values()].map(({ done }) => done));
    const timer = new AbortController();
    await Promise.race([working, sleep(drainMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    this.#owned.clear();
    await working;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#options.view.catchUp();
        this.#lookedMs = this.#options.nowMs();
        await this.#followRules();
        this.#begin();
        await this.#tellProcessed();
        await this.#sweep();
      } catch (error) {
        this.#options.onProblem('look', '', error);
      }
      if (!this.#isStopping) await this.#pause();
    }
  }

  async #followRules(): Promise<void> {
    const { followRules, nowMs, onProblem } = this.#options;
    if (followRules === undefined || nowMs() - this.#followedMs < INGEST_LIMITS.RULES_LOOK_MS) return;
    this.#followedMs = nowMs();
    // Without them what was in force goes on.
    await followRules().catch((error: unknown) => onProblem('rules', '', error));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.lookMs ?? INGEST_LIMITS.LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #begin(): void {
    for (const partition of this.#owned) {
      for (const submission of this.#options.view.table.pending(partition)) {
        if (this.#working.size >= INGEST_LIMITS.READ_AT_ONCE || this.#isStopping) return;
        const tries = this.#tries.get(submission.claim.submissionId);
        if (this.#working.has(submission) || (tries?.notBeforeMs ?? 0) > this.#options.nowMs()) continue;
        const done = this.#work(submission).finally(() => {
          this.#working.delete(submission);
          this.poke();
        });
        this.#working.set(submission, { done });
      }
    }
  }

  async #work(submission: Submission): Promise<void> {
    const { submissionId } = submission.claim;
    const mayWrite = () => {
      if (!this.#owned.has(submission.partition)) throw new Lost();
    };
    try {
      await this.#options.book.catchUp();
      await this.#write(
        submission,
        { state: 'validating', result: null, rejected: null, appended: {} },
        mayWrite,
      );
      const outcome = await readAttempt(this.#options, submission, mayWrite);
      await this.#write(submission, outcome, mayWrite);
      this.#tries.delete(submissionId);
    } catch (error) {
      if (error instanceof Lost) return;
      this.#options.onProblem('read', submissionId, error instanceof Interrupted ? error.cause : error);
      await this.#again(submission, error, mayWrite);
    }
  }

  /** The log's failures are waited out. Anything else is tried a few times, for one submission must not hold up the others. */
  async #again(submission: Submission, error: unknown, mayWrite: () => void): Promise<void> {
    const { submissionId } = submission.claim;
    const count = (this.#tries.get(submissionId)?.count ?? 0) + (isOfTheLog(error) ? 0 : 1);
    this.#tries.set(submissionId, {
      count,
      notBeforeMs: this.#options.nowMs() + INGEST_LIMITS.TRY_AFTER_MS,
    });
    if (count < INGEST_LIMITS.TRIES) return;
    try {
      const failure = new RastroError('RAS-HTTP-INTERNAL', { request: submissionId });
      await this.#write(submission, refused(submission, failure), mayWrite);
    } catch (cause) {
      this.#options.onProblem('state', submissionId, cause);
    }
  }

  async #write(
    submission: Submission,
    outcome: Pick<StateRecord, 'state' | 'result' | 'rejected' | 'appended'>,
    mayWrite: () => void,
  ): Promise<void> {
    const { claim, partition, replay, settled } = submission;
    const { institution, submissionId } = claim;
    const attempt = replay?.attempt ?? settled?.attempt ?? 1;
    const state: StateRecord = {
      institution,
      submissionId,
      attempt,
      atMs: this.#options.nowMs(),
      ...outcome,
    };
    mayWrite();
    const [offset] = await this.#options.bus.append('submissions', [stateOf(state, partition)]);
    await this.#options.view.catchUpTo(partition, (offset as number) + 1);
  }

  /** On the grid only: the time between two states must say nothing of what was found. */
  async #tellProcessed(): Promise<void> {
    const gridMs = this.#options.processedGridMs ?? INGEST_LIMITS.PROCESSED_GRID_MS;
    const tick = Math.floor(this.#options.nowMs() / gridMs);
    if (tick === this.#toldMs) return;
    const waiting = [...this.#options.view.table.unprocessed()].filter(({ partition }) =>
      this.#owned.has(partition),
    );
    if (waiting.length === 0) return;
    const until = await this.#options.evaluatedUntil();
    this.#toldMs = tick;
    for (const submission of waiting) {
      const { state } = submission;
      if (state === null || submission.replay !== null) continue;
      const isDone = Object.entries(state.appended).every(
        ([partition, offset]) => (until.get(Number(partition)) ?? -1) >= offset,
      );
      if (!isDone || !this.#owned.has(submission.partition)) continue;
      const { result, rejected, appended } = state;
      await this.#write(submission, { state: 'processed', result, rejected, appended }, () => undefined);
    }
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#sweptMs < INGEST_LIMITS.SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const partition of this.#owned) {
      const keys = this.#options.view.table.deletable(partition, nowMs).slice(0, INGEST_LIMITS.SWEEP_KEYS);
      const records = keys.map((key) => ({ partition, key, value: null }));
      if (records.length > 0) await this.#options.bus.append('submissions', records);
    }
  }
}

/** A record that is too large stays so. */
const isOfTheLog = (error: unknown): boolean =>
  error instanceof Interrupted ||
  (RastroError.is(error) && error.code.startsWith('RAS-BUS-') && error.code !== 'RAS-BUS-RECORD-TOO-LARGE');
