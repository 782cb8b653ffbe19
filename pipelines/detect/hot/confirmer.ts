/**
 * Tier 2, second part: before the reference program is asked, generated code (`rules/compiler/confirm`) says of most candidates
 * that the rule does not fire there. It reads the columns of the window's events, no object an event.
 *
 * Events of a busy subject are held from one evaluation to the next, so that its window is not read anew each time.
 */
import type {
  Confirmation,
  ConfirmationEnvironment,
  ConfirmationPlan,
  KindPlan,
} from '../../../rules/compiler/index.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import type { FactStore } from '../../facts/store.ts';
import type { KindTier } from './kind-tier.ts';
import { confirmationsOf } from './plan-cache.ts';
import type { RowQuestions } from './row-questions.ts';

/** Events from which on a window is held; events held in all, of one kind of subject. */
const HELD_FROM_EVENTS = 256;
const HELD_EVENTS_MAX = 1 << 21;
const FIRST_EVENTS = 1_024;

export interface ConfirmerOptions {
  readonly plan: KindPlan;
  readonly store: FactStore;
  /** Bits of the members of sets: the dictionary's. */
  readonly dictionary: { readonly setBits: Int32Array };
  readonly rows: RowQuestions;
  readonly environment: ConfirmationEnvironment;
}

/** What generated code says of a rule as of events before `untilMs`; null where it can say nothing. */
export interface Confirmed {
  readonly confirmation: Confirmation | null;
  /** From here on a reversal takes an event away: asked for again, there may be something to say. */
  readonly untilMs: number;
}

/** The window of one rule on one subject. */
interface Held {
  readonly confirmation: Confirmation;
  readonly untilMs: number;
  /** Events from this time on are in it, and those at positions below `length` of the history. */
  readonly sinceMs: number;
  length: number;
  /** How many are in it. */
  events: number;
}

interface HeldSubject {
  readonly key: number;
  readonly rules: (Held | undefined)[];
  events: number;
}

export class Confirmer {
  readonly #plans: readonly ConfirmationPlan[];
  /** By bit: how long after an event that triggers there are ticks; 0 of a rule that does not tick. */
  readonly #tickMs: readonly number[];
  readonly #store: FactStore;
  readonly #dictionary: ConfirmerOptions['dictionary'];
  readonly #rows: RowQuestions;
  readonly #environment: ConfirmationEnvironment;
  readonly #makers: (() => Confirmation)[] = [];
  /** One of each rule for subjects that are looked at once. */
  readonly #scratch: Confirmation[] = [];
  readonly #held = new Map<number, HeldSubject>();
  #heldEvents = 0;
  /** Time of the first event that is asked about. */
  #firstMs = 0;
  /** When the first reversal of what was taken in comes. */
  #untilMs = Number.POSITIVE_INFINITY;
  #legs = new Int32Array(FIRST_EVENTS);

  constructor({ plan, store, dictionary, rows, environment }: ConfirmerOptions) {
    this.#plans = confirmationsOf(plan);
    this.#tickMs = plan.rules.map(({ rule }) => (rule.ticks ? rule.longestWindowMs : 0));
    this.#store = store;
    this.#dictionary = dictionary;
    this.#rows = rows;
    this.#environment = environment;
  }

  /** The subject's history changed otherwise than at its end. */
  forget(line: number): void {
    const held = this.#held.get(line);
    if (held === undefined) return;
    this.#heldEvents -= held.events;
    this.#held.delete(line);
  }

