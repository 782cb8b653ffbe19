/**
 * Tier 2, first part: the gate's counters counted exactly, from the bits that the kernel left in the history. A counter of
 * tier 1 holds up to twice its window; most candidates end here, without a field of an event being read.
 */
import type { KindPlan } from '../../../rules/compiler/index.ts';
import type { FactStore } from '../../facts/store.ts';
import type { SubjectCandidates } from './candidate-list.ts';
import type { KindTier } from './kind-tier.ts';

const FIRST_EVENTS = 256;

export class Recount {
  readonly #plan: KindPlan;
  readonly #store: FactStore;
  readonly #counts: Float64Array;
  /** First event inside the window of each counter. */
  readonly #from: Int32Array;
  #times = new Float64Array(FIRST_EVENTS);
  #bits: Int32Array;

  constructor(plan: KindPlan, store: FactStore) {
    this.#plan = plan;
    this.#store = store;
    this.#bits = new Int32Array(FIRST_EVENTS * plan.bitWords);
    this.#counts = new Float64Array(plan.counters.length);
    this.#from = new Int32Array(plan.counters.length);
  }

  /** The candidates without the rules whose gate does not hold exactly; rules with an open episode are left as they are. */
  filter(tier: KindTier, line: number, candidates: SubjectCandidates): SubjectCandidates {
    const { positions, masks } = candidates;
    const { maskWords, rules } = this.#plan;
    const asked = rules.filter(
      ({ bit, isGated }) =>
        isGated && positions.some((_, i) => names(masks, i * maskWords, bit)) && !tier.slab.isOpen(line, bit),
    );
    if (asked.length === 0) return candidates;
    const counters = [...new Set(asked.flatMap((rule) => rule.counters))];
    const windowMs = Math.max(...counters.map((counter) => this.#plan.counters[counter]?.windowMs ?? 0));
    const last = positions[positions.length - 1] as number;
    const first = this.#read(tier, line, positions[0] as number, last, windowMs);
    for (const counter of counters) {
      this.#counts[counter] = 0;
      this.#from[counter] = 0;
    }
    const out: { positions: number[]; masks: number[] } = { positions: [], masks: [] };
    let next = 0;
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      const at = position - first;
      for (; next <= at; next++) this.#take(counters, next);
      this.#expire(counters, this.#times[at] as number);
      const mask = masks.slice(i * maskWords, (i + 1) * maskWords);
      for (const { bit, gate } of asked) {
        if (names(mask, 0, bit) && !gate(this.#counts)) mask[bit >>> 5]! &= ~(1 << (bit & 31));
      }
      if (mask.every((word) => word === 0)) continue;
      out.positions.push(position);
      out.masks.push(...mask);
    }
    return out;
  }

  #take(counters: readonly number[], at: number): void {
    for (const counter of counters) {
      if (this.#holds(counter, at)) this.#counts[counter] = (this.#counts[counter] as number) + 1;
    }
  }

  #expire(counters: readonly number[], timeMs: number): void {
    for (const counter of counters) {
      const { windowMs } = this.#plan.counters[counter] as KindPlan['counters'][number];
      let from = this.#from[counter] as number;
      while ((this.#times[from] as number) <= timeMs - windowMs) {
        if (this.#holds(counter, from)) this.#counts[counter] = (this.#counts[counter] as number) - 1;
        from++;
      }
      this.#from[counter] = from;
    }
  }

  #holds(counter: number, at: number): boolean {
    const { bit } = this.#plan.counters[counter] as KindPlan['counters'][number];
    return ((this.#bits[at * this.#plan.bitWords + (bit >>> 5)] as number) & (1 << (bit & 31))) !== 0;
  }

  /**
   * Times and bits of the events up to position `last`, from the earliest that lies within `windowMs` before `first` on.
   * Returns that one's position.
   */
  #read(tier: KindTier, line: number, first: number, last: number, windowMs: number): number {
    let earliest = Number.NEGATIVE_INFINITY;
    let start = last + 1;
    const { bitWords } = this.#plan;
    const room = last + 1;
    this.#reserve(room);
    // Filled from the end, because the latest event is read first.
    let at = room;
    tier.readBack(line, 0, (position, leg, words, from) => {
      if (position > last) return true;
      const row = leg >> 1;
      const timeMs = this.#store.timeOf(row);
      if (timeMs <= earliest) return false;
      if (position === first) earliest = timeMs - windowMs;
      at--;
      this.#times[at] = timeMs;
      for (let word = 0; word < bitWords; word++)
        this.#bits[at * bitWords + word] = words[from + word] as number;
      start = position;
      return true;
    });
    this.#times.copyWithin(0, at, room);
    this.#bits.copyWithin(0, at * bitWords, room * bitWords);
    return start;
  }

  #reserve(events: number): void {
    if (events <= this.#times.length) return;
    const capacity = Math.max(events, 2 * this.#times.length);
    this.#times = new Float64Array(capacity);
    this.#bits = new Int32Array(capacity * this.#plan.bitWords);
  }
}

function names(masks: readonly number[], from: number, bit: number): boolean {
  return ((masks[from + (bit >>> 5)] as number) & (1 << (bit & 31))) !== 0;
}
