/**
 * Which rows count: every row told apart as `ok | duplicate | late | reject`, and of each (institution, id) the version that
 * stands. Rows are numbers of a store; what happens to them is told to `effects`.
 *
 * "Seen before" is a fingerprint table whose every hit is confirmed by the stored row's institution and id. Invariant: apart
 * from conflicts and the horizon, what counts depends only on which rows were admitted, never on their order (SEMANTICS §1).
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { BlockIdentities } from '../../../schemas/block-facts.ts';
import { FACT_FLAGS } from '../../../schemas/facts.ts';
import { SeenTable } from '../../intern/seen.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import { REEVALUATION_HORIZON_MS } from '../effective-set.ts';

const HASH_WORDS = 4;
const FIRST_ROWS = 1_024;

export const ROW_OUTCOMES = ['ok', 'duplicate', 'late', 'reject'] as const;
/** Indices in `ROW_OUTCOMES`. */
export const OUTCOME = { OK: 0, DUPLICATE: 1, LATE: 2, REJECT: 3 } as const;

/** What a row would be if it came now. */
export type Seen = 'new' | 'duplicate' | 'conflict';

/** The store of the rows, asked about those that the ledger has admitted. */
export interface Identities {
  institutionOf(row: number): number;
  versionOf(row: number): number;
  idEquals(row: number, bytes: Uint8Array, start: number, end: number): boolean;
  hashEquals(row: number, words: Uint32Array, at: number): boolean;
  /** Id of an institution's name, or below 0. */
  findInstitution(name: string): number;
}

export interface RowEffects {
  /** The row does not count, or is no event. */
  bury(row: number): void;
  /** As `bury`, of a row that was fed. */
  kill(row: number): void;
}

export interface RowLedgerOptions {
  readonly identities: Identities;
  readonly effects: RowEffects;
  readonly seed: readonly [number, number];
  readonly horizonMs?: number | undefined;
  /** Rows to make room for at the start. */
  readonly rows?: number | undefined;
}

export class RowLedger {
  readonly #identities: Identities;
  readonly #effects: RowEffects;
  readonly #horizonMs: number;
  readonly #seen: SeenTable;
  /** Rows of every version of an identity, by the row that the table holds, where there are several: nearly always empty. */
  readonly #versions = new Map<number, number[]>();
  /** 1 for rows that count: the highest version, neither withdrawn nor beyond the horizon. A reversal counts. */
  #counting = new Uint8Array(FIRST_ROWS);
  #highestTime = Number.NEGATIVE_INFINITY;
  /** The row that held each identity of the batch at hand before it came, or -1. */
  #known = new Int32Array(FIRST_ROWS);

