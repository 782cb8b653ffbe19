/** Names to choose from where a name is none: all of a few, of many those that are likely meant. */

/** More would be a page. */
const SHOWN = 24;

/** `names` as one text: those that begin as `given` does before its first digit, where all are too many. */
export function knownNames(given: string, names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ');
  const start = given.toUpperCase().replace(/[\d-].*$/, '');
  const near = start === '' ? [] : names.filter((name) => name.toUpperCase().startsWith(start));
  const shown = (near.length > 0 ? near : names).slice(0, SHOWN);
  return `${shown.join(', ')} … (${names.length} in all: \`rastro rules list\`)`;
}
