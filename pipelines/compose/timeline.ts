/** Composites over event time: every version of every composite with the interval in which it is evaluated. */
import { type SetInForce, versionsOf } from '../../rules/compiler/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { CheckedComposite } from './composites.ts';

/** What decides how a composite evaluates: its file, and which of the rules that it names are live. */
export function compositeContent({ file, scoring }: CheckedComposite): string {
  return contentHash([file, [...scoring].sort(compareUtf8)]);
}

/** The composites of all sets, in the order of ids, those of one id by their intervals. */
export function mergeComposites<T>(
  sets: readonly SetInForce<T>[],
  compositesOf: (set: T) => readonly CheckedComposite[],
): CheckedComposite[] {
  return versionsOf(sets, compositesOf, compositeContent)
    .map(({ item, inForce }) => ({ ...item, inForce }))
    .sort((a, b) => compareUtf8(a.file.id, b.file.id) || a.inForce.fromMs - b.inForce.fromMs);
}
