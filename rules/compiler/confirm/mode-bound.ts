/**
 * A bound from above of `top_share`, kept while a window moves on: most accounts are far from it, and the modes themselves are
 * dear to find.
 *
 * Values lie in buckets, each so much wider than the one before that a mode touches two neighbours at most. What the modes
 * take is then no more than the heaviest buckets hold, two for each, nor than the heaviest pair as often as there are modes.
 */

/** Wider by this much than a mode, so that rounding of logarithms moves none into a third bucket. */
const WIDENED = 1.0001;

export class ModeBound {
  readonly #top: number;
  readonly #width: number;
  readonly #weights = new Map<number, number>();
  readonly #heaviest: number[];
  #total = 0;
  /** No less than what the modes take now. */
  #most = 0;
  #isExact = true;

  /** `toleranceMilli` below 1,000. */
  constructor(top: number, toleranceMilli: number) {
    this.#top = top;
    this.#width = Math.log((WIDENED * (1_000 + toleranceMilli)) / (1_000 - toleranceMilli));
    this.#heaviest = Array.from({ length: 2 * top }, () => 0);
  }

  clear(): void {
    this.#weights.clear();
    this.#total = 0;
    this.#most = 0;
    this.#isExact = true;
  }

  /** A value above 0 comes. */
  put(value: number): void {
    const bucket = this.#bucketOf(value);
    this.#weights.set(bucket, (this.#weights.get(bucket) ?? 0) + value);
    this.#total += value;
    this.#most += value;
    if (this.#total > Number.MAX_SAFE_INTEGER) this.#isExact = false;
  }

  /** One that came goes. */
  take(value: number): void {
    const bucket = this.#bucketOf(value);
    const left = (this.#weights.get(bucket) as number) - value;
    if (left === 0) this.#weights.delete(bucket);
    else this.#weights.set(bucket, left);
    this.#total -= value;
  }

  /** False: the share that lies on the modes is less than `share`. */
  reaches(share: number): boolean {
    if (!this.#isExact) return true;
    if (this.#most / this.#total < share) return false;
    this.#most = this.#bound();
    return this.#most / this.#total >= share;
  }

  #bucketOf(value: number): number {
    return Math.floor(Math.log(value) / this.#width);
  }

  #bound(): number {
    const heaviest = this.#heaviest;
    heaviest.fill(0);
    let pair = 0;
    for (const [bucket, weight] of this.#weights) {
      pair = Math.max(pair, weight + (this.#weights.get(bucket + 1) ?? 0));
      if (weight <= (heaviest[0] as number)) continue;
      // Ascending: the lightest of the heaviest comes first.
      let at = 0;
      for (; at + 1 < heaviest.length && (heaviest[at + 1] as number) < weight; at++) {
        heaviest[at] = heaviest[at + 1] as number;
      }
      heaviest[at] = weight;
    }
    let sum = 0;
    for (const weight of heaviest) sum += weight;
    return Math.min(sum, this.#top * pair);
  }
}
