/**
 * Reads the submissions of the partitions of `submissions` that this process has, in the order of their claims, and writes what
 * became of them. All that it knows is in the log, so another process goes on where it stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Submission, stateOf } from '../../pipelines/ingest/submission/table.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { type StateRecord, SUBMISSION_LIMITS } from '../../schemas/submission.ts';
import type { Metrics } from '../observe/metrics.ts';
import {
  type AttemptParts,
  type AttemptResult,
  Interrupted,
  isSmall,
  readAttempt,
  refused,
} from './attempt.ts';
import { countResult } from './ingest-metrics.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { SubmissionView } from './view.ts';
import type { WatermarkWriter } from './watermarks.ts';

/** Up to which offset, by partition of `transactions`, rows are stored and evaluated. */
export type EvaluatedUntil = () => Promise<ReadonlyMap<number, number>>;

export interface ProcessorOptions extends AttemptParts {
  readonly view: SubmissionView;
  readonly nowMs: () => number;
  readonly evaluatedUntil: EvaluatedUntil;
  readonly followRules?: () => Promise<void>;
  readonly metrics?: Metrics;
  readonly watermarks?: Pick<WatermarkWriter, 'look'>;
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
  #turn = 0;
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
        // What was claimed by now is seen.
        const asOfMs = this.#options.nowMs();
        await this.#options.view.catchUp();
        this.#lookedMs = this.#options.nowMs();
        await this.#followRules();
        await this.#begin();
        await this.#options.watermarks?.look(asOfMs, this.#owned);
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

  async #begin(): Promise<void> {
    const next = this.#next();
    if (next.length === 0) return;
    // What others told before these were claimed, their rows are stamped with.
    await this.#options.book.catchUp();
    for (const submission of next) {
      if (this.#isStopping || !this.#owned.has(submission.partition)) continue;
      const done = this.#work(submission).finally(() => {
        this.#working.delete(submission);
        this.poke();
      });
      this.#working.set(submission, { done });
    }
  }

  /** Those that can begin now: small ones pass large ones that wait for their turn. */
  #next(): Submission[] {
    const next: Submission[] = [];
    const small = [...this.#working.keys()].filter(isSmall).length;
    let room = { small: INGEST_LIMITS.SMALL_AT_ONCE - small, large: INGEST_LIMITS.LARGE_AT_ONCE };
    room.large -= this.#working.size - small;
    const nowMs = this.#options.nowMs();
    // Another partition is the first one every time.
    const owned = [...this.#owned];
    const turn = this.#turn++ % Math.max(owned.length, 1);
    for (const partition of [...owned.slice(turn), ...owned.slice(0, turn)]) {
      let looked = 0;
      for (const submission of this.#options.view.table.pending(partition)) {
        if (looked++ === INGEST_LIMITS.PENDING_LOOKED_AT || room.small + room.large <= 0) break;
        const tries = this.#tries.get(submission.claim.submissionId);
        if (this.#working.has(submission) || (tries?.notBeforeMs ?? 0) > nowMs) continue;
        const size = isSmall(submission) ? 'small' : 'large';
        if (room[size] <= 0) continue;
        room = { ...room, [size]: room[size] - 1 };
        next.push(submission);
      }
    }
    return next;
  }

  async #work(submission: Submission): Promise<void> {
    const { submissionId } = submission.claim;
    const mayWrite = () => {
      if (!this.#owned.has(submission.partition)) throw new Lost();
    };
    try {
      // Nothing rests on it, so nothing waits for it; the outcome comes behind it.
      const validating = { state: 'validating', result: null, rejected: null, appended: {} } as const;
      mayWrite();
      this.#append([[submission, validating]]).catch((error: unknown) =>
        this.#options.onProblem('state', submissionId, error),
      );
      const outcome = await readAttempt(this.#options, submission, mayWrite);
      await this.#write(submission, outcome, mayWrite);
      const { metrics } = this.#options;
      if (metrics !== undefined && outcome.result !== null) countResult(metrics, outcome.result);
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

  async #write(submission: Submission, outcome: AttemptResult, mayWrite: () => void): Promise<void> {
    mayWrite();
    const [offset] = await this.#append([[submission, outcome]]);
    await this.#options.view.catchUpTo(submission.partition, (offset as number) + 1);
  }

  #append(states: readonly (readonly [Submission, AttemptResult])[]): Promise<readonly number[]> {
    const atMs = this.#options.nowMs();
    const records = states.map(([{ claim, partition, replay, settled }, outcome]) => {
      const { institution, submissionId } = claim;
      const attempt = replay?.attempt ?? settled?.attempt ?? 1;
      return stateOf({ institution, submissionId, attempt, atMs, ...outcome }, partition);
    });
    return this.#options.bus.append('submissions', records);
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
    const done: [Submission, AttemptResult][] = [];
    for (const submission of waiting) {
      const { state } = submission;
      if (state === null || submission.replay !== null) continue;
      const isDone = Object.entries(state.appended).every(
        ([partition, offset]) => (until.get(Number(partition)) ?? -1) >= offset,
      );
      if (isDone) done.push([submission, { ...outcomeOf(state), state: 'processed' }]);
    }
    for (let from = 0; from < done.length; from += INGEST_LIMITS.STATES_AT_ONCE) {
      const some = done
        .slice(from, from + INGEST_LIMITS.STATES_AT_ONCE)
        .filter(([{ partition }]) => this.#owned.has(partition));
      await this.#append(some);
    }
    await this.#options.view.catchUp();
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#sweptMs < INGEST_LIMITS.SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const partition of this.#owned) {
      const { table } = this.#options.view;
      const { KEPT_MS, KEPT_MIN_MS } = SUBMISSION_LIMITS;
      const keptMs = table.size > INGEST_LIMITS.REMEMBERED_LONG ? KEPT_MIN_MS : KEPT_MS;
      const keys = table.deletable(partition, nowMs, keptMs).slice(0, INGEST_LIMITS.SWEEP_KEYS);
      const records = keys.map((key) => ({ partition, key, value: null }));
      if (records.length > 0) await this.#options.bus.append('submissions', records);
    }
  }
}

/** What a state says of its attempt, for the next one to say. */
const outcomeOf = ({ state, result, rejected, appended, newestMs }: StateRecord): AttemptResult => ({
  state,
  result,
  rejected,
  appended,
  ...(newestMs === undefined ? {} : { newestMs }),
});

/** A record that is too large stays so. */
const isOfTheLog = (error: unknown): boolean =>
  error instanceof Interrupted ||
  (RastroError.is(error) && error.code.startsWith('RAS-BUS-') && error.code !== 'RAS-BUS-RECORD-TOO-LARGE');
