/**
 * Invented names. They are composed of syllables so that none is taken from a real person; what matters is their
 * statistics: two surnames in Mexico, one elsewhere, and a few surnames that very many people share.
 */
import type { Random } from './random.ts';

const compose = (heads: readonly string[], tails: readonly string[]): readonly string[] =>
  tails.flatMap((tail) => heads.map((head) => head + tail));

const MX_SURNAMES = compose(
  ['Tolv', 'Marq', 'Serr', 'Quil', 'Brav', 'Nador', 'Vel', 'Jor', 'Cant', 'Zur', 'Pell', 'Ibar'],
  ['enda', 'uelo', 'ondo', 'areta', 'ivar', 'umbre', 'elano', 'osque', 'iento', 'arral', 'uste', 'enco'],
);
const OTHER_SURNAMES = compose(
  ['Hal', 'Wen', 'Tor', 'Bram', 'Kes', 'Lund', 'Mar', 'Pry', 'Ost', 'Dell'],
  ['wick', 'der', 'ington', 'ley', 'mont', 'sey', 'ford', 'beck', 'rane', 'olt', 'acre', 'une'],
);
const FIRST_NAMES = compose(
  ['A', 'Be', 'Ca', 'Da', 'E', 'Ju', 'Lu', 'Mi', 'No', 'Ro', 'Sa', 'Ti'],
  ['lina', 'vel', 'rio', 'misa', 'ndo', 'ria', 'sel', 'nuel', 'tea', 'ren'],
);

/** Rank-frequency weights: the ten commonest surnames cover more than a quarter of the people. */
const zipf = (count: number): readonly number[] => Array.from({ length: count }, (_, rank) => 1 / (rank + 4));
const MX_WEIGHTS = zipf(MX_SURNAMES.length);
const OTHER_WEIGHTS = zipf(OTHER_SURNAMES.length);

/** Surnames: two for people of the Mexican naming custom, else one. */
export function drawSurnames(rng: Random, twoSurnames: boolean): readonly string[] {
  if (!twoSurnames) return [OTHER_SURNAMES[rng.weighted(OTHER_WEIGHTS)]!];
  return [MX_SURNAMES[rng.weighted(MX_WEIGHTS)]!, MX_SURNAMES[rng.weighted(MX_WEIGHTS)]!];
}

export function drawFirstName(rng: Random): string {
  return rng.pick(FIRST_NAMES);
}
