/**
 * Watermarks of institutions that stream, onto every partition of `transactions`: without them rows that wait in a partition would
 * wait for the next row of their institution that happens to go there (`pipelines/order/watermark.ts`).
 *
 * One process writes them, the one that has `WRITER_PARTITION` of `submissions`; two for a moment do no harm, for a watermark never
 * falls. It works in rounds: it notes how far event time has come, and the submissions that are claimed and not yet read; when all of
 * those are read, so that their rows are on the log, it tells what it noted. Rows claimed later came after it, so by their
 * institution's declared lateness they are behind it. So no watermark passes a row that was acknowledged and not routed.
 *
 * What it tells: of each institution, its newest row less its lateness; and, of nobody, that the clock has come so far, where
 * somebody else may have to wait for an institution that is silent. When all rows are passed, nothing is written any more.
 */
import type { Submission, SubmissionTable } from '../../pipelines/ingest/submission/table.ts';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import type { StreamTiming } from '../../schemas/cadence.ts';
import { encodeWatermark } from '../workspace/watermark-record.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { RowRouter } from './output.ts';

const WRITER_PARTITION = 0;
const NEVER = Number.NEGATIVE_INFINITY;

interface Round {
  readonly asOfMs: number;
  /** Of institutions with something to tell: what no row of theirs comes before. */
  readonly reached: ReadonlyMap<string, number>;
  /** Whether silent ones have to be passed. */
  readonly tellsClock: boolean;
  /** Submissions whose rows may lie before what is told. */
  readonly waitsFor: Set<Submission>;
}

export interface WatermarkParts {
  readonly bus: Pick<Bus, 'append'>;
  readonly router: Pick<RowRouter, 'toAll'>;
  readonly table: Pick<SubmissionTable, 'isPending' | 'pendingOf' | 'newestOf'>;
  readonly streams: Readonly<Record<string, StreamTiming>>;
}

export class WatermarkWriter {
  readonly #parts: WatermarkParts;
  readonly #streams: readonly (readonly [string, StreamTiming])[];
  #round: Round | undefined;
  #beganMs = NEVER;
  /** What was told last, by institution, and of the clock. */
  readonly #told = new Map<string, number>();
  #clockMs = NEVER;

  constructor(parts: WatermarkParts) {
    this.#parts = parts;
    this.#streams = Object.entries(parts.streams);
  }

  /** `asOfMs`: the table has everything that was claimed before. @throws RastroError of the bus */
  async look(asOfMs: number, owned: ReadonlySet<number>): Promise<void> {
    if (!owned.has(WRITER_PARTITION)) {
      // Whoever has it now goes on; what it told is not known here.
      this.#round = undefined;
      this.#told.clear();
      this.#clockMs = NEVER;
      return;
    }
    if (this.#round === undefined && asOfMs - this.#beganMs >= INGEST_LIMITS.WATERMARK_MS)
      this.#begin(asOfMs);
    const round = this.#round;
    if (round === undefined) return;
    for (const submission of round.waitsFor)
      if (!this.#parts.table.isPending(submission)) round.waitsFor.delete(submission);
    if (round.waitsFor.size > 0) return;
    await this.#tell(round);
    this.#round = undefined;
  }

  #begin(asOfMs: number): void {
    const { table } = this.#parts;
    const reached = new Map<string, number>();
    let tellsClock = false;
    for (const [institution, { latenessMs, silenceMs }] of this.#streams) {
      const newestMs = table.newestOf(institution);
      if (newestMs === undefined) continue;
      const reachedMs = newestMs - latenessMs;
      const hasMoved = reachedMs > (this.#told.get(institution) ?? NEVER);
      if (hasMoved) reached.set(institution, reachedMs);
      const passedAtMs = newestMs + Math.max(latenessMs, silenceMs);
      const isDue = asOfMs > passedAtMs && this.#clockMs <= passedAtMs;
      if (isDue || (hasMoved && this.#streams.length > 1)) tellsClock = true;
    }
    if (reached.size === 0 && !tellsClock) return;
    this.#beganMs = asOfMs;
    const waitsFor = new Set(this.#streams.flatMap(([institution]) => [...table.pendingOf(institution)]));
    this.#round = { asOfMs, reached, tellsClock, waitsFor };
  }

  async #tell({ asOfMs, reached, tellsClock }: Round): Promise<void> {
    const { bus, router } = this.#parts;
    const records: NewRecord[] = [];
    for (const [institution, timeMs] of reached)
      records.push(...router.toAll('watermark', encodeWatermark({ timeMs, institution })));
    if (tellsClock)
      records.push(...router.toAll('watermark', encodeWatermark({ timeMs: asOfMs, institution: null })));
    await bus.append('transactions', records);
    for (const [institution, timeMs] of reached) this.#told.set(institution, timeMs);
    if (tellsClock) this.#clockMs = asOfMs;
  }
}
