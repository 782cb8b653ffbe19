/**
 * Local wall time to offset. luxon knows the zones; this file asks it only twice per zone and day, because a mapping
 * asks for the same days a million times. Days on which the clocks change are resolved one by one.
 */
import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Days remembered per zone: over a century; cleared when full. */
const CACHED_DAYS = 50_000;

/** Offset in minutes east of UTC; or that the local time never was, or was twice (both offsets, earlier instant first). */
export type LocalOffset =
  | { readonly kind: 'one'; readonly offset: number }
  | { readonly kind: 'gap' }
  | { readonly kind: 'overlap'; readonly earlier: number; readonly later: number };

export class ZoneClock {
  readonly #zone: IANAZone;
  readonly #steady = new Map<number, LocalOffset | null>();

  private constructor(zone: IANAZone) {
    this.#zone = zone;
  }

  /** The clock of an IANA zone, or null where there is no such zone. */
  static of(name: string): ZoneClock | null {
    return IANAZone.isValidZone(name) ? new ZoneClock(IANAZone.create(name)) : null;
  }

  /** `wallMs` is the wall time read as if it were UTC. */
  offsetAt(wallMs: number): LocalOffset {
    const day = Math.floor(wallMs / DAY_MS);
    let steady = this.#steady.get(day);
    if (steady === undefined) {
      // No zone is further than 15 hours from UTC, so two days around the wall day hold any change that touches it.
      const before = this.#zone.offset((day - 1) * DAY_MS);
      const after = this.#zone.offset((day + 2) * DAY_MS);
      steady = before === after ? { kind: 'one', offset: before } : null;
      if (this.#steady.size >= CACHED_DAYS) this.#steady.clear();
      this.#steady.set(day, steady);
    }
    return steady ?? this.#changing(wallMs);
  }

  #changing(wallMs: number): LocalOffset {
    const fits = new Set<number>();
    for (const guess of [this.#zone.offset(wallMs - DAY_MS), this.#zone.offset(wallMs + DAY_MS)]) {
      if (this.#zone.offset(wallMs - guess * MINUTE_MS) === guess) fits.add(guess);
    }
    const [first, second] = [...fits].sort((a, b) => b - a);
    if (first === undefined) return { kind: 'gap' };
    if (second === undefined) return { kind: 'one', offset: first };
    return { kind: 'overlap', earlier: first, later: second };
  }
}
