/**
 * Records of one partition of `transactions` as steps of its engine. What the partition's log says besides rows (what feeds provide,
 * who submits, rule sets) is remembered here, since rows and signals are read with it.
 */
import type { PartitionEngine } from '../../pipelines/engine/partition-engine.ts';
import type { NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { KIND_HEADER, RECORD_KINDS, type RecordKind } from '../../pipelines/log/port.ts';
import type { CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { Steps } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import { decodeReference, type ReferenceRecord } from '../workspace/reference-record.ts';
import { decodeWatermark } from '../workspace/watermark-record.ts';
import type { BlockSpool } from './block-spool.ts';
import type { RecordedRules } from './recorded-rules.ts';

const NOTHING_PROVIDED: ReadonlySet<string> = new Set();
const NOT_ROWS = { outcomes: undefined, records: [] } as const;

/** What a record did: of rows the index in `ROW_OUTCOMES` of each; records that have to go to `signals`. */
export interface InputOutcome {
  readonly outcomes: Uint8Array | undefined;
  readonly records: readonly NewRecord[];
}

export function kindOf({ headers }: Pick<TopicRecord, 'headers'>): RecordKind {
  const kind = headers[KIND_HEADER];
  const known = RECORD_KINDS.find((each) => each === kind);
  if (known === undefined)
    throw new RastroError('RAS-ENGINE-MESSAGE', { kind: 'transactions', detail: 'kind' });
  return known;
}

/** What feeds of the partition's log provide. */
export class ProvidedFields {
  readonly #feeds = new Map<string, ReadonlySet<string>>();

  add({ feeds }: Pick<ReferenceRecord, 'feeds'>): void {
    for (const { providedId, provided } of feeds) this.#feeds.set(providedId, new Set(provided));
  }

  /** Writes them for a checkpoint. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.list(
      'provided',
      Array.from(this.#feeds, ([id, provided]) => [id, [...provided]]),
    );
  }

  /** What `save` wrote is known too. @throws CheckpointDamage */
  load(from: CheckpointIn): void {
    for (const [id, provided] of from.list('provided') as Iterable<[string, string[]]>)
      this.#feeds.set(id, new Set(provided));
  }

  of(id: string): ReadonlySet<string> {
    return this.#feeds.get(id) ?? NOTHING_PROVIDED;
  }
}

export class PartitionInput {
  readonly #engine: Pick<PartitionEngine, 'step' | 'rulesRecords'>;
  readonly #spool: BlockSpool;
  readonly #provided: ProvidedFields;
  readonly #rules: RecordedRules;

  constructor(parts: {
    engine: Pick<PartitionEngine, 'step' | 'rulesRecords'>;
    spool: BlockSpool;
    provided: ProvidedFields;
    /** Nobody else reads records with them. */
    rules: RecordedRules;
  }) {
    this.#engine = parts.engine;
    this.#spool = parts.spool;
    this.#provided = parts.provided;
    this.#rules = parts.rules;
  }

  /**
   * Takes in the next record.
   * @throws RastroError where it cannot be read; then nothing of it was taken in
   */
  async take(record: TopicRecord): Promise<InputOutcome> {
    const { value, offset, fault } = record;
    if (fault !== undefined) throw fault;
    if (value === null) return NOT_ROWS;
    if (value.length > TOPIC_VALUE_BYTES)
      throw new RastroError('RAS-ENGINE-RECORD-SIZE', { bytes: value.length, limit: TOPIC_VALUE_BYTES });
    switch (kindOf(record)) {
      case 'transactions':
      case 'copies': {
        if (value.length === 0) throw new RastroError('RAS-ENGINE-BLOCK-CORRUPT', { column: '*' });
        // Documents are asked for while the rows are taken in.
        this.#spool.add(offset, value);
        const outcomes = await this.#engine.step({ kind: 'transactions', block: value, offset });
        // Nobody writes a block without rows: this one was cut in front of them.
        if (outcomes.length === 0) throw new RastroError('RAS-ENGINE-BLOCK-CORRUPT', { column: '*' });
        return { outcomes, records: [] };
      }
      case 'reference':
        await this.#takeReference(readable('reference', () => decodeReference(value)));
        return NOT_ROWS;
      case 'watermark': {
        const { timeMs, institution } = readable('watermark', () => decodeWatermark(value));
        await this.#engine.step({ kind: 'watermark', timeMs, institution });
        return NOT_ROWS;
      }
      case 'rules':
        return { outcomes: undefined, records: await this.#takeRules(value, offset) };
    }
  }

  async #takeReference(reference: ReferenceRecord): Promise<void> {
    this.#provided.add(reference);
    for (const { institution, fromMs, cadence } of reference.declarations) {
      await this.#engine.step({ kind: 'declare', institution, fromMs });
      if (cadence !== undefined) await this.#engine.step({ kind: 'cadence', institution, fromMs, cadence });
    }
  }

  async #takeRules(payload: Uint8Array, offset: number): Promise<readonly NewRecord[]> {
    const changed = readable('rules', () => this.#rules.read(payload));
    if (changed !== undefined) {
      const { ruleSet, evaluation, compose, fromMs } = changed;
      await this.#engine.step({ kind: 'rules', ruleSet, evaluation, compose, fromMs });
    }
    // One that changes nothing now may do so together with one that is still to come.
    return this.#engine.rulesRecords(payload, offset);
  }
}

function readable<T>(kind: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (RastroError.is(error)) throw error;
    throw new RastroError('RAS-ENGINE-MESSAGE', { kind, detail: 'value' }, { cause: error });
  }
}
