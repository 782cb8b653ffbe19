/** The many who pay once and the few who come back. */
import type { PartyInput } from '../../../schemas/transaction.ts';
import type { CountryCode } from '../places.ts';
import type { Random } from '../random.ts';
import { outsider } from '../world.ts';

/** How many past payers are remembered for a return. */
const REMEMBERED = 64;

export class PayerPool {
  private readonly rng: Random;
  private readonly country: CountryCode;
  private readonly firstTimeShare: number;
  private readonly known: PartyInput[] = [];

  constructor(rng: Random, country: CountryCode, firstTimeShare: number) {
    this.rng = rng;
    this.country = country;
    this.firstTimeShare = firstTimeShare;
  }

  next(): PartyInput {
    const { rng, known } = this;
    if (known.length > 0 && !rng.chance(this.firstTimeShare)) return rng.pick(known);
    const payer = outsider(rng, this.country, true);
    if (known.length < REMEMBERED) known.push(payer);
    else known[rng.int(0, REMEMBERED - 1)] = payer;
    return payer;
  }
}

/** Few price points, and now and then something on top. */
export class PriceList {
  private readonly rng: Random;
  readonly prices: readonly number[];
  private readonly tipShare: number;

  constructor(rng: Random, prices: readonly number[], tipShare: number) {
    this.rng = rng;
    this.prices = prices;
    this.tipShare = tipShare;
  }

  /** Minor units. */
  next(): number {
    const { rng } = this;
    const price = this.prices[rng.weighted(this.prices.map((_, i) => 1 / (i + 1)))]!;
    return (rng.chance(this.tipShare) ? price + rng.int(3, Math.max(4, Math.round(price / 3))) : price) * 100;
  }
}

/** Three different prices of a range, on a step. */
export function drawPrices(rng: Random, range: readonly [number, number], step: number): readonly number[] {
  const span = range[1] - range[0];
  return [0.12, 0.47, 0.86].map(
    (share) => Math.round((range[0] + span * (share + rng.real([-0.1, 0.1]))) / step) * step,
  );
}
