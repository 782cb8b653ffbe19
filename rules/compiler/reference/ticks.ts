/** Which ticks a subject has (SEMANTICS §9a). */
import type { CheckedRule } from '../checked-rule.ts';
import { holdsAt } from '../timeline.ts';
import { DAY_MS } from '../window.ts';

/** The first midnight, UTC, after a time. */
export function tickAfter(timeMs: number): number {
  return (Math.floor(timeMs / DAY_MS) + 1) * DAY_MS;
}

/** The last midnight, UTC, at or before a time. */
export function tickUpTo(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}

interface Timed {
  readonly time: number;
}

/**
 * The ticks of one rule in one history: up to its longest window after the last event that triggers it. Each event is asked once
 * whether it does.
 */
export class Ticks {
  readonly #rule: CheckedRule;
  /** Events up to this position were asked, and the last of them that triggers; -1 where there is none. */
  #askedUpTo = -1;
  #trigger = -1;

  constructor(rule: CheckedRule) {
    this.#rule = rule;
  }

  /** The history has changed from a position on. */
  forget(position: number): void {
    if (position > this.#askedUpTo) return;
    this.#askedUpTo = -1;
    this.#trigger = -1;
  }

  /** When the last tick may be that follows the event at `at`; -Infinity where nothing triggers. */
  until(at: number, events: readonly Timed[], triggers: (position: number) => boolean): number {
    if (at < this.#askedUpTo) this.forget(at);
    const reachMs = this.#rule.longestWindowMs;
    const sinceMs = events[at]!.time - reachMs;
    let position = at;
    while (position > this.#askedUpTo && events[position]!.time >= sinceMs && !triggers(position)) position--;
    if (position > this.#askedUpTo) this.#trigger = events[position]!.time >= sinceMs ? position : -1;
    this.#askedUpTo = at;
    return this.#trigger < 0 ? Number.NEGATIVE_INFINITY : events[this.#trigger]!.time + reachMs;
  }

  /** A tick belongs to the version of a rule in whose interval both it and the event before it lie. */
  isInForce(tickMs: number, event: Timed): boolean {
    return holdsAt(this.#rule.inForce, tickMs) && holdsAt(this.#rule.inForce, event.time);
  }
}
