/**
 * A second reading of what was rejected: which records it takes in, and what stands afterwards. What an attempt leaves rejected is
 * written whole with it, so that the next one starts from there and no record comes in twice.
 */

import { MoneyTotals } from '../../pipelines/ingest/submission/money-totals.ts';
import { openRejected, rejectedRun } from '../../pipelines/ingest/submission/rejected-lines.ts';
import type { Submission } from '../../pipelines/ingest/submission/table.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import type { RejectedLine, StateRecord, SubmissionResult } from '../../schemas/submission.ts';

/** Behind every file. */
const END = Number.MAX_SAFE_INTEGER;

/** Rejected lines of an attempt, in the order of the submission. */
export async function* rejectedLines(
  { bus, rawKey }: { readonly bus: Bus; readonly rawKey: Uint8Array },
  state: Pick<StateRecord, 'submissionId' | 'rejected'>,
): AsyncGenerator<readonly RejectedLine[]> {
  if (state.rejected === null) return;
  const { partition, from, to, run } = state.rejected;
  const begin = (await bus.ranges('rejected'))[partition]?.begin ?? 0;
  // Lines that were kept long enough are gone; how many there were, the result still says.
  for await (const record of bus.read('rejected', partition, Math.max(from, begin), to + 1)) {
    const of = rejectedRun(record);
    if (of?.submissionId === state.submissionId && of.run === run) yield openRejected(rawKey, record);
  }
}

export class Replay {
  readonly #before: SubmissionResult;
  /** Lines of the records that are read again, and of the others. */
  readonly #selected = new Map<number, RejectedLine[]>();
  readonly #others: RejectedLine[] = [];
  readonly #met = new Set<number>();
  /** Records from here on were never read. */
  readonly #unreadFrom: number;

  constructor(before: SubmissionResult, lines: readonly RejectedLine[], codes: readonly string[] | null) {
    this.#before = before;
    const isAsked = (code: string) => codes === null || codes.includes(code);
    const asked = new Set(lines.filter(({ code }) => isAsked(code)).map(({ byteOffset }) => byteOffset));
    for (const line of lines) {
      const { byteOffset } = line;
      if (!asked.has(byteOffset)) this.#others.push(line);
      else this.#selected.set(byteOffset, [...(this.#selected.get(byteOffset) ?? []), line]);
    }
    const ends = before.faults.filter(({ code }) => isAsked(code)).map(({ byteOffset }) => byteOffset);
    this.#unreadFrom = Math.min(Number.POSITIVE_INFINITY, ...ends);
  }

  wants(byteOffset: number): boolean {
    if (byteOffset >= this.#unreadFrom) return true;
    if (!this.#selected.has(byteOffset)) return false;
    this.#met.add(byteOffset);
    return true;
  }

  /** Lines that stay rejected as they were: not asked for, or no record any more under the new mapping. */
  carried(): RejectedLine[] {
    const unmet = [...this.#selected]
      .filter(([offset]) => !this.#isRead(offset))
      .flatMap(([, lines]) => lines);
    return [...unmet, ...this.#others].sort((a, b) => a.byteOffset - b.byteOffset);
  }

  #isRead(offset: number): boolean {
    return this.#met.has(offset) || offset >= this.#unreadFrom;
  }

  /** What stands after this reading gave `read`. */
  resultWith(read: SubmissionResult): SubmissionResult {
    const { counts, totals, faults } = this.#before;
    const carried = this.carried();
    const accepted = counts.accepted + read.counts.accepted;
    const duplicates = counts.duplicates + read.counts.duplicates;
    const rejected = new Set(carried.map(({ byteOffset }) => byteOffset)).size + read.counts.rejected;
    const byCode = new Map(Object.entries(read.rejectsByCode));
    for (const { code } of carried) byCode.set(code, (byCode.get(code) ?? 0) + 1);
    const sums = new MoneyTotals();
    sums.addTotals(totals);
    sums.addTotals(read.totals);
    // Where this reading ended says nothing of records that an earlier one has read.
    const ended = read.faults.map((fault) => ({
      ...fault,
      byteOffset: Math.max(fault.byteOffset, Math.min(this.#unreadFrom, END)),
    }));
    const unread = this.#unreadFrom === Number.POSITIVE_INFINITY ? faults : [];
    return {
      counts: { read: accepted + rejected + duplicates, accepted, rejected, duplicates },
      totals: sums.totals(),
      rejectsByCode: Object.fromEntries([...byCode].sort(([a], [b]) => (a < b ? -1 : 1))),
      // A fault that was not asked for still stands; it comes up again where the file is still broken.
      faults: ended.length > 0 ? ended : unread,
      idsDerived: read.idsDerived || this.#before.idsDerived,
    };
  }
}

/** Null where the whole submission is read: the first time, and where nothing of it was taken in. */
export async function openReplay(
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  { claim, settled, replay }: Submission,
): Promise<Replay | null> {
  const before = settled?.result;
  if (replay === null || settled === null || before === null || before === undefined) return null;
  const tookNothing = before.counts.accepted + before.counts.duplicates === 0;
  if (claim.onError === 'rejectFile' || claim.dryRun || (tookNothing && replay.codes === null)) return null;
  const lines: RejectedLine[] = [];
  for await (const some of rejectedLines(parts, settled)) lines.push(...some);
  return new Replay(before, lines, replay.codes);
}
