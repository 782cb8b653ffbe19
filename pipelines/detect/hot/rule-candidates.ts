/** Positions and ticks as of which one rule on one subject may fire: what came out of tier 1, and what generated code says of it. */
import {
  type Candidates,
  type CheckedRule,
  type Confirmation,
  type SubjectRun,
  tickAfter,
} from '../../../rules/compiler/index.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import type { SubjectCandidates } from './candidate-list.ts';
import type { Confirmed } from './confirmer.ts';
import type { TickRange } from './tick-calendar.ts';

/** Of one rule on one subject. */
export interface RuleAsked {
  readonly rule: CheckedRule;
  readonly run: SubjectRun | undefined;
  readonly confirm: Confirm;
  readonly ticks: TickRange | null;
}

/** What generated code says of one rule as of the subject's events from a position on. */
export type Confirm = (bit: number, first: number) => Confirmed;

/** Positions at which one rule is a candidate and may fire, asked for in ascending order. */
export class RuleCandidates implements Candidates {
  readonly #positions: readonly number[];
  readonly #masks: readonly number[];
  readonly #maskWords: number;
  readonly #bit: number;
  readonly #run: SubjectRun | undefined;
  readonly #confirm: Confirm;
  #at = 0;
  /** The position at `#at` may fire. */
  #isConfirmed = false;
  /** From here on `#confirmation` answers; -1: not asked for yet. */
  #first = -1;
  #confirmation: Confirmation | null = null;
  #untilMs = Number.POSITIVE_INFINITY;
  readonly #rule: CheckedRule;
  readonly #ticks: TickRange | null;
  /** The first tick after `#soughtMs`; null where there is none. */
  #tick: number | null = null;
  #soughtMs = Number.POSITIVE_INFINITY;

  constructor(
    { positions, masks }: SubjectCandidates,
    maskWords: number,
    bit: number,
    { run, confirm, ticks, rule }: RuleAsked,
  ) {
    this.#positions = positions;
    this.#masks = masks;
    this.#maskWords = maskWords;
    this.#bit = bit;
    this.#run = run;
    this.#confirm = confirm;
    this.#ticks = ticks;
    this.#rule = rule;
  }

  next(position: number): number | null {
    for (; this.#at < this.#positions.length; this.#at++) {
      const found = this.#positions[this.#at] as number;
      if (found >= position && (this.#isConfirmed || (this.#names(this.#at) && this.#isWorth(found)))) {
        this.#isConfirmed = true;
        return found;
      }
      this.#isConfirmed = false;
    }
    return null;
  }

  mayTrigger(position: number): boolean {
    const confirmation = this.#from(position);
    return confirmation === null || confirmation.mayTrigger(position);
  }

  mayFire(position: number): boolean {
    const confirmation = this.#from(position);
    return confirmation === null || confirmation.mayFire(position);
  }

  nextTick(afterMs: number): number | null {
    const ticks = this.#ticks;
    if (ticks === null) return null;
    const { fromMs, untilMs } = this.#rule.inForce;
    const from = Math.max(afterMs, ticks.afterMs, ticks.positionMs, fromMs - 1);
    if (this.#soughtMs <= from && (this.#tick === null || this.#tick > from)) return this.#tick;
    this.#soughtMs = from;
    this.#tick = this.#seekTick(ticks, from, Math.min(ticks.untilMs, untilMs - 1));
    return this.#tick;
  }

  mayFireAt(tickMs: number, position: number): boolean {
    const confirmation = this.#from(position);
    if (confirmation === null || this.#ticks === null || this.#isLong(this.#ticks)) return true;
    return tickMs > this.#untilMs || confirmation.tickAfter(tickMs - 1, tickMs) === tickMs;
  }

  #seekTick(ticks: TickRange, from: number, until: number): number | null {
    const confirmation = this.#from(ticks.position);
    let sure = from;
    if (confirmation !== null && !this.#isLong(ticks)) {
      const found = confirmation.tickAfter(from, Math.min(until, this.#untilMs));
      if (!Number.isNaN(found)) return found;
      // A reversal at that time has not happened as of the tick.
      sure = Math.max(from, this.#untilMs);
    }
    const next = tickAfter(sure);
    return next <= until ? next : null;
  }

  /** What the history cap leaves out is left to the reference. */
  #isLong({ length }: TickRange): boolean {
    return length > LIMITS.HISTORY_EVENTS;
  }

  /** While an episode is open, which event of an hour counts is known only when the rule is run. */
  #isWorth(position: number): boolean {
    const confirmation = this.#from(position);
    if (confirmation === null) return true;
    const timeMs = confirmation.timeAt(position);
    if (Number.isNaN(timeMs)) return false;
    const isOpen = this.#run !== undefined && timeMs <= this.#run.openUntilMs;
    return isOpen ? confirmation.mayTrigger(position) : confirmation.mayFire(position);
  }

  #from(position: number): Confirmation | null {
    if (this.#first < 0) {
      const first = Math.min(
        this.#ticks?.position ?? position,
        this.#run?.nextPosition ?? position,
        position,
      );
      this.#ask(first);
    }
    if (position > this.#first && this.#isOver(position)) this.#ask(position);
    return position < this.#first ? null : this.#confirmation;
  }

  #ask(first: number): void {
    this.#first = first;
    const { confirmation, untilMs } = this.#confirm(this.#bit, first);
    this.#confirmation = confirmation;
    this.#untilMs = untilMs;
  }

  /** What was said does not hold as of this event. */
  #isOver(position: number): boolean {
    if (this.#untilMs === Number.POSITIVE_INFINITY) return false;
    return this.#confirmation === null || this.#confirmation.timeAt(position) >= this.#untilMs;
  }

  #names(at: number): boolean {
    const word = this.#masks[at * this.#maskWords + (this.#bit >>> 5)] as number;
    return (word & (1 << (this.#bit & 31))) !== 0;
  }
}
