/**
 * Offset of a time zone at an instant. luxon is asked once per zone and quarter hour: since 1970 every change of every
 * zone's clock falls on one.
 */
import { IANAZone } from 'luxon';

const BUCKET_MS = 900_000;
/** Quarter hours remembered per zone (about two years); zones are as many as IANA knows. */
const CACHED_BUCKETS_MAX = 65_536;

/** Answers for any zone name, remembering what it was asked. */
export class ZoneOffsets {
  readonly #zones = new Map<
    string,
    { readonly zone: IANAZone; readonly offsets: Map<number, number> } | null
  >();

  /** Minutes east of UTC at an instant; null where there is no such zone. */
  at(name: string, timeMs: number): number | null {
    let known = this.#zones.get(name);
    if (known === undefined) {
      known = IANAZone.isValidZone(name) ? { zone: IANAZone.create(name), offsets: new Map() } : null;
      // Only real names are kept: a feed may hold any number of wrong ones.
      if (known !== null) this.#zones.set(name, known);
    }
    if (known === null) return null;
    const bucket = Math.floor(timeMs / BUCKET_MS);
    let offset = known.offsets.get(bucket);
    if (offset === undefined) {
      offset = known.zone.offset(bucket * BUCKET_MS);
      if (known.offsets.size >= CACHED_BUCKETS_MAX) known.offsets.clear();
      known.offsets.set(bucket, offset);
    }
    return offset;
  }
}
