/** The ingest role put together: HTTP in, log out. Which partitions it reads is told by whoever runs it. */
import type { AddressInfo } from 'node:net';
import type { IngestContext } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import type { Bus, GroupMember } from '../../pipelines/log/bus.ts';
import type { Reference } from '../../rules/reference/reference.ts';
import type { StreamTiming } from '../../schemas/cadence.ts';
import { listenFailure } from '../config/listen-failure.ts';
import { readCertificateFile, readKeyFile } from '../config/secret-file.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ApiKeys } from './api-keys.ts';
import { IdentityOutbox } from './identities.ts';
import { watchOwned, watchSubmissions } from './ingest-metrics.ts';
import { INGEST_LIMITS } from './limits.ts';
import { Mappings } from './mappings.ts';
import type { RowRouter } from './output.ts';
import { type EvaluatedUntil, Processor } from './processor.ts';
import { RowPublisher } from './publisher.ts';
import { Receiver } from './receive.ts';
import { ReferenceBook } from './reference-book.ts';
import { buildServer } from './server.ts';
import { Turns } from './turns.ts';
import { SubmissionView } from './view.ts';
import { WatermarkWriter } from './watermarks.ts';

export interface IngestOptions {
  readonly bus: Bus;
  readonly keys: DataKeys;
  /** What rows are stamped with from now on. */
  readonly reference: () => Reference;
  readonly router: RowRouter;
  /** Called now and then: other rules may be in force. */
  readonly followRules?: () => Promise<void>;
  readonly metrics?: Metrics;
  /** Institutions that stream, by name. */
  readonly streams?: Readonly<Record<string, StreamTiming>>;
  readonly apiKeys: Pick<ApiKeys, 'find'>;
  /** Folder of the operator's mappings; null for the shipped ones alone. */
  readonly mappingsFolder: string | null;
  readonly evaluatedUntil: EvaluatedUntil;
  readonly nowMs: () => number;
  readonly onProblem: (what: string, id: string, error: unknown) => void;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly submissionsMax: number;
  readonly institutionSubmissionsMax?: number;
  readonly submissionBytesMax?: number;
  readonly bodyBytesMax?: number;
  readonly idleMs: number;
  readonly graceMs?: number;
  readonly headersMs: number;
  readonly lookMs?: number;
  readonly processedGridMs?: number;
}

export interface IngestRole {
  readonly url: string;
  readonly processor: Processor;
  readonly view: SubmissionView;
  /** As a member of a group over `submissions`. */
  readonly member: GroupMember;
  /** Time of the last look at the log that it answered; for readiness. */
  lookedMs(): number;
  /** Takes no more requests, lets what runs go on for so long, then leaves it to whoever comes next. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the role: it has read what the log says, serves, and reads no submission until it is given partitions. */
export async function startIngest(options: IngestOptions): Promise<IngestRole> {
  const { bus, keys, router, nowMs, tls } = options;
  const pem = tls && {
    cert: await readCertificateFile(tls.certFile, 'ingest.tls.certFile'),
    key: await readKeyFile(tls.keyFile, 'ingest.tls.keyFile'),
  };
  const view = new SubmissionView(bus);
  const streams = options.streams ?? {};
  const book = new ReferenceBook(bus, router, streams);
  await Promise.all([view.catchUp(), book.catchUp()]);
  const mappings = new Mappings(options.mappingsFolder);
  const zones = new ZoneOffsets();
  const pseudonyms = new Pseudonymiser(keys);
  // A submission is stamped with one set throughout.
  const contextWith = (of: Pick<IngestContext, 'directory' | 'pseudonyms'>): IngestContext => ({
    ...of,
    reference: options.reference(),
    zones,
  });
  const identities = new IdentityOutbox(bus);
  const processor = new Processor({
    ...options,
    view,
    book,
    mappings,
    turns: new Turns(),
    identities,
    publisher: new RowPublisher({ bus, router, identities }),
    watermarks: new WatermarkWriter({ bus, router, table: view.table, streams }),
    rawKey: keys.raw,
    context: () => contextWith({ directory: book.directory, pseudonyms }),
    // What is only checked is stamped with nothing: no stamp decides whether a row is accepted.
    checkContext: () => contextWith({ directory: new Directory(), pseudonyms: new Pseudonymiser(keys) }),
    submissionBytesMax: options.submissionBytesMax ?? INGEST_LIMITS.SUBMISSION_BYTES,
  });
  const receiver = new Receiver({
    bus,
    view,
    rawKey: keys.raw,
    nowMs,
    ...(options.bodyBytesMax === undefined ? {} : { bodyBytesMax: options.bodyBytesMax }),
  });
  const { tls: _, ...served } = options;
  const app = buildServer({
    ...served,
    ...(pem === undefined ? {} : { tls: pem }),
    view,
    receiver,
    mappings,
    rawKey: keys.raw,
    onReceived: () => processor.poke(),
  });
  if (options.metrics !== undefined) {
    watchSubmissions(options.metrics, view);
    watchOwned(options.metrics, view, () => processor.owned);
  }
  const { host, port } = options;
  await app.listen({ host, port }).catch((error: unknown) => {
    throw listenFailure(error, { host, port, section: 'ingest' });
  });
  processor.start();
  const own = app.server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${shown}:${own.port}`,
    processor,
    view,
    member: memberOf(bus, processor),
    lookedMs: () => processor.lookedMs,
    async stop(drainMs) {
      const closed = app.close();
      const impatience = setTimeout(() => app.server.closeAllConnections(), drainMs);
      await processor.stop(drainMs);
      await closed;
      clearTimeout(impatience);
    },
  };
}

/** The role reads the topic by itself, all partitions of it: what the group gives is whose turn it is. */
function memberOf(bus: Bus, processor: Processor): GroupMember {
  return {
    async assigned(partitions) {
      const ranges = await bus.ranges('submissions');
      processor.own(partitions.map(({ partition }) => partition));
      return partitions.map((of) => ({ ...of, from: ranges[of.partition]?.end ?? 0 }));
    },
    async batch() {
      processor.poke();
    },
    revoked: (partitions) => processor.disown(partitions.map(({ partition }) => partition)),
  };
}
