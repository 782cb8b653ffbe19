/**
 * What the record of a subject keeps of its events, each an upper bound of what is in the history: counts, which the history's
 * bits give exactly, and what only the record knows: tallies of amounts and of passed-on money, and the last different values.
 */
import type { Read, Test } from './event-test.ts';

/** How many events of a kind lie in a window; the plan keeps an upper bound of it. */
export interface Count {
  /** True, or possibly true, on the events that are counted. */
  readonly test: Test;
  readonly windowMs: number;
  /** What a rule calls them. */
  readonly label: string;
}

/** The last money that came in, by time: what came before it is added to the oldest of it. */
export interface Lots {
  /** True, or possibly true, on the events that bring money. */
  readonly test: Test;
  readonly amount: Read;
  /** Money that came longer before an event does not fund it. */
  readonly withinMs: number;
  /** What a rule calls the events. */
  readonly label: string;
}

/** What must have come in within `lots.withinMs` before an outgoing event of amount v. */
export interface Funding {
  readonly lots: Lots;
  /** At least so much. */
  readonly least: number;
  /** `out` v <= `into` x what came in. */
  readonly ratios: readonly { readonly out: number; readonly into: number }[];
}

/** A counter that an event raises by more than one, or only if the record says so. */
export interface Tally {
  /** The events, as a count of them has it: the record keeps that count too. */
  readonly base: Count;
  readonly step:
    | {
        readonly kind: 'weight';
        readonly amount: Read /** An event counts 1 + floor(amount / unit). */;
        readonly unit: number;
      }
    | { readonly kind: 'funded'; readonly funding: Funding };
}

/** The last different values of a column among events, each with the time at which it was last seen. */
export interface ValueList {
  readonly test: Test;
  readonly read: Read;
}

/** What is asked of the record alone. */
export type RecordAtom =
  | { readonly op: 'tally'; readonly tally: Tally; readonly needed: number; readonly text: string }
  /** At least `needed` of the values were seen within the window. */
  | {
      readonly op: 'values';
      readonly list: ValueList;
      readonly windowMs: number;
      readonly needed: number;
      readonly label: string;
    };

export function countKey({ test, windowMs }: Count): string {
  return `${windowMs} ${test.key}`;
}

export function lotsKey({ test, amount, withinMs }: Lots): string {
  return `${withinMs} ${amount.name} ${test.key}`;
}

export function tallyKey({ base, step }: Tally): string {
  if (step.kind === 'weight') return `${countKey(base)} ${step.amount.name}/${step.unit}`;
  const { lots, least, ratios } = step.funding;
  const terms = ratios.map(({ out, into }) => `${out}:${into}`);
  return `${countKey(base)} ${[least, ...terms].join(' ')} ${lotsKey(lots)}`;
}

export function listKey({ test, read }: ValueList): string {
  return `${read.name} ${test.key}`;
}
