/** Peers as the brute force reads them: `rules/SEMANTICS.md` §13 read aloud, over the tables of a vector. */
import type { Vector } from './vectors.ts';

const DAY_MS = 86_400_000;
const TABLE_DAYS = 35;

/** Of the tables that hold at `time` the one of the latest day, and in it the group of the event that has `fields`. */
export function brutePeers(
  peers: Vector['peers'],
  bar: { readonly peer: string; readonly quantile: number },
  time: number,
  fields: Readonly<Record<string, unknown>>,
): number | bigint | undefined {
  const { by, days } = peers[bar.peer]!;
  const begins = (day: string) => Date.parse(`${day}T00:00:00Z`) + DAY_MS;
  const latest = Object.keys(days)
    .filter((day) => begins(day) <= time)
    .sort()
    .at(-1);
  if (latest === undefined || time >= begins(latest) + TABLE_DAYS * DAY_MS) return undefined;
  const group = by.map((field) => fields[field]);
  if (group.some((value) => value === null || value === undefined || value === 'unknown')) return undefined;
  const found = days[latest]!.find(({ of }) => of.every((value, i) => value === group[i]));
  return found?.values[String(bar.quantile)];
}
