/**
 * The towns of the simulated world, with their national codes: INEGI municipality (MX), county FIPS (US), SGC census
 * subdivision (CA). They are only stages; nobody who lives in them here exists.
 */
import type { TransactionInput } from '../../schemas/transaction.ts';
import { ZONES, type Zone } from './time.ts';

export type CountryCode = 'MX' | 'US' | 'CA';

/** What accounts of a country are held in. */
export const CURRENCY: Readonly<Record<CountryCode, string>> = { MX: 'MXN', US: 'USD', CA: 'CAD' };

export interface Town {
  readonly country: string;
  /** ISO 3166-2 without the country. */
  readonly admin1: string;
  readonly code: string;
  readonly zone: Zone;
  /** Relative share of the country's residents. */
  readonly weight: number;
}

const town = (country: string, admin1: string, code: string, zone: Zone, weight: number): Town => ({
  country,
  admin1,
  code,
  zone,
  weight,
});

export const TOWNS = {
  iztapalapa: town('MX', 'CMX', '09007', ZONES.mexicoCity, 16),
  cuauhtemoc: town('MX', 'CMX', '09015', ZONES.mexicoCity, 8),
  guadalajara: town('MX', 'JAL', '14039', ZONES.mexicoCity, 11),
  monterrey: town('MX', 'NLE', '19039', ZONES.mexicoCity, 10),
  puebla: town('MX', 'PUE', '21114', ZONES.mexicoCity, 8),
  leon: town('MX', 'GUA', '11020', ZONES.mexicoCity, 7),
  morelia: town('MX', 'MIC', '16053', ZONES.mexicoCity, 5),
  xalapa: town('MX', 'VER', '30087', ZONES.mexicoCity, 4),
  cordoba: town('MX', 'VER', '30044', ZONES.mexicoCity, 3),
  apizaco: town('MX', 'TLA', '29005', ZONES.mexicoCity, 2),
  oaxaca: town('MX', 'OAX', '20067', ZONES.mexicoCity, 4),
  huajuapan: town('MX', 'OAX', '20039', ZONES.mexicoCity, 1.5),
  juchitan: town('MX', 'OAX', '20043', ZONES.mexicoCity, 1.5),
  tlapa: town('MX', 'GRO', '12066', ZONES.mexicoCity, 1),
  huejutla: town('MX', 'HID', '13028', ZONES.mexicoCity, 1),
  ocosingo: town('MX', 'CHP', '07059', ZONES.mexicoCity, 1),
  carrilloPuerto: town('MX', 'ROO', '23002', ZONES.cancun, 1),
  tuxtla: town('MX', 'CHP', '07101', ZONES.mexicoCity, 4),
  tapachula: town('MX', 'CHP', '07089', ZONES.mexicoCity, 2.5),
  acapulco: town('MX', 'GRO', '12001', ZONES.mexicoCity, 3),
  puertoVallarta: town('MX', 'JAL', '14067', ZONES.mexicoCity, 1),
  cancun: town('MX', 'ROO', '23005', ZONES.cancun, 3),
  culiacan: town('MX', 'SIN', '25006', ZONES.mazatlan, 4),
  hermosillo: town('MX', 'SON', '26030', ZONES.hermosillo, 4),
  sanQuintin: town('MX', 'BCN', '02006', ZONES.tijuana, 1),
  tijuana: town('MX', 'BCN', '02004', ZONES.tijuana, 6),
  mexicali: town('MX', 'BCN', '02002', ZONES.tijuana, 3),
  juarez: town('MX', 'CHH', '08037', ZONES.ciudadJuarez, 5),
  nogales: town('MX', 'SON', '26043', ZONES.hermosillo, 1),
  reynosa: town('MX', 'TAM', '28032', ZONES.matamoros, 2.5),
  nuevoLaredo: town('MX', 'TAM', '28027', ZONES.matamoros, 2),
  matamoros: town('MX', 'TAM', '28022', ZONES.matamoros, 2),
  piedrasNegras: town('MX', 'COA', '05025', ZONES.matamoros, 1),

  manhattan: town('US', 'NY', '36061', ZONES.newYork, 5),
  queens: town('US', 'NY', '36081', ZONES.newYork, 7),
  hartford: town('US', 'CT', '09003', ZONES.newYork, 2),
  atlanta: town('US', 'GA', '13121', ZONES.newYork, 4),
  miami: town('US', 'FL', '12086', ZONES.newYork, 5),
  hendry: town('US', 'FL', '12051', ZONES.newYork, 1),
  charlotte: town('US', 'NC', '37119', ZONES.newYork, 3),
  sampson: town('US', 'NC', '37163', ZONES.newYork, 1),
  nashville: town('US', 'TN', '47037', ZONES.chicago, 2),
  chicago: town('US', 'IL', '17031', ZONES.chicago, 8),
  houston: town('US', 'TX', '48201', ZONES.chicago, 7),
  dallas: town('US', 'TX', '48113', ZONES.chicago, 6),
  laredo: town('US', 'TX', '48479', ZONES.chicago, 1.5),
  elPaso: town('US', 'TX', '48141', ZONES.denver, 2),
  denver: town('US', 'CO', '08031', ZONES.denver, 3),
  phoenix: town('US', 'AZ', '04013', ZONES.phoenix, 5),
  fresno: town('US', 'CA', '06019', ZONES.losAngeles, 3),
  losAngeles: town('US', 'CA', '06037', ZONES.losAngeles, 14),
  sanDiego: town('US', 'CA', '06073', ZONES.losAngeles, 4),
  seattle: town('US', 'WA', '53033', ZONES.losAngeles, 3),

  toronto: town('CA', 'ON', '3520005', ZONES.toronto, 10),
  london: town('CA', 'ON', '3539036', ZONES.toronto, 3),
  windsor: town('CA', 'ON', '3537039', ZONES.toronto, 2),
  sudbury: town('CA', 'ON', '3553005', ZONES.toronto, 2),
  montreal: town('CA', 'QC', '2466023', ZONES.toronto, 7),
  winnipeg: town('CA', 'MB', '4611040', ZONES.winnipeg, 3),
  vancouver: town('CA', 'BC', '5915022', ZONES.vancouver, 5),

  cebu: town('PH', 'CEB', '072217', ZONES.manila, 1),
  birmingham: town('GB', 'ENG', 'E08000025', ZONES.london, 1),
  cologne: town('DE', 'NW', '05315', ZONES.berlin, 1),
} as const satisfies Readonly<Record<string, Town>>;

