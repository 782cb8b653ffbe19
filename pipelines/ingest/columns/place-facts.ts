/** What facts and stamps read of a row's places, for each way of reading them. */
import type { Reference } from '../../../rules/reference/reference.ts';
import type { WagePlace } from '../../../rules/reference/wages.ts';
import { TEXT_NULL } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import { actingPlace, type Place } from '../acting-place.ts';
import { listsOf } from '../stamp.ts';
import { jsonBytes } from './json-bytes.ts';

/** Where a subject of one side acted. */
export interface LegPlace {
  readonly place: number;
  readonly country: number;
  readonly admin1: number;
  /** `COUNTRY-ADMIN1`, or null. */
  readonly admin1Text: string | null;
}

export interface ListFacts {
  readonly names: readonly string[];
  readonly json: Uint8Array;
  readonly set: number;
}

/** Where the customer acted, as ingest sees it. */
export interface ActingFacts {
  readonly place: Place | undefined;
  /** The wage's place, where this one says a country. */
  readonly wage: WagePlace | null;
  readonly lists: ListFacts;
}

export interface PlacesFacts {
  /** By 2 * (the rail is a money transmitter's) + side. */
  readonly legs: readonly LegPlace[];
  /** By whether the customer was at the merchant's. */
  readonly acting: readonly [ActingFacts, ActingFacts];
  readonly sendAdmin1: number;
  readonly payAdmin1: number;
  readonly sendCountry: number;
}

/** `event-view.ts` has the same roles; the comparison of both paths holds them together. */
const ACTING_ROLES = ['terminal', 'branch', 'kiosk', 'merchant', 'registered'] as const;
const AGENTS = ['agent_send', 'agent_pay'] as const;

export function listFacts(names: readonly string[], dictionary: FactDictionary): ListFacts {
  return { names, json: jsonBytes(names), set: dictionary.setId(names) };
}

/** `places` is what the row says inside; undefined where it names none. */
export function placesFacts(
  places: readonly Place[] | undefined,
  reference: Reference,
  dictionary: FactDictionary,
): PlacesFacts {
  const ofRole = (roles: readonly Place['role'][]): Place | undefined => {
    for (const role of roles) {
      const found = places?.find((place) => place.role === role);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const textId = (text: string | null | undefined): number =>
    typeof text === 'string' ? dictionary.textId(text) : TEXT_NULL;
  const joined = (...parts: readonly (string | undefined)[]): string | null =>
    parts.every((part) => part !== undefined) ? parts.join('-') : null;
  const admin1Of = (place: Place | undefined) => joined(place?.country, place?.admin1);
  const leg = (place: Place | undefined): LegPlace => ({
    place: textId(joined(place?.country, place?.admin1, place?.municipalityCode)),
    country: textId(place?.country),
    admin1: textId(admin1Of(place)),
    admin1Text: admin1Of(place),
  });
  const acting = (channel: 'other' | 'ecommerce'): ActingFacts => {
    const row = { channel, ...(places === undefined ? {} : { places: [...places] }) };
    const place = actingPlace(row);
    const lists = listsOf(row, { debtor: {}, creditor: {} }, reference);
    return {
      place,
      wage: place?.country === undefined ? null : place,
      lists: listFacts(lists, dictionary),
    };
  };
  const plain = leg(ofRole(ACTING_ROLES));
  return {
    legs: [plain, plain, ...AGENTS.map((agent) => leg(ofRole([agent, ...ACTING_ROLES])))],
    acting: [acting('ecommerce'), acting('other')],
    sendAdmin1: textId(admin1Of(ofRole(['agent_send']))),
    payAdmin1: textId(admin1Of(ofRole(['agent_pay']))),
    sendCountry: textId(ofRole(['agent_send'])?.country),
  };
}
