/** The group of an event among peers (SEMANTICS §13). */

/** What a feed says where it does not know: nobody's group. */
const NO_GROUP = 'unknown';

/** Whether the value of a field can make a group. */
export function makesGroup(value: unknown): value is string {
  return typeof value === 'string' && value !== NO_GROUP;
}
