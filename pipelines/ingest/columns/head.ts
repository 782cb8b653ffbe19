/**
 * The head of a row: its plain members and its currency. Few different heads come in a feed, so what follows from one
 * (codes of enumerations, the name spaces of its institution, texts for the row) is computed once for each.
 */
import type { Reference } from '../../../rules/reference/reference.ts';
import {
  CHANNELS,
  type Coverage,
  INSTRUMENTS,
  KINDS,
  PURPOSES,
  RAILS,
  STATUSES,
} from '../../../schemas/enumerations.ts';
import { BYTE_NULL, SMALL_NULL, TEXT_NULL } from '../../../schemas/facts.ts';
import { exponentOf } from '../../../schemas/money.ts';
import type { TransactionInput } from '../../../schemas/transaction.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import { MEMBERS_OF_ROW } from '../row-tree.ts';
import { GROUP, type GroupName } from './fragment.ts';
import { EMPTY, textBytes } from './json-bytes.ts';
import type { SideFacts } from './side-facts.ts';

/** What a row's text is made of, in order. */
export type Slot =
  | { readonly is: 'head'; readonly run: number }
  | { readonly is: 'group'; readonly group: number }
  | { readonly is: 'id' | 'occurredAt' | 'settled' };

/** Members that no fragment or head holds: rows that have them are read as documents. */
const DOCUMENTS_ONLY: ReadonlySet<string> = new Set(['reverses', 'sameAs']);

const RUNS: string[][] = [];
export const SLOTS: readonly Slot[] = slotsOf();

function slotsOf(): Slot[] {
  const slots: Slot[] = [];
  for (const { name, source } of MEMBERS_OF_ROW) {
    if (DOCUMENTS_ONLY.has(source)) continue;
    if (Object.hasOwn(GROUP, source)) slots.push({ is: 'group', group: GROUP[source as GroupName] });
    else if (source === 'id' || source === 'occurredAt' || source === 'settled') slots.push({ is: source });
    else {
      const last = slots.at(-1);
      if (last?.is === 'head') RUNS[last.run]?.push(name);
      else slots.push({ is: 'head', run: RUNS.push([name]) - 1 });
    }
  }
  return slots;
}

/** Members of a head, as the edge row has them. */
export const HEAD_LEAVES: ReadonlySet<string> = new Set([
  ...RUNS.flat(),
  'occurredPrecision',
  'offsetSource',
]);

export interface HeadInput extends Partial<Omit<TransactionInput, 'settled'>> {
  readonly ccy: string;
}

/** What rows of one institution share. */
export interface Space {
  /** From 0, in the order of their appearance. */
  readonly number: number;
  readonly institution: string;
  readonly institutionId: number;
  readonly coverage: Coverage | undefined;
  /** Stamps of a side that a row does not have. */
  readonly noDebtor: SideFacts[];
  readonly noCreditor: SideFacts[];
}

export interface Head {
  readonly space: Space;
  /** Only rows that are put, first reports and amendments alike, are composed. */
  readonly input: HeadInput;
  readonly version: number;
  readonly ccy: string;
  readonly ccyId: number;
  /** Decimals of the currency. */
  readonly exponent: number;
  readonly kind: number;
  readonly rail: number;
  readonly channel: number;
  readonly instrument: number;
  readonly status: number;
  readonly purpose: number;
  readonly railPurpose: number;
  readonly statusReason: number;
  readonly nightNorm: number;
  readonly isMto: boolean;
  readonly isCardPurchase: boolean;
  readonly isCashDeposit: boolean;
  readonly isEcommerce: boolean;
  /** Texts of the runs of its members. */
  readonly runs: readonly Uint8Array[];
  /** `"settled":{"ccy":"MXN","minor":"` */
  readonly settled: Uint8Array;
  /** `,"ccy":"MXN",` of the stamp. */
  readonly stampCcy: Uint8Array;
  /** `"nightNormMilli":110,"debtor":` of the stamp. */
  readonly stampNorm: Uint8Array;
}

/** Null where such rows are read as documents: an unknown currency, a withdrawal. */
export function headOf(
  input: HeadInput,
  space: Space,
  reference: Reference,
  dictionary: FactDictionary,
): Head | null {
  const { kind, rail, channel, instrument, status, version, ccy, purpose, railPurpose, statusReason } = input;
  const exponent = exponentOf(ccy);
  if (exponent === null || input.op !== 'put' || rail === undefined || version === undefined) return null;
  const norm = reference.nightNormMilli(rail);
  const members = input as unknown as Readonly<Record<string, unknown>>;
  const runs = RUNS.map((names) => {
    let text = '';
    for (const name of names) {
      const value = members[name];
      if (value !== undefined) text += `${JSON.stringify(name)}:${JSON.stringify(value)},`;
    }
    // The last member of a row is its version.
    return text === '' ? EMPTY : textBytes(names.includes('version') ? text.slice(0, -1) : text);
  });
  return {
    space,
    input,
    version,
    ccy,
    ccyId: dictionary.textId(ccy),
    exponent,
    kind: KINDS.indexOf(kind as (typeof KINDS)[number]),
    rail: RAILS.indexOf(rail),
    channel: CHANNELS.indexOf(channel as (typeof CHANNELS)[number]),
    instrument: INSTRUMENTS.indexOf(instrument as (typeof INSTRUMENTS)[number]),
    status: STATUSES.indexOf(status as (typeof STATUSES)[number]),
    purpose: purpose === undefined ? BYTE_NULL : PURPOSES.indexOf(purpose),
    railPurpose: railPurpose === undefined ? TEXT_NULL : dictionary.textId(railPurpose),
    statusReason: statusReason === undefined ? TEXT_NULL : dictionary.textId(statusReason),
    nightNorm: norm ?? SMALL_NULL,
    isMto: rail === 'mto',
    isCardPurchase: kind === 'card_purchase',
    isCashDeposit: kind === 'cash_deposit',
    isEcommerce: channel === 'ecommerce',
    runs,
    settled: textBytes(`"settled":{"ccy":${JSON.stringify(ccy)},"minor":"`),
    stampCcy: textBytes(`","ccy":${JSON.stringify(ccy)},"usdMinor":`),
    stampNorm: textBytes(`,"nightNormMilli":${norm},"debtor":`),
  };
}