  constructor(options: RowLedgerOptions) {
    const { identities } = options;
    this.#identities = identities;
    this.#effects = options.effects;
    this.#horizonMs = options.horizonMs ?? REEVALUATION_HORIZON_MS;
    this.#seen = new SeenTable({
      seed: options.seed,
      initialCapacity: options.rows ?? FIRST_ROWS,
      sameKey: (row, institution, bytes, start, end) =>
        identities.institutionOf(row) === institution && identities.idEquals(row, bytes, start, end),
    });
  }

  /** Highest event time admitted so far, or -Infinity. */
  get highestTime(): number {
    return this.#highestTime;
  }

  /** Identities, whatever became of their rows. */
  get size(): number {
    return this.#seen.size;
  }

  get bytes(): number {
    return this.#seen.bytes + this.#counting.byteLength;
  }

  /** The row is part of the effective set. */
  counts(row: number): boolean {
    return this.#counting[row] === 1;
  }

  /** The highest version of an identity, or -1. */
  highest(institution: string, id: string): number {
    const sender = this.#identities.findInstitution(institution);
    if (sender < 0) return -1;
    const bytes = Buffer.from(id, 'utf8');
    return this.#seen.find(sender, bytes, 0, bytes.length);
  }

  /** The row of an identity that counts, or -1. */
  effective(institution: string, id: string): number {
    const row = this.highest(institution, id);
    return row !== -1 && this.counts(row) ? row : -1;
  }

  /**
   * What `tell` would make of a row of this identity and content: the id is `bytes[start .. end)`, the content hash begins with
   * the four words at `at`.
   */
  seen(
    institution: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    version: number,
    hash: Uint32Array,
    at: number,
  ): Seen {
    const sender = this.#identities.findInstitution(institution);
    if (sender < 0) return 'new';
    const known = this.#seen.find(sender, bytes, start, end);
    const same = known === -1 ? -1 : this.#sameVersion(known, version);
    if (same === -1) return 'new';
    return this.#identities.hashEquals(same, hash, at) ? 'duplicate' : 'conflict';
  }

  /**
   * Takes in the rows of a batch, which are in the store from `first` on. Writes the outcome of each and returns the places of
   * those that are not simply new. A function of its own: it is optimised while the loop runs, and what came behind the loop
   * would be thrown out, as never seen, block after block.
   */
  tell(batch: BlockIdentities, first: number, outcomes: Uint8Array): readonly number[] {
    this.#makeRoom(first + batch.rows);
    const { rows, flags, idBytes, idEnds } = batch;
    const { institution, time } = batch.columns;
    const counting = this.#counting;
    if (rows > this.#known.length) this.#known = new Int32Array(Math.max(rows, 2 * this.#known.length));
    const known = this.#known;
    this.#seen.findAll(institution, idBytes, idEnds, rows, first, known);
    const horizonMs = this.#horizonMs;
    let highest = this.#highestTime;
    const special: number[] = [];
    for (let place = 0; place < rows; place++) {
      const timeMs = time[place] as number;
      const isLate = timeMs < highest - horizonMs;
      if (known[place] === -1 && !isLate && flags[place] === 0) {
        counting[first + place] = 1;
        if (timeMs > highest) highest = timeMs;
        continue;
      }
      this.#highestTime = highest;
      outcomes[place] = this.#irregular(batch, place, first + place, this.#holder(batch, place), isLate);
      highest = this.#highestTime;
      special.push(place);
    }
    this.#highestTime = highest;
    return special;
  }

  /** The row that holds the identity of a row of the batch now, rows of the batch itself included; -1 where it is that row. */
  #holder({ columns, idBytes, idEnds }: BlockIdentities, place: number): number {
    if (this.#known[place] === -1) return -1;
    const start = place === 0 ? 0 : (idEnds[place - 1] as number);
    return this.#seen.find(columns.institution[place] as number, idBytes, start, idEnds[place] as number);
  }

  /**
   * Rows of the store from `first` on stand in the place of rows of the same version, which must count.
   * @throws Error where one does not.
   */
  renew(batch: BlockIdentities, first: number): void {
    this.#makeRoom(first + batch.rows);
    for (let place = 0; place < batch.rows; place++) {
      const row = first + place;
      const start = place === 0 ? 0 : (batch.idEnds[place - 1] as number);
      const end = batch.idEnds[place] as number;
      const sender = batch.columns.institution[place] as number;
      const before = this.#seen.find(sender, batch.idBytes, start, end);
      if (before === -1 || !this.counts(before)) throw new Error('a row stamped anew that does not count');
      if (this.#identities.versionOf(before) !== batch.version[place])
        throw new Error('a row stamped anew in another version');
      const versions = this.#versions.get(before);
      if (versions !== undefined) {
        this.#versions.delete(before);
        this.#versions.set(
          row,
          versions.map((each) => (each === before ? row : each)),
        );
      }
      this.#counting[before] = 0;
      this.#counting[row] = 1;
      this.#seen.put(sender, batch.idBytes, start, end, row);
      this.#effects.kill(before);
      if (batch.flags[place] !== 0) this.#effects.bury(row);
    }
  }

  /** A row that is not simply new: its outcome. Rows that are no events are dead before they are fed. */
  #irregular(batch: BlockIdentities, place: number, row: number, known: number, isLate: boolean): number {
    const timeMs = batch.columns.time[place] as number;
    if (known !== -1) {
      const same = this.#sameVersion(known, batch.version[place] as number);
      if (same !== -1) {
        this.#effects.bury(row);
        return this.#identities.hashEquals(same, batch.hash, HASH_WORDS * place)
          ? OUTCOME.DUPLICATE
          : OUTCOME.REJECT;
      }
    }
    this.#highestTime = Math.max(this.#highestTime, timeMs);
    const flags = batch.flags[place] as number;
    if (isLate || flags !== 0) this.#effects.bury(row);
    this.#counting[row] = isLate || (flags & FACT_FLAGS.withdraw) !== 0 ? 0 : 1;
    if (known !== -1) this.#replace(batch, place, row, known);
    return isLate ? OUTCOME.LATE : OUTCOME.OK;
  }

  /** Another version of a known identity. */
  #replace(batch: BlockIdentities, place: number, row: number, known: number): void {
    const versions = this.#versions.get(known) ?? [known];
    if ((batch.version[place] as number) < this.#identities.versionOf(known)) {
      this.#effects.bury(row);
      this.#counting[row] = 0;
      this.#versions.set(known, [...versions, row]);
      return;
    }
    this.#versions.delete(known);
    this.#versions.set(row, [...versions, row]);
    this.#counting[known] = 0;
    this.#effects.kill(known);
    const start = place === 0 ? 0 : (batch.idEnds[place - 1] as number);
    const sender = batch.columns.institution[place] as number;
    this.#seen.put(sender, batch.idBytes, start, batch.idEnds[place] as number, row);
  }

  /** Row of this version among those of an identity, or -1. */
  #sameVersion(known: number, version: number): number {
    if (this.#identities.versionOf(known) === version) return known;
    return this.#versions.get(known)?.find((row) => this.#identities.versionOf(row) === version) ?? -1;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('ledger', this.#highestTime);
    yield* this.#seen.save(out);
    yield* out.list('versions', this.#versions);
    yield* out.array('counting', this.#counting);
  }

  /** Fills an empty ledger over the store of the same checkpoint. */
  load(image: CheckpointIn): void {
    [this.#highestTime = 0] = image.numbers('ledger');
    this.#seen.load(image);
    for (const [row, versions] of image.list('versions') as Iterable<[number, number[]]>)
      this.#versions.set(row, versions);
    this.#counting = image.array('counting', Uint8Array);
  }

  #makeRoom(rows: number): void {
    if (rows <= this.#counting.length) return;
    const grown = new Uint8Array(Math.max(rows, 2 * this.#counting.length));
    grown.set(this.#counting);
    this.#counting = grown;
  }
}
