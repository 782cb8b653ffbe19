/** The ingest role put together: HTTP in, log out. Which partitions it reads is told by whoever runs it. */
import type { AddressInfo } from 'node:net';
import type { IngestContext } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import type { Bus, GroupMember } from '../../pipelines/log/bus.ts';
import type { Reference } from '../../rules/reference/reference.ts';
import { listenFailure } from '../config/listen-failure.ts';
import { readCertificateFile, readKeyFile } from '../config/secret-file.ts';
import type { ApiKeys } from './api-keys.ts';
import { IdentityOutbox } from './identities.ts';
import { INGEST_LIMITS } from './limits.ts';
import { Mappings } from './mappings.ts';
import type { RowRouter } from './output.ts';
import { type EvaluatedUntil, Processor } from './processor.ts';
import { Receiver } from './receive.ts';
import { ReferenceBook } from './reference-book.ts';
import { buildServer } from './server.ts';
import { SubmissionView } from './view.ts';

export interface IngestOptions {
  readonly bus: Bus;
  readonly keys: DataKeys;
  readonly reference: Reference;
  readonly router: RowRouter;
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
  const { bus, keys, reference, router, nowMs, tls } = options;
  const pem = tls && {
    cert: await readCertificateFile(tls.certFile, 'ingest.tls.certFile'),
    key: await readKeyFile(tls.keyFile, 'ingest.tls.keyFile'),
  };
  const view = new SubmissionView(bus);
  const book = new ReferenceBook(bus, router);
  await Promise.all([view.catchUp(), book.catchUp()]);
  const mappings = new Mappings(options.mappingsFolder);
  const zones = new ZoneOffsets();
  const contextWith = (directory: Directory): IngestContext => ({
    pseudonyms: new Pseudonymiser(keys),
    directory,
    reference,
    zones,
  });
  const processor = new Processor({
    ...options,
    view,
    book,
    mappings,
    identities: new IdentityOutbox(bus),
    rawKey: keys.raw,
    context: contextWith(book.directory),
    // What is only checked is stamped with nothing: no stamp decides whether a row is accepted.
    checkContext: () => contextWith(new Directory()),
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
