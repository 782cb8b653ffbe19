/** Rows of streams before they are written: what a case says of them, whose they are, keys and members. */
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { FieldValue } from '../../schemas/event-fields.ts';
import { key } from './transactions.ts';

/** Feeds by the id stamped into rows: one that provides everything, and one that lacks half of it. */
export const FEEDS = { full: 'full@1', bare: 'bare@1' } as const;

/** One row as the subject of a case sees it. Calendar fields follow from the time and the offset. */
export interface Sketch {
  readonly id: string;
  readonly time: number;
  readonly offsetMin: number | null;
  readonly fields: Readonly<Record<string, FieldValue | undefined>>;
  /** Somebody takes money back this long after the row. */
  readonly reversedAfterMs?: number;
  readonly institution?: string;
  readonly otherBank?: string | undefined;
  readonly feed?: keyof typeof FEEDS;
  readonly version?: number;
}

/** Whose history the row belongs to, and the prefix of everybody else's name. */
export interface Setting {
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly scope: string;
  /** A beneficiary may be named in the row, or be who is credited. */
  readonly isNamed: boolean;
}

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
