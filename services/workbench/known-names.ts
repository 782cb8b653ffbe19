/** Names to choose from where a name is none: the nearest first; all of a few, of many those that are likely meant. */

/** More would be a page. */
const SHOWN = 24;
/** Characters that a slip adds, leaves out or changes; with more it is another name. */
const SLIPS_MAX = 2;

/** Least number of characters added, left out or changed that makes one text the other. */
function slipsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length]!;
}

/** The names that `given` is a slip of, whatever its case: those with the fewest. */
export function nearestNames(given: string, names: readonly string[]): string[] {
  const slips = names.map((name) => slipsBetween(given.toUpperCase(), name.toUpperCase()));
  const least = Math.min(...slips);
  return names.filter((_, i) => least <= SLIPS_MAX && slips[i] === least);
}

export function nearestFirst(given: string, names: readonly string[]): string[] {
  const nearest = nearestNames(given, names);
  return [...nearest, ...names.filter((name) => !nearest.includes(name))];
}

/** `names` as one text, the nearest first: those that begin as `given` does before its first digit, where all are too many. */
export function knownNames(given: string, names: readonly string[]): string {
  const nearest = nearestNames(given, names);
  const ordered = nearestFirst(given, names);
  if (names.length <= SHOWN) return ordered.join(', ');
  const others = ordered.slice(nearest.length);
  const start = given.toUpperCase().replace(/[\d-].*$/, '');
  const near = start === '' ? [] : others.filter((name) => name.toUpperCase().startsWith(start));
  const shown = [...nearest, ...(nearest.length + near.length > 0 ? near : others)].slice(0, SHOWN);
  return `${shown.join(', ')} … (${names.length} in all: \`rastro rules list\`)`;
}
