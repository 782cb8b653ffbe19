/** Keys and members of the rows of streams. */
import { key } from './transactions.ts';

const keys = new Map<string, string>();

export function keyOf(prefix: string, name: string): string {
  const label = `${prefix}/${name}`;
  let found = keys.get(label);
  if (found === undefined) {
    found = key(prefix, name);
    keys.set(label, found);
  }
  return found;
}

/** The key of whoever or whatever a case names: a person, a conductor, a terminal. */
export const nameKey = (scope: string, name: string): string => keyOf('par', `${scope}/${name}`);

/** Members that have a value: an absent one is left out of the row. */
export function given<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
