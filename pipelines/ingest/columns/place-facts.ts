/** What facts and stamps read of a row's places, for each way of reading them. */
import type { Reference } from '../../../rules/reference/reference.ts';
import type { WagePlace } from '../../../rules/reference/wages.ts';
import { TEXT_NULL } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import { actingPlace, municipalityOf, type Place, placeInRole, sidePlace } from '../acting-place.ts';
import { listsOf } from '../stamp.ts';
import { EMPTY, jsonBytes, textBytes } from './json-bytes.ts';

/** Where a subject of one side acted. */
export interface LegPlace {
  readonly place: number;
  readonly country: number;
  readonly admin1: number;
  /** `COUNTRY-ADMIN1`, or null. */
  readonly admin1Text: string | null;
  /** Number of the city, -1 for none; its id as a text, and the beginning of what the stamp says of it. */
  readonly city: number;
  readonly cityId: number;
  readonly cityJson: Uint8Array;
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

export function listFacts(names: readonly string[], dictionary: FactDictionary): ListFacts {
  return { names, json: jsonBytes(names), set: dictionary.setId(names) };
}

/** `places` is what the row says inside; undefined where it names none. */
export function placesFacts(
  places: readonly Place[] | undefined,
  reference: Reference,
  dictionary: FactDictionary,
): PlacesFacts {
  const sentAt = placeInRole(places, ['agent_send']);
  const textId = (text: string | null | undefined): number =>
    typeof text === 'string' ? dictionary.textId(text) : TEXT_NULL;
  const joined = (...parts: readonly (string | undefined)[]): string | null =>
    parts.every((part) => part !== undefined) ? parts.join('-') : null;
  const admin1Of = (place: Place | undefined) => joined(place?.country, place?.admin1);
  const leg = (isRemittance: boolean, side: 'debtor' | 'creditor'): LegPlace => {
    const place = sidePlace(places, isRemittance, side);
    const city = reference.cities.numberOf(municipalityOf(place));
    const cityId = reference.cities.all[city]?.id;
    return {
      place: textId(joined(place?.country, place?.admin1, place?.municipalityCode)),
      country: textId(place?.country),
      admin1: textId(admin1Of(place)),
      admin1Text: admin1Of(place),
      city,
      cityId: textId(cityId),
      cityJson: cityId === undefined ? EMPTY : textBytes(`{"city":${JSON.stringify(cityId)}`),
    };
  };
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
  const plain = leg(false, 'debtor');
  return {
    legs: [plain, plain, leg(true, 'debtor'), leg(true, 'creditor')],
    acting: [acting('ecommerce'), acting('other')],
    sendAdmin1: textId(admin1Of(sentAt)),
    payAdmin1: textId(admin1Of(placeInRole(places, ['agent_pay']))),
    sendCountry: textId(sentAt?.country),
  };
}
