/** Events of a rule test as columns of facts, and a plan run over them: each event is a row, read from one of its legs. */
import type { FactBinding, KindPlan } from '../../rules/compiler/index.ts';
import type { FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import {
  allocateFacts,
  BYTE_NULL,
  FACT_COLUMNS,
  type FactColumn,
  type FactColumns,
  FIELD_FACTS,
  SMALL_NULL,
  type StandpointKind,
  TEXT_NULL,
} from '../../schemas/facts.ts';

/** A dictionary that numbers texts as they come, and members of sets by bit. */
export class TestDictionary implements FactBinding {
  readonly texts = new Map<string, number>();
  readonly members = new Map<string, number>();
  readonly #bitsMax: number;
  readonly thresholdRange: FactBinding['thresholdRange'] & {};

  /** `ranges`: where the bounds of thresholds come from; without it nobody knows any. */
  constructor(bitsMax = 31, ranges: Pick<FactBinding, 'thresholdRange'> = {}) {
    this.#bitsMax = bitsMax;
    this.thresholdRange = (id) => ranges.thresholdRange?.(id);
  }

  textId(text: string): number {
    const id = this.texts.get(text) ?? this.texts.size;
    this.texts.set(text, id);
    return id;
  }

  memberBit(text: string): number {
    const bit = this.members.get(text) ?? this.members.size;
    if (bit >= this.#bitsMax) return -1;
    this.members.set(text, bit);
    return bit;
  }
}

export interface EventFacts {
  readonly columns: FactColumns;
  readonly setBits: Int32Array;
  readonly legs: Int32Array;
}

/** Events as facts. What the columns cannot hold is asked for beforehand: see `holdable`. */
export function factsOfEvents(
  events: readonly RuleEvent[],
  standpoint: StandpointKind,
  dictionary: TestDictionary,
): EventFacts {
  const columns = allocateFacts(Math.max(1, events.length));
  const sets: number[] = [];
  const setId = (members: readonly string[]): number => {
    let bits = 0;
    for (const member of members) {
      const bit = dictionary.members.get(member);
      if (bit !== undefined) bits |= 1 << bit;
    }
    return sets.push(bits) - 1;
  };
  const legs = Int32Array.from(events, ({ fields }, row) => 2 * row + (fields.direction === 'in' ? 1 : 0));
  events.forEach((event, row) => {
    const leg = legs[row]!;
    for (const [field, { column, at }] of Object.entries(FIELD_FACTS[standpoint])) {
      const value: FieldValue | undefined =
        field === 'time'
          ? event.time
          : field === 'institution'
            ? event.institution
            : event.fields[field as 'kind'];
      const place = at === 'row' ? row : at === 'own' ? leg : leg ^ 1;
      columns[column][place] = held(FACT_COLUMNS[column], value ?? null, dictionary, setId);
    }
  });
  return { columns, setBits: Int32Array.from(sets), legs };
}

function held(
  { type, values }: FactColumn,
  value: FieldValue,
  dictionary: TestDictionary,
  setId: (members: readonly string[]) => number,
): number {
  switch (type) {
    case 'int':
      return typeof value === 'number' && Number.isSafeInteger(value) ? value : Number.NaN;
    case 'small':
      return typeof value === 'number' ? value : SMALL_NULL;
    case 'bool':
      return typeof value === 'boolean' ? Number(value) : BYTE_NULL;
    case 'enum': {
      const code = value === null ? BYTE_NULL : (values ?? []).indexOf(value as string);
      if (code < 0) throw new Error(`no code for ${String(value)}`);
      return code;
    }
    case 'text':
      return value === null ? TEXT_NULL : dictionary.textId(value as string);
    case 'set':
      return setId((value ?? []) as readonly string[]);
  }
}

/** The event as rows of a feed give it: one of two directions, sets never null, nothing reversed. */
export function holdable({ reversals: _, ...event }: RuleEvent): RuleEvent {
  const fields = { ...event.fields };
  if (fields.direction !== 'in') fields.direction = 'out';
  for (const name of ['textClasses', 'placeLists', 'holderLicences', 'counterpartyLicences'] as const) {
    fields[name] ??= [];
  }
  return { ...event, fields };
}

/**
 * The event as this standpoint can see it: fields read from one place are one value. To who acts on an account, its holder
 * is the other side.
 */
export function seenFrom(standpoint: StandpointKind, event: RuleEvent): RuleEvent {
  const fields: Record<string, FieldValue | undefined> = { ...event.fields };
  const places = new Map<string, string>();
  for (const [field, { column, at }] of Object.entries(FIELD_FACTS[standpoint])) {
    const first = places.get(`${column} ${at}`);
    if (first === undefined) places.set(`${column} ${at}`, field);
    else fields[field] = fields[first];
  }
  return { ...event, fields };
}

export interface KernelRun {
  /** Words of each event, as the kernel writes them. */
  readonly bits: Int32Array;
  readonly mask: Int32Array;
  readonly record: Uint8Array;
}

/** One subject's events through the kernel, in order, from an empty record, in blocks of `block` events. */
export function runKernel(
  plan: KindPlan,
  { columns, setBits, legs }: EventFacts,
  options: { readonly block?: number; readonly open?: number } = {},
): KernelRun {
  // The record lies between two others, which must stay as they are.
  const buffer = new ArrayBuffer(3 * plan.layout.bytes);
  const slab = { f64: new Float64Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  const place = plan.layout.bytes / 64;
  for (const offset of plan.layout.openWords) slab.i32[(plan.layout.bytes + offset) / 4] = options.open ?? 0;
  const bits = new Int32Array(legs.length * plan.bitWords).fill(-1);
  const mask = new Int32Array(legs.length * plan.maskWords).fill(-1);
  const block = options.block ?? legs.length;
  for (let from = 0; from < legs.length; from += block) {
    const part = legs.slice(from, from + block);
    const outBits = new Int32Array(part.length * plan.bitWords).fill(-1);
    const outMask = new Int32Array(part.length * plan.maskWords).fill(-1);
    const records = new Int32Array(part.length).fill(place);
    plan.kernel(columns, setBits, slab, part.length, part, records, outBits, outMask);
    bits.set(outBits, from * plan.bitWords);
    mask.set(outMask, from * plan.maskWords);
  }
  const { u8 } = slab;
  const neighbours = [u8.subarray(0, plan.layout.bytes), u8.subarray(2 * plan.layout.bytes)];
  if (neighbours.some((bytes) => bytes.some((byte) => byte !== 0)))
    throw new Error('a neighbour was written');
  return { bits, mask, record: u8.slice(plan.layout.bytes, 2 * plan.layout.bytes) };
}

/** Bit `bit` of event `event` in words of `words` an event. */
export function bitOf(array: Int32Array, words: number, event: number, bit: number): boolean {
  return ((array[event * words + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
}
