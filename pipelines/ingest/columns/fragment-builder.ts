/** Fragments from checked members of edge rows: the slow code, run once for each different member. */
import type { FieldValue } from '../../../schemas/event-fields.ts';
import { FACT_COLUMNS, type FactColumn, TEXT_NULL } from '../../../schemas/facts.ts';
import type { SparseColumnName } from '../../../schemas/sparse-facts.ts';
import { GROUP_READERS, type ReadGroup } from '../../detect/group-fields.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { Place } from '../acting-place.ts';
import type { IngestContext } from '../canonical.ts';
import { MEMBERS_OF_ROW, type RowMember } from '../row-tree.ts';
import {
  type ConductorFacts,
  type Fragment,
  GROUPS,
  type GroupName,
  type Inner,
  type SparseFact,
  type TextFacts,
} from './fragment.ts';
import { jsonBytes, memberBytes } from './json-bytes.ts';
import { placesFacts } from './place-facts.ts';

/** The member of a row behind each group. */
const MEMBERS: readonly RowMember[] = GROUPS.map(
  (group) => MEMBERS_OF_ROW.find(({ source }) => source === group) as RowMember,
);

/** Groups in the order in which identifiers of a row are keyed. */
export const KEYED_ORDER: readonly number[] = MEMBERS_OF_ROW.map(({ source }) =>
  GROUPS.indexOf(source as GroupName),
).filter((group) => group !== -1);

/** Groups of which the edge row's form is read again. */
const READ_AT_THE_EDGE: ReadonlySet<GroupName> = new Set(['places', 'card', 'postedAt', 'valueDate']);

export class FragmentBuilder {
  readonly #context: IngestContext;
  readonly #dictionary: FactDictionary;

  constructor(context: IngestContext, dictionary: FactDictionary) {
    this.#context = context;
    this.#dictionary = dictionary;
  }

  /** The fragment of a member that has passed all checks. New identifiers go to the vault entries of the pseudonymiser. */
  build(group: number, value: unknown, institution: string): Fragment {
    const { pseudonyms } = this.#context;
    const { name, turn } = MEMBERS[group] as RowMember;
    const source = GROUPS[group] as GroupName;
    const operator =
      (source === 'mto' ? (value as { operator?: string }).operator : undefined) ?? institution;
    const inner = turn(value, institution, operator, pseudonyms);
    return {
      piece: memberBytes(name, inner),
      inner,
      edge: READ_AT_THE_EDGE.has(source) ? value : undefined,
      conductors: source === 'conductors' ? this.#conductors(inner as Inner<'conductors'>) : null,
      text: source === 'purposeText' ? this.#text(value as string) : null,
      places:
        source === 'places'
          ? placesFacts(inner as readonly Place[], this.#context.reference, this.#dictionary)
          : null,
      sides: [],
      keys: this.#keys(source, inner),
      facts: this.#facts(source, inner),
    };
  }

  /** A member that comes to nothing. */
  nothing(): Fragment {
    return {
      piece: memberBytes('', undefined),
      inner: undefined,
      edge: undefined,
      conductors: null,
      text: null,
      places: null,
      sides: [],
      keys: [],
      facts: [],
    };
  }

  #id(text: string | undefined): number {
    return text === undefined ? TEXT_NULL : this.#dictionary.textId(text);
  }

  #conductors(people: Inner<'conductors'>): ConductorFacts {
    return {
      people: people.map(({ ref, isHolder }) => ({ ref, id: this.#id(ref), isHolder })),
      principals: people.flatMap(({ onBehalfOf }) => (onBehalfOf ?? []).map(({ ref }) => this.#id(ref))),
    };
  }

  #text(text: string): TextFacts {
    const classes = this.#context.reference.lexicon.classify(text);
    return { classes, json: jsonBytes(classes), set: this.#dictionary.setId(classes) };
  }

  #facts(source: GroupName, inner: unknown): readonly SparseFact[] {
    if (inner === undefined || !Object.hasOwn(GROUP_READERS, source)) return [];
    const readers = GROUP_READERS[source as ReadGroup];
    return Object.entries(readers).flatMap(([field, read]) => {
      const name = field as SparseColumnName;
      const said = (read as (group: unknown) => FieldValue)(inner);
      const value = factValue(FACT_COLUMNS[name], said, (text) => this.#dictionary.textId(text));
      return value === null ? [] : [{ name, value }];
    });
  }

  /** Ids that `row-facts.ts` reads, in the order in which it reads them. */
  #keys(source: GroupName, inner: unknown): readonly number[] {
    switch (source) {
      case 'beneficiaries':
        return (inner as Inner<'beneficiaries'>).map(({ ref }) => this.#id(ref));
      case 'card': {
        const { mcc, token, merchantId } = inner as Inner<'card'>;
        return [this.#id(mcc), this.#id(token), this.#id(merchantId)];
      }
      case 'employee':
        return [this.#id((inner as Inner<'employee'>).token)];
      case 'mto': {
        const { sendAgent, payAgent } = inner as Inner<'mto'>;
        return [this.#id(sendAgent), this.#id(payAgent)];
      }
      case 'refs': {
        const { endToEndId, uetr } = inner as Inner<'refs'>;
        return [this.#id(endToEndId ?? uetr)];
      }
      case 'session':
        return [this.#id((inner as Inner<'session'>).deviceToken)];
      case 'terminal':
        return [this.#id((inner as Inner<'terminal'>).id)];
      case 'travel':
        return [this.#id((inner as Inner<'travel'>).to)];
      case 'va': {
        const { kioskId, from = [], to = [] } = inner as Inner<'va'>;
        return [this.#id(kioskId), from.length, ...[...from, ...to].map((key) => this.#id(key))];
      }
      default:
        return [];
    }
  }
}

/** A value of a field as its column holds it; null where it says nothing. */
function factValue(
  { values = [] }: FactColumn,
  said: FieldValue,
  textId: (text: string) => number,
): number | null {
  if (typeof said !== 'string') return said === null ? null : Number(said);
  return values.length === 0 ? textId(said) : values.indexOf(said);
}
