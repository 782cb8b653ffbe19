/**
 * Signals against the truth file of a simulation. The truth names people as banks write them; they are keyed with the trial's own
 * key before anything is compared. What comes out speaks of invented people: how a rule moves, never how accurate it is.
 */
import { z } from 'zod';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { ACCOUNT_SCHEMES, REF_SCHEMES } from '../../schemas/enumerations.ts';
import type { Signal } from '../../schemas/signal.ts';

const truthFile = z.looseObject({
  cases: z
    .array(
      z.looseObject({
        id: z.string(),
        kind: z.string(),
        isLookalike: z.boolean(),
        expected: z.array(z.string()),
        subjects: z.array(
          z.looseObject({
            ref: z.string(),
            refScheme: z.enum(REF_SCHEMES),
            institution: z.string(),
            accounts: z.array(z.looseObject({ scheme: z.enum(ACCOUNT_SCHEMES), token: z.string() })),
            role: z.string(),
          }),
        ),
      }),
    )
    .max(1_000_000),
});
export type TruthFile = z.infer<typeof truthFile>;

/** @throws Error on a text that is no truth file */
export function readTruth(text: string): TruthFile {
  return truthFile.parse(JSON.parse(text));
}

export interface TruthFigures {
  /** Cases that are no look-alike and of which the rule is expected; all of them where it is expected of none. */
  readonly cases: number;
  /** Of these, cases of which somebody has a signal of the rule. */
  readonly found: number;
  /** Look-alikes of which somebody has one. */
  readonly lookalikes: number;
  /** Signals on people of no case. */
  readonly elsewhere: number;
}

export class TruthMatch {
  readonly #cases: readonly { readonly isLookalike: boolean; readonly isWanted: boolean }[];
  /** Cases by the key of a person or account. */
  readonly #of = new Map<string, Set<number>>();

  constructor(truth: TruthFile, rule: string, keys: DataKeys) {
    const pseudonyms = new Pseudonymiser(keys);
    const base = /^[A-Z]+-\d+/.exec(rule)?.[0] ?? rule;
    const isExpected = ({ expected }: TruthFile['cases'][number]) =>
      expected.includes(rule) || expected.includes(base);
    const anyExpected = truth.cases.some((each) => !each.isLookalike && isExpected(each));
    this.#cases = truth.cases.map((each) => ({
      isLookalike: each.isLookalike,
      isWanted: !each.isLookalike && (!anyExpected || isExpected(each)),
    }));
    truth.cases.forEach(({ subjects }, index) => {
      for (const { ref, refScheme, institution, accounts, role } of subjects) {
        if (role === 'infrastructure') continue;
        const own = [
          pseudonyms.party(refScheme, ref, institution),
          ...accounts.map(({ scheme, token }) => pseudonyms.account(scheme, token)),
        ];
        for (const key of own) this.#of.set(key, (this.#of.get(key) ?? new Set()).add(index));
      }
    });
  }

  /** `signals`: those of the rule. */
  figures(signals: readonly Signal[]): TruthFigures {
    const reached = new Set<number>();
    let elsewhere = 0;
    for (const { observedHolder, observedOn, attributions } of signals) {
      const keys = [
        observedHolder,
        observedOn.slice(observedOn.indexOf(':') + 1),
        ...attributions.filter(({ weight }) => weight > 0).map(({ subject }) => subject),
      ];
      const cases = keys.flatMap((key) => [...(this.#of.get(key) ?? [])]);
      if (cases.length === 0) elsewhere++;
      for (const index of cases) reached.add(index);
    }
    const count = (
      of: (each: { isLookalike: boolean; isWanted: boolean }) => boolean,
      among: Iterable<number>,
    ) =>
      [...among].filter((index) => of(this.#cases[index] as { isLookalike: boolean; isWanted: boolean }))
        .length;
    return {
      cases: count(({ isWanted }) => isWanted, this.#cases.keys()),
      found: count(({ isWanted }) => isWanted, reached),
      lookalikes: count(({ isLookalike }) => isLookalike, reached),
      elsewhere,
    };
  }
}
