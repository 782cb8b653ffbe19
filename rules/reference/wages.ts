/**
 * The lowest lawful pay of one day at a place, effective-dated: what makes a price in Tijuana comparable with one in
 * Toronto. The narrowest zone that has a wage on the day wins: a list's zone, then the state, then the country.
 */
import { RastroError } from '../../schemas/errors/index.ts';
import { parseAmount } from '../../schemas/money.ts';
import type { WageFile } from '../../schemas/reference.ts';
import { civilDay, lastAtOrBefore } from './civil-day.ts';
import type { PlaceLists } from './places.ts';

export interface DailyWage {
  readonly minor: bigint;
  readonly ccy: string;
  /** `<table>@<version>:<zone>`. */
  readonly table: string;
}

export interface WagePlace {
  readonly country?: string | undefined;
  readonly admin1?: string | undefined;
  readonly municipalityCode?: string | undefined;
}

export interface Wages {
  /** The wage of a place on a day (days since 1970); null where no zone of it has one. */
  at(place: WagePlace, day: number): DailyWage | null;
}

interface Zone {
  readonly days: number[];
  readonly wages: DailyWage[];
}

export function createWages(file: WageFile, places: PlaceLists): Wages {
  const zones = new Map<string, Zone>();
  const listZones: { readonly country: string; readonly list: string; readonly zone: Zone }[] = [];
  for (const [name, source] of Object.entries(file.zones)) {
    const zone: Zone = { days: [], wages: [] };
    for (const row of source.wages) {
      const amount = parseAmount(row.daily, source.ccy);
      const day = civilDay(row.from) as number;
      if (!amount.ok || day <= (zone.days.at(-1) ?? Number.NEGATIVE_INFINITY)) {
        throw new RastroError('RAS-RULES-REFERENCE-INVALID', {
          file: file.id,
          detail: `${name} at ${row.from}`,
        });
      }
      zone.days.push(day);
      zone.wages.push({ minor: amount.minor, ccy: source.ccy, table: `${file.id}@${file.version}:${name}` });
    }
    if (source.list === undefined) zones.set(name, zone);
    else listZones.push({ country: name.slice(0, 2), list: source.list, zone });
  }

  const on = (zone: Zone | undefined, day: number): DailyWage | null =>
    zone?.wages[lastAtOrBefore(zone.days, day)] ?? null;

  return {
    at(place, day) {
      const { country, admin1, municipalityCode } = place;
      if (country === undefined) return null;
      const lists = places.ofMunicipality(country, municipalityCode);
      for (const each of listZones) {
        const wage = each.country === country && lists.includes(each.list) ? on(each.zone, day) : null;
        if (wage !== null) return wage;
      }
      const state = admin1 === undefined ? null : on(zones.get(`${country}-${admin1}`), day);
      return state ?? on(zones.get(country), day);
    },
  };
}