  /**
   * What the rule may do as of the subject's events from position `first` on; good until the next call for the same rule.
   * Nothing can be said where a part of an event that some of these may read was reversed.
   */
  of(tier: KindTier, line: number, bit: number, first: number): Confirmed {
    const confirmation = this.#confirmation(tier, line, bit, first);
    return { confirmation, untilMs: this.#untilMs };
  }

  #confirmation(tier: KindTier, line: number, bit: number, first: number): Confirmation | null {
    const { reachMs } = this.#plans[bit] as ConfirmationPlan;
    const subject = this.#held.get(line);
    const held = subject?.key === tier.slab.keyOf(line) ? subject.rules[bit] : undefined;
    if (held !== undefined && first >= held.length) {
      const count = this.#collect(tier, line, held.length, first, reachMs);
      const sinceMs = this.#firstMs - reachMs;
      // Where the window has moved on by as much as it is long, what lies before it is no longer worth keeping.
      if (sinceMs <= held.sinceMs + reachMs && this.#firstMs < held.untilMs) {
        this.#untilMs = held.untilMs;
        const isSure = this.#take(held.confirmation, count, held.length, bit);
        this.#count(subject as HeldSubject, count);
        held.length += count;
        held.events += count;
        if (isSure && this.#untilMs === held.untilMs) return held.confirmation;
        this.forget(line);
        if (!isSure) return null;
      }
    }
    this.#untilMs = Number.POSITIVE_INFINITY;
    const count = this.#collect(tier, line, 0, first, reachMs);
    const length = tier.slab.lengthOf(line);
    const isHeld = count >= HELD_FROM_EVENTS;
    const confirmation = isHeld ? this.#create(bit) : this.#scratchOf(bit);
    if (!isHeld) confirmation.reset();
    if (!this.#take(confirmation, count, length - count, bit)) return null;
    const sinceMs = this.#firstMs - reachMs;
    const untilMs = this.#untilMs;
    if (isHeld) this.#hold(tier, line, bit, { confirmation, untilMs, sinceMs, length }, count);
    return confirmation;
  }

  #hold(tier: KindTier, line: number, bit: number, held: Omit<Held, 'events'>, events: number): void {
    const key = tier.slab.keyOf(line);
    if (this.#held.get(line)?.key !== key) this.forget(line);
    if (this.#heldEvents + events > HELD_EVENTS_MAX) {
      this.#held.clear();
      this.#heldEvents = 0;
    }
    const subject: HeldSubject = this.#held.get(line) ?? { key, rules: [], events: 0 };
    this.#held.set(line, subject);
    this.#count(subject, events - (subject.rules[bit]?.events ?? 0));
    subject.rules[bit] = { ...held, events };
  }

  #count(subject: HeldSubject, events: number): void {
    subject.events += events;
    this.#heldEvents += events;
  }

  /**
   * Legs of the events from position `from` on, the latest first, down to those `reachMs` before the one at position `first`;
   * how many.
   */
  #collect(tier: KindTier, line: number, from: number, first: number, reachMs: number): number {
    let count = 0;
    let sinceMs = Number.NEGATIVE_INFINITY;
    tier.readBack(line, from, (position, leg) => {
      const timeMs = this.#store.timeOf(leg >> 1);
      if (timeMs <= sinceMs) return false;
      if (position === first) {
        this.#firstMs = timeMs;
        sinceMs = timeMs - reachMs;
      }
      if (count === this.#legs.length) this.#grow();
      this.#legs[count++] = leg;
      return true;
    });
    return count;
  }

  /**
   * Takes in what was collected, of which the first event is at position `first`; false where a reversal stands against it. What
   * is reversed as a whole is absent from then on: before the first event that is asked about, or behind `#untilMs`. Where there may
   * be ticks because it triggered before it was reversed, nothing can be said.
   */
  #take(confirmation: Confirmation, count: number, first: number, bit: number): boolean {
    const firstMs = this.#firstMs;
    const tickMs = this.#tickMs[bit] as number;
    const { setBits } = this.#dictionary;
    for (let i = count - 1, position = first; i >= 0; i--, position++) {
      const leg = this.#legs[i] as number;
      const row = leg >> 1;
      const reversals = this.#rows.reversalsOf(row);
      if (reversals !== undefined) {
        const [first] = reversals;
        const hasEffect =
          first !== undefined && first.time >= this.#store.timeOf(row) - LIMITS.ORPHAN_REVERSAL_MS;
        if (!hasEffect || this.#rows.isPartlyReversed(row)) {
          this.#untilMs = Number.POSITIVE_INFINITY;
          return false;
        }
        if (first.time < firstMs) {
          if (tickMs === 0 || this.#store.timeOf(row) + tickMs < firstMs) continue;
          this.#untilMs = Number.POSITIVE_INFINITY;
          return false;
        }
        if (first.time === firstMs) {
          // Which of the two comes first their references say: the reference program knows.
          this.#untilMs = firstMs + 1;
          return false;
        }
        this.#untilMs = Math.min(this.#untilMs, first.time);
      }
      const home = this.#store.home(row);
      const place = row & home.rowMask;
      const side = leg & 1;
      const own = 2 * place + side;
      confirmation.take(home, setBits, place, own, own ^ 1, side, this.#store.timeOf(row), position);
    }
    return true;
  }

  #create(bit: number): Confirmation {
    const make = this.#makers[bit] ?? (this.#plans[bit] as ConfirmationPlan).bind(this.#environment);
    this.#makers[bit] = make;
    return make();
  }

  #scratchOf(bit: number): Confirmation {
    const scratch = this.#scratch[bit] ?? this.#create(bit);
    this.#scratch[bit] = scratch;
    return scratch;
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.#legs.length);
    grown.set(this.#legs);
    this.#legs = grown;
  }
}
