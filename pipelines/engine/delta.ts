/**
 * What differs between two JSON values, and one of them from the other. Versions of a signal say nearly the same: written in full a
 * message of some hundred would be several times as long.
 *
 * A delta is `['=', value]`; or `['~', members]`, of objects with the same keys and of lists of the same length, with the deltas of
 * the members that differ. Equal values have none.
 */
export type Delta = readonly ['=', unknown] | readonly ['~', Readonly<Record<string, Delta>>];

type Members = Readonly<Record<string, unknown>>;

const isOpen = (value: unknown): value is Members => typeof value === 'object' && value !== null;

/** Keys of members that JSON writes. */
const keysOf = (value: Members): string[] => Object.keys(value).filter((key) => value[key] !== undefined);

/** Undefined where they are equal. */
export function deltaOf(from: unknown, to: unknown): Delta | undefined {
  if (Object.is(from, to)) return undefined;
  if (!isOpen(from) || !isOpen(to) || Array.isArray(from) !== Array.isArray(to)) return ['=', to];
  const keys = keysOf(to);
  if (keysOf(from).length !== keys.length) return ['=', to];
  const members: Record<string, Delta> = {};
  for (const key of keys) {
    if (from[key] === undefined) return ['=', to];
    const delta = deltaOf(from[key], to[key]);
    if (delta === undefined) continue;
    members[key] = delta;
  }
  return Object.keys(members).length === 0 ? undefined : ['~', members];
}

/** @throws Error where the delta is none of `from`. */
export function applied(from: unknown, delta: unknown): unknown {
  if (!Array.isArray(delta) || delta.length !== 2) throw new Error('no delta');
  const [how, what] = delta;
  if (how === '=') return what;
  if (how !== '~' || !isOpen(from) || !isOpen(what)) throw new Error('no delta');
  const to: Record<string, unknown> = Array.isArray(from)
    ? ([...from] as unknown as Record<string, unknown>)
    : { ...from };
  for (const key of Object.keys(what)) {
    if (!Object.hasOwn(from, key)) throw new Error('no delta');
    to[key] = applied(from[key], what[key]);
  }
  return to;
}
