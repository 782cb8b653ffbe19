/** Code that reads the counters of a record; `o` is the record's first byte. */
import { type CounterPlace, NARROW_MAX, WIDE_MAX } from './layout.ts';
import { literal } from './literal.ts';

export function byteCode(at: number): string {
  return `u8[o + ${literal(at)}]`;
}

/** Sum of the panes of a counter. */
export function sumCode({ at, isWide }: CounterPlace): string {
  const byte = byteCode(at);
  return isWide ? `${byte} + ${byteCode(at + 1)}` : `(${byte} & ${NARROW_MAX}) + (${byte} >>> 4)`;
}

/** What a counter of a pane stays at; of its first byte, the bits of the current pane. */
export function mostOf({ isWide }: CounterPlace): number {
  return isWide ? WIDE_MAX : NARROW_MAX;
}
