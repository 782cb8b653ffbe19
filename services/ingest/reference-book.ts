/**
 * What rows are stamped and evaluated with beside the rules: parties, institutions that submit, what feeds provide. It is
 * remembered on the topic `control`, and told to every partition of `transactions` before `control` says so: whoever finds it
 * there may rely on every partition knowing it.
 */
import { Directory } from '../../pipelines/ingest/directory.ts';
import { ALWAYS_MS } from '../../pipelines/ingest/party-record.ts';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import { type Cadence, FILE_CADENCE, type StreamTiming } from '../../schemas/cadence.ts';
import { contentHash, hashList } from '../../schemas/ids.ts';
import type { PartyRecord } from '../../schemas/party.ts';
import {
  decodeReference,
  encodeReference,
  type FeedRecord,
  type ReferenceRecord,
} from '../workspace/reference-record.ts';
import { partyId } from '../workspace/state.ts';
import type { RowRouter } from './output.ts';

const TOPIC = 'control';
/** Parties of one record, some 500 bytes each. */
const PARTIES_PER_RECORD = 500;

export class ReferenceBook {
  readonly directory = new Directory();
  readonly #bus: Bus;
  readonly #router: RowRouter;
  readonly #streams: Readonly<Record<string, StreamTiming>>;
  /** Institutions that have been declared to have a cadence. */
  readonly #streamed = new Set<string>();
  /** Hash of what is known, by what it is about. */
  readonly #known = new Map<string, string>();
  readonly #next: number[] = [];
  #reading: Promise<void> | undefined;

  /** `streams`: institutions that stream, by name. */
  constructor(bus: Bus, router: RowRouter, streams: Readonly<Record<string, StreamTiming>> = {}) {
    this.#bus = bus;
    this.#streams = streams;
    this.#router = router;
  }

  /** Reads what others have told since. */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async feed(feed: FeedRecord): Promise<void> {
    await this.#tell([`feed/${feed.providedId}`], { feeds: [feed] });
  }

  async institution(institution: string): Promise<void> {
    const timing = this.#streams[institution];
    // Who has streamed and does so no more says so; of anybody else a file is what is assumed.
    const cadence: Cadence | undefined =
      timing !== undefined
        ? { kind: 'stream', ...timing }
        : this.#streamed.has(institution)
          ? FILE_CADENCE
          : undefined;
    const declared = { institution, fromMs: ALWAYS_MS, ...(cadence === undefined ? {} : { cadence }) };
    await this.#tell([`institution/${institution}`], { declarations: [declared] });
  }

  async parties(records: readonly PartyRecord[]): Promise<void> {
    const last = new Map(records.map((party) => [partyKey(party), party]));
    const fresh = [...last].filter(([key, party]) => this.#known.get(key) !== hashOf({ parties: [party] }));
    for (let from = 0; from < fresh.length; from += PARTIES_PER_RECORD) {
      const some = fresh.slice(from, from + PARTIES_PER_RECORD);
      await this.#tell(
        some.map(([key]) => key),
        { parties: some.map(([, party]) => party) },
      );
    }
  }

  /** `keys`: one by item of the record. */
  async #tell(keys: readonly string[], record: Partial<ReferenceRecord>): Promise<void> {
    const items = itemsOf(record);
    if (keys.every((key, i) => this.#known.get(key) === hashOf(items[i] as Partial<ReferenceRecord>))) return;
    const payload = encodeReference(record);
    await this.#bus.append('transactions', this.#router.toAll('reference', payload));
    const control = keys.map(
      (key, i): NewRecord => ({
        partition: 0,
        key,
        value: encodeReference(items[i] as Partial<ReferenceRecord>),
      }),
    );
    await this.#bus.append(TOPIC, control);
    for (const [i, key] of keys.entries()) this.#learn(key, items[i] as Partial<ReferenceRecord>);
  }

  async #read(): Promise<void> {
    const ranges = await this.#bus.ranges(TOPIC);
    for (const [partition, { begin, end }] of ranges.entries()) {
      for await (const { key, value, offset } of this.#bus.read(
        TOPIC,
        partition,
        Math.max(this.#next[partition] ?? 0, begin),
        end,
      )) {
        this.#next[partition] = offset + 1;
        if (key === null || value === null) continue;
        const { parties, declarations, feeds } = decodeReference(value);
        this.#learn(key, { parties, declarations, feeds });
      }
      this.#next[partition] = end;
    }
  }

  #learn(key: string, item: Partial<ReferenceRecord>): void {
    this.#known.set(key, hashOf(item));
    for (const { institution, cadence } of item.declarations ?? [])
      if (cadence !== undefined) this.#streamed.add(institution);
    for (const party of item.parties ?? []) this.directory.apply(party);
  }
}

const hashOf = ({ parties = [], declarations = [], feeds = [] }: Partial<ReferenceRecord>): string =>
  contentHash({ parties, declarations, feeds });

const itemsOf = ({ parties = [], declarations = [], feeds = [] }: Partial<ReferenceRecord>) => [
  ...parties.map((party) => ({ parties: [party] })),
  ...declarations.map((declaration) => ({ declarations: [declaration] })),
  ...feeds.map((feed) => ({ feeds: [feed] })),
];

/** A hash: what a party is told apart by is long. */
const partyKey = (party: PartyRecord) => `party/${hashList([partyId(party)]).toString('hex')}`;