/**
 * Municipalities of the world in which more than forty in a hundred people of three years and over speak an indigenous
 * language: INEGI, Censo de Poblacion y Vivienda 2020, table of speakers by municipality (to be looked up again before it
 * is used for anything else). For the parity gate alone: no row and no party record says it, so no rule can read it.
 */
export const INDIGENOUS_LANGUAGE_MUNICIPALITIES: ReadonlySet<string> = new Set(
  [TOWNS.juchitan, TOWNS.tlapa, TOWNS.huejutla, TOWNS.ocosingo, TOWNS.carrilloPuerto].map(({ code }) => code),
);

/** Towns of a country, the largest share first, and their weights. */
export function residentTowns(country: CountryCode): { towns: readonly Town[]; weights: readonly number[] } {
  const towns = Object.values<Town>(TOWNS).filter((each) => each.country === country);
  return { towns, weights: towns.map((each) => each.weight) };
}

type PlaceInput = NonNullable<TransactionInput['places']>[number];

/** The town as a place of a row; what a branch, terminal or agent reports of where it stands. */
export function placeOf(at: Town, role: PlaceInput['role']): PlaceInput {
  return {
    role,
    country: at.country,
    admin1: at.admin1,
    municipalityCode: at.code,
    tz: at.zone.name,
    precision: 'municipality',
  };
}
