/**
 * Fragments: what one member of a row comes to, computed once by the code that every row used to take, and used by all rows
 * that say the same there. A fragment holds the member's text in the canonical row and what facts read of it.
 *
 * An account, a holder, a shop, a place or a purpose is the same in row after row, although no two rows are.
 */
import type { SparseColumnName } from '../../../schemas/sparse-facts.ts';
import type { BareTransaction } from '../row-tree.ts';
import type { PlacesFacts } from './place-facts.ts';
import type { SideFacts } from './side-facts.ts';

/** Members of a row that are groups, or texts of their own, at the edge; what else a row has is in its head, or varies. */
export const GROUPS = [
  'balanceAfter',
  'beneficiaries',
  'card',
  'cash',
  'conductors',
  'creditor',
  'debtor',
  'employee',
  'fees',
  'instructed',
  'loan',
  'lodging',
  'mto',
  'payroll',
  'places',
  'postedAt',
  'purposeText',
  'refs',
  'session',
  'telecom',
  'terminal',
  'travel',
  'ultimateCreditor',
  'ultimateDebtor',
  'va',
  'valueDate',
] as const;

export type GroupName = (typeof GROUPS)[number];

export const GROUP = Object.fromEntries(GROUPS.map((name, i) => [name, i])) as Readonly<
  Record<GroupName, number>
>;

export interface Fragment {
  /** `"name":value,` as it stands in the row; empty where the member comes to nothing. */
  readonly piece: Uint8Array;
  /** The member inside; undefined where it comes to nothing. */
  readonly inner: unknown;
  /** As the edge row says it, of the few that are read from there. */
  readonly edge: unknown;
  /** What facts read of conductors, a purpose text, or places. */
  readonly conductors: ConductorFacts | null;
  readonly text: TextFacts | null;
  readonly places: PlacesFacts | null;
  /** Of a debtor or creditor: its stamp, under each of the circumstances met lately. */
  readonly sides: SideFacts[];
  /** Text ids by the use that facts make of the member. */
  readonly keys: readonly number[];
  /** Values of the sparse columns that say nothing but what the member says. */
  readonly facts: readonly SparseFact[];
}

export interface SparseFact {
  readonly name: SparseColumnName;
  readonly value: number;
}

export interface ConductorFacts {
  readonly people: readonly {
    readonly ref: string;
    readonly id: number;
    readonly isHolder: boolean | undefined;
  }[];
  /** On whose behalf they act, in order. */
  readonly principals: readonly number[];
}

export interface TextFacts {
  readonly classes: readonly string[];
  readonly json: Uint8Array;
  readonly set: number;
}

export type Inner<K extends keyof BareTransaction> = NonNullable<BareTransaction[K]>;
