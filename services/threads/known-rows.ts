/**
 * Which rows there are and which of them count, without what they say: the part of detection that the main thread has to
 * know at once. The workers decide alike, each for itself.
 */
import { OUTCOME, RowLedger } from '../../pipelines/detect/hot/row-ledger.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import type { ColdFile } from '../../pipelines/state/cold-file.ts';
import { type BlockIdentities, decodeIdentities } from '../../schemas/block-facts.ts';
import {
  FACT_COLUMNS,
  type FactBatch,
  type FactColumns,
  type FactMembers,
  TEXT_NULL,
} from '../../schemas/facts.ts';
import { nullColumn } from '../../schemas/null-columns.ts';

const NO_MEMBERS: FactMembers = {
  count: 0,
  row: new Int32Array(0),
  kind: new Uint8Array(0),
  key: new Int32Array(0),
  side: new Uint8Array(0),
};
const NO_AMOUNTS: FactBatch['wide'] = new Map();
const NO_COLUMNS: ReadonlySet<never> = new Set();
/** Nobody looks at rows here but for who they are. */
const NO_EFFECTS = { bury: () => undefined, kill: () => undefined };

export interface KnownRowsOptions {
  readonly seed: readonly [number, number];
  /** Where all but the latest rows go; without it they stay in memory. */
  readonly cold?: ColdFile | undefined;
  /** Rows to make room for at the start. */
  readonly rows?: number | undefined;
}

export class KnownRows {
  readonly ledger: RowLedger;
  readonly #store: FactStore;
  /** Columns that say nothing, as long as the longest block so far: they take no room in the store. */
  #blank = blankFacts(0);
  #noReferences = new Int32Array(0);

  constructor({ seed, cold, rows }: KnownRowsOptions) {
    const dictionary = new FactDictionary(seed);
    const store = new FactStore(dictionary, cold === undefined ? {} : { cold });
    store.keep(NO_COLUMNS);
    this.#store = store;
    this.ledger = new RowLedger({
      identities: {
        institutionOf: (row) => store.institutionOf(row),
        versionOf: (row) => store.versionOf(row),
        idEquals: (row, bytes, start, end) => store.idEquals(row, bytes, start, end),
        hashEquals: (row, words, at) => store.hashEquals(row, words, at),
        findInstitution: (name) => dictionary.interner.findText(name),
      },
      effects: NO_EFFECTS,
      seed,
      rows,
    });
  }

  /** As `Detection.admit`. @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
  admit(block: Uint8Array): Uint8Array {
    const batch = decodeIdentities(block, this.#store.dictionary);
    const outcomes = new Uint8Array(batch.rows).fill(OUTCOME.OK);
    this.ledger.tell(batch, this.#append(batch), outcomes);
    return outcomes;
  }

  /** As `Detection.renew`. */
  renew(block: Uint8Array): void {
    const batch = decodeIdentities(block, this.#store.dictionary);
    this.ledger.renew(batch, this.#append(batch));
  }

  #append(batch: BlockIdentities): number {
    if (batch.rows > this.#noReferences.length) {
      this.#blank = blankFacts(batch.rows);
      this.#noReferences = new Int32Array(batch.rows).fill(TEXT_NULL);
    }
    return this.#store.append({
      ...batch,
      columns: { ...this.#blank, ...batch.columns },
      members: NO_MEMBERS,
      sharedRef: this.#noReferences,
      wide: NO_AMOUNTS,
    });
  }
}

function blankFacts(rows: number): FactColumns {
  return Object.fromEntries(
    Object.entries(FACT_COLUMNS).map(([name, column]) => [name, nullColumn(column, 2 * rows)]),
  ) as unknown as FactColumns;
}
