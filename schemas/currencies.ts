/**
 * Currencies and virtual assets with the number of decimals of their smallest unit.
 *
 * Snapshot of ISO 4217 list one as of 2026-11-21, entered by hand and checked by a test against the currencies of the
 * runtime's `Intl`; withdrawn codes that a bank's back data of the last twenty years may hold are kept with the last
 * exponent they had. Codes without a minor unit (XAU, XDR, XTS ...) are not money a feed can state to the cent and are
 * not known here. `Intl` is no source of exponents: its tables round for display (COP, HUF and IDR to none).
 */

/** ISO 4217 codes in use, by exponent. */
const CURRENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
    SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Withdrawn since 2006, by exponent. */
const WITHDRAWN: Readonly<Record<number, string>> = {
  0: 'BYR',
  2: `ANG AZM BGN CSD CUC CYP EEK GHC HRK LTL LVL MRO MTL MZM SDD SIT SKK SLL STD TMM VEB VEF ZMK ZWD ZWL`,
};

/**
 * Virtual assets by decimals of the base unit of their home chain. A bridged form with other decimals has its own code
 * (USDT and USDC carry 18 on BNB Chain, 6 elsewhere).
 */
const VIRTUAL: Readonly<Record<number, string>> = {
  6: 'ADA ATOM EURC PYUSD TRX USDC USDT XRP',
  7: 'XLM',
  8: 'BCH BSV BTC BTG DASH DOGE LTC WBTC ZEC',
  9: 'SOL TON',
  10: 'DOT',
  12: 'XMR',
  18: 'AVAX BNB BUSD DAI ETC ETH FIL LINK MATIC POL SHIB USDCBEP20 USDTBEP20',
};

export type CurrencyClass = 'current' | 'withdrawn' | 'virtual';

export interface CurrencyFacts {
  /** Decimals of the smallest unit: 2 means that 1 unit is 100 minor units. */
  readonly exponent: number;
  readonly class: CurrencyClass;
}

function unfold(table: Readonly<Record<number, string>>, kind: CurrencyClass): [string, CurrencyFacts][] {
  return Object.entries(table).flatMap(([exponent, codes]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code): [string, CurrencyFacts] => [code, { exponent: Number(exponent), class: kind }]),
  );
}

/** Every code known to the system; a code that is not here is rejected at the edge. */
export const CURRENCIES: ReadonlyMap<string, CurrencyFacts> = new Map([
  ...unfold(WITHDRAWN, 'withdrawn'),
  ...unfold(VIRTUAL, 'virtual'),
  ...unfold(CURRENT, 'current'),
]);
