/**
 * One seed for every property of a run. By default always the same, so that a change is judged by itself and not by the luck
 * of the day; `RASTRO_SEED=random` (or a number) explores, and is how new counterexamples are looked for. A failure prints
 * the seed either way.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 20_261_121;
const given = process.env['RASTRO_SEED'];

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: given === 'random' ? Date.now() % 2 ** 31 : Number(given ?? DEFAULT_SEED),
});
