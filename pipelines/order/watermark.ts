/**
 * The watermark of a log partition: the event time before which no row of a streaming institution is expected any more.
 *
 * It is the least, over the institutions that stream, of the highest event time of their rows less their lateness. It never
 * falls, knows no clock, and depends on the records of the log alone. An institution whose newest row is older than what the
 * partition has reached by more than its declared silence is not waited for: it counts as up to date. One that has said of itself
 * that nothing before a time comes any more is not waited for up to there. Files hold nothing back.
 *
 * What a partition has reached is what an empty block of the log says (the writer puts one where it is silent), or what at
 * least two streaming institutions have reached: one row with a wrong year makes nobody else silent.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { CadenceTimeline } from './cadence-timeline.ts';

const NEVER = Number.NEGATIVE_INFINITY;
const NO_SLOT = -1;

interface Sender {
  readonly timeline: CadenceTimeline;
  /** Highest event time of its rows so far. */
  highestMs: number;
  /** It has said that no row of its own before this comes any more. */
  toldMs: number;
}

export class Watermark {
  /** Institutions that have declared a cadence, and where each is by id of its name. */
  readonly #senders: Sender[] = [];
  #slotOf = new Int32Array(0);
  #streams = false;
  /** What empty blocks say has been reached. */
  #toldMs = NEVER;
  #timeMs = NEVER;

  /** Some institution has declared to stream at some time. */
  get hasStreams(): boolean {
    return this.#streams;
  }

  /** Epoch milliseconds; -Infinity as long as nothing can be said. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** From `fromMs` of event time on, the institution (id of its name) submits so. Rows that came before are not looked at again. */
  declare(institution: number, fromMs: number, cadence: Cadence): void {
    if (institution >= this.#slotOf.length) {
      const grown = new Int32Array(institution + 1).fill(NO_SLOT);
      grown.set(this.#slotOf);
      this.#slotOf = grown;
    }
    let slot = this.#slotOf[institution] as number;
    if (slot === NO_SLOT) {
      slot = this.#senders.length;
      this.#slotOf[institution] = slot;
      this.#senders.push({ timeline: new CadenceTimeline(), highestMs: NEVER, toldMs: NEVER });
    }
    (this.#senders[slot] as Sender).timeline.declare(fromMs, cadence);
    if (cadence.kind === 'stream') this.#streams = true;
  }

  /** A row has come; true if it is one of a stream. The watermark moves with the next `advance`. */
  see(institution: number, timeMs: number): boolean {
    const slot = institution < this.#slotOf.length ? (this.#slotOf[institution] as number) : NO_SLOT;
    if (slot === NO_SLOT) return false;
    const sender = this.#senders[slot] as Sender;
    if (timeMs > sender.highestMs) sender.highestMs = timeMs;
    return sender.timeline.at(timeMs).kind === 'stream';
  }

  /** An empty block: its writer has reached `timeMs` of event time. */
  tell(timeMs: number): void {
    if (timeMs > this.#toldMs) this.#toldMs = timeMs;
  }

  /** An empty block: no row of the institution (id of its name) before `timeMs` comes any more. Of files it says nothing. */
  tellOf(institution: number, timeMs: number): void {
    const slot = institution < this.#slotOf.length ? (this.#slotOf[institution] as number) : NO_SLOT;
    if (slot === NO_SLOT) return;
    const sender = this.#senders[slot] as Sender;
    if (timeMs > sender.toldMs) sender.toldMs = timeMs;
  }

  /** Moves the watermark to where the rows seen and the blocks told let it be; returns it. */
  advance(): number {
    const reachedMs = this.#reachedMs();
    let leastMs = Number.POSITIVE_INFINITY;
    for (const { timeline, highestMs, toldMs } of this.#senders) {
      const lastMs = Math.max(highestMs, toldMs);
      // Who has not said anything yet is silent.
      const asOfMs = lastMs === NEVER ? reachedMs : lastMs;
      if (asOfMs === NEVER) continue;
      const cadence = timeline.at(asOfMs);
      if (cadence.kind === 'file') continue;
      const isSilent = reachedMs - lastMs > cadence.silenceMs;
      // What it has said of itself needs no lateness.
      const ownMs = Math.max((isSilent ? reachedMs : highestMs) - cadence.latenessMs, toldMs);
      leastMs = Math.min(leastMs, ownMs);
    }
    // With nobody to wait for, what the writer says is all there is.
    if (leastMs === Number.POSITIVE_INFINITY) leastMs = this.#toldMs;
    if (leastMs > this.#timeMs) this.#timeMs = leastMs;
    return this.#timeMs;
  }

  *save(out: CheckpointOut): Steps<void> {
    const senders = this.#senders.map(({ timeline }, slot) => [
      this.#slotOf.indexOf(slot),
      timeline.declared(),
    ]);
    yield* out.list('senders', senders);
    // Some of these are infinite, which no list can say.
    const times = this.#senders.flatMap(({ highestMs, toldMs }) => [highestMs, toldMs]);
    yield* out.numbers('watermark', this.#toldMs, this.#timeMs, ...times);
  }

  load(image: CheckpointIn): void {
    const senders = [...image.list('senders')] as [number, [number, Cadence][]][];
    for (const [institution, declared] of senders)
      for (const [fromMs, cadence] of declared) this.declare(institution, fromMs, cadence);
    const [toldMs = NEVER, timeMs = NEVER, ...times] = image.numbers('watermark');
    this.#toldMs = toldMs;
    this.#timeMs = timeMs;
    for (const [i, sender] of this.#senders.entries()) {
      sender.highestMs = times[2 * i] ?? NEVER;
      sender.toldMs = times[2 * i + 1] ?? NEVER;
    }
  }

  /** The higher one of what blocks told and the second highest time of those who stream. */
  #reachedMs(): number {
    let first = NEVER;
    let second = NEVER;
    for (const { timeline, highestMs } of this.#senders) {
      if (highestMs <= second || timeline.at(highestMs).kind === 'file') continue;
      second = Math.min(first, highestMs);
      first = Math.max(first, highestMs);
    }
    return Math.max(second, this.#toldMs);
  }
}
