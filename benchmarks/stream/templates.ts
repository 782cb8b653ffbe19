/**
 * Rows from which the rows of a stream are copied: every action on every profile of every bank, and behind them the rows of
 * the planted histories. Their columns are what `factsOf` says of them, so that a stream holds only what ingest could
 * have written.
 */

import { factsOf } from '../../pipelines/facts/batch.ts';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import type { FactBatch } from '../../schemas/facts.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { ACTIONS, actionTransaction, PLACEHOLDERS } from './actions.ts';
import type { TemplateMembers } from './block.ts';
import { BANKS, PROFILES } from './identity.ts';
import { BANK_LIST, customerSide } from './profiles.ts';

/** Every row of the stream comes from a feed that provides everything. */
export const EVERYTHING: ReadonlySet<string> = new Set(PROVIDABLE);

export const actionTemplate = (action: number, bank: number, profile: number): number =>
  (action * BANKS + bank) * PROFILES + profile;

/** Every action on every profile of every bank, at its place. */
export function actionTransactions(): Transaction[] {
  return ACTIONS.flatMap((action) =>
    BANK_LIST.flatMap((bank) =>
      Array.from({ length: PROFILES }, (_, profile) => {
        const side = customerSide(bank, profile);
        return actionTransaction(action, bank, side, side);
      }),
    ),
  );
}

export interface Templates {
  readonly transactions: readonly Transaction[];
  readonly facts: FactBatch;
  readonly members: TemplateMembers;
  /** Id of the first placeholder; the others follow in the order of `PLACEHOLDERS`. */
  readonly firstPlaceholder: number;
}

/** Ids of texts that the dictionary did not know, one after the other. Returns the first. */
export function internRun(texts: readonly string[], dictionary: FactDictionary): number {
  let first = -1;
  texts.forEach((text, i) => {
    const id = dictionary.textId(text);
    if (i === 0) first = id;
    if (id !== first + i) throw new Error(`the dictionary already knew ${text}`);
  });
  return first;
}

const TEMPLATE_HASH = '0'.repeat(32);

/** Columns of the actions' rows and of `planted` behind them. */
export function buildTemplates(planted: readonly Transaction[], dictionary: FactDictionary): Templates {
  const firstPlaceholder = internRun(Object.values(PLACEHOLDERS), dictionary);
  const transactions = [...actionTransactions(), ...planted];
  const facts = factsOf(
    transactions.map((tx) => ({ tx, hash: TEMPLATE_HASH, provided: EVERYTHING })),
    dictionary,
  );
  const { count, row, kind, key, side } = facts.members;
  const start = new Int32Array(transactions.length + 1);
  for (let m = 0; m < count; m++) start[(row[m] as number) + 1] = m + 1;
  for (let t = 1; t < start.length; t++) {
    start[t] = Math.max(start[t] as number, start[t - 1] as number);
  }
  return { transactions, facts, members: { start, kind, key, side }, firstPlaceholder };
}
