/** Reversals in a checkpoint: amounts as texts, which hold any. */
import type { Reversal } from '../../../schemas/event-fields.ts';
import type { CheckpointIn } from '../../recovery/checkpoint-image.ts';

type Saved = Omit<Reversal, 'amountMinor'> & { readonly amountMinor: string };

export function* savedReversals(
  reversals: ReadonlyMap<number, readonly Reversal[]>,
): Iterable<[row: number, reversals: Saved[]]> {
  for (const [row, all] of reversals)
    yield [
      row,
      all.map(({ amountMinor, ...reversal }) => ({ ...reversal, amountMinor: String(amountMinor) })),
    ];
}

export function* loadedReversals(image: CheckpointIn): Iterable<[row: number, reversals: Reversal[]]> {
  for (const [row, all] of image.list('reversals') as Iterable<[number, Saved[]]>)
    yield [
      row,
      all.map(({ amountMinor, ...reversal }) => ({ ...reversal, amountMinor: BigInt(amountMinor) })),
    ];
}
