/**
 * Offset of a time zone at an instant. luxon knows the zones; it is asked once per zone and day, and once per quarter hour
 * of the few days on which a clock changes (since 1970 every change of every zone falls on one).
 */
import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
/** Days, and quarter hours of changing days, remembered per zone: a century of days. */
const CACHED_MAX = 36_525;

/** Answers for any zone name, remembering what it was asked. */
export class ZoneOffsets {
  readonly #zones = new Map<string, ZoneMemory>();

  /** Minutes east of UTC at an instant; null where there is no such zone. */
  at(name: string, timeMs: number): number | null {
    let zone = this.#zones.get(name);
    if (zone === undefined) {
      // Only real names are kept: a feed may hold any number of wrong ones.
      if (!IANAZone.isValidZone(name)) return null;
      zone = new ZoneMemory(IANAZone.create(name));
      this.#zones.set(name, zone);
    }
    return zone.at(timeMs);
  }
}

class ZoneMemory {
  readonly #zone: IANAZone;
  /** Offset of a day without a change; null where the clock changes. */
  readonly #days = new Map<number, number | null>();
  readonly #quarters = new Map<number, number>();

  constructor(zone: IANAZone) {
    this.#zone = zone;
  }

  at(timeMs: number): number {
    const day = Math.floor(timeMs / DAY_MS);
    let steady = this.#days.get(day);
    if (steady === undefined) {
      const start = this.#zone.offset(day * DAY_MS);
      steady = start === this.#zone.offset((day + 1) * DAY_MS) ? start : null;
      remember(this.#days, day, steady);
    }
    return steady ?? this.#atQuarter(Math.floor(timeMs / QUARTER_MS));
  }

  #atQuarter(quarter: number): number {
    let offset = this.#quarters.get(quarter);
    if (offset === undefined) {
      offset = this.#zone.offset(quarter * QUARTER_MS);
      remember(this.#quarters, quarter, offset);
    }
    return offset;
  }
}

function remember<V>(cache: Map<number, V>, key: number, value: V): void {
  if (cache.size >= CACHED_MAX) cache.clear();
  cache.set(key, value);
}
