/**
 * The rows of a block that are to be stored: not those that are known already, or contradict what is known. Almost always that is
 * all of them, and the bytes stay as they came. And those that contradict, which are told of.
 */
import { OUTCOME } from '../../pipelines/detect/hot/row-ledger.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { memberEndsOf, RowColumns } from '../../pipelines/partition/row-columns.ts';
import { decodeRows } from '../../schemas/block-rows.ts';

export interface KeptRows {
  readonly block: Uint8Array;
  readonly rows: number;
}

/** The dictionary is gone with the block: its seed hides nothing. */
const SEED = [0, 0] as const;

export function keptRows(block: Uint8Array, outcomes: Uint8Array): KeptRows {
  return rowsWith(block, outcomes, (outcome) => outcome === OUTCOME.OK || outcome === OUTCOME.LATE);
}

/** Rows of a known institution, id and version that say something else than the known one. */
export function contradictingRows(block: Uint8Array, outcomes: Uint8Array): KeptRows {
  return rowsWith(block, outcomes, (outcome) => outcome === OUTCOME.REJECT);
}

function rowsWith(block: Uint8Array, outcomes: Uint8Array, isWanted: (outcome: number) => boolean): KeptRows {
  const kept = new Int32Array(outcomes.length);
  let rows = 0;
  outcomes.forEach((outcome, row) => {
    if (isWanted(outcome)) kept[rows++] = row;
  });
  if (rows === outcomes.length) return { block, rows };
  if (rows === 0) return { block: new Uint8Array(0), rows };
  const dictionary = new FactDictionary(SEED);
  const from = decodeRows(block, dictionary);
  const columns = new RowColumns(dictionary);
  columns.add(from, kept, rows, memberEndsOf(from.facts.members, from.facts.rows));
  return { block: columns.bytes(), rows };
}
