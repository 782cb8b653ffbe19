/** The ingest role on loopback over topics in memory, with one key that may do everything, and what tests ask of it. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import type { Bus, TopicRecord } from '../../pipelines/log/bus.ts';
import type { RuleSet } from '../../rules/compiler/index.ts';
import type { Receipt, SubmissionReport, SubmissionStatus } from '../../schemas/submission.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { ApiKeys, makeKey, writeKeys } from '../../services/ingest/api-keys.ts';
import { routerOf } from '../../services/ingest/output.ts';
import { type IngestOptions, type IngestRole, startIngest } from '../../services/ingest/role.ts';
import { testKeys, testReference, testRow } from './ingest.ts';
import { memoryBus } from './memory-bus.ts';

export const INSTITUTION = 'bank-a';
const FAR_MS = Date.UTC(2100, 0, 1);
const PATIENCE_MS = 60_000;

export interface TestRole {
  readonly role: IngestRole;
  readonly bus: Bus;
  readonly key: string;
  readonly problems: { what: string; id: string; error: unknown }[];
  submit(body: RequestInit['body'], options?: SubmitOptions): Promise<Response>;
  get(path: string, init?: RequestInit): Promise<Response>;
  /** The status once it is one of `states`. */
  status(receipt: Pick<Receipt, 'statusUrl'>, states?: readonly string[]): Promise<SubmissionStatus>;
  report(receipt: Pick<Receipt, 'statusUrl'>): Promise<SubmissionReport>;
}

export interface SubmitOptions {
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly institution?: string;
}

export const SETTLED = ['accepted', 'partially_accepted', 'rejected', 'processed'] as const;

export async function startTestRole(
  changes: Partial<IngestOptions> & { readonly rules?: Pick<RuleSet, 'rules'> } = {},
): Promise<TestRole> {
  const bus = changes.bus ?? memoryBus();
  const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys.json');
  const { key, stored } = makeKey({
    institution: INSTITUTION,
    scopes: ['submit', 'read'],
    nowMs: 0,
    expiresMs: FAR_MS,
  });
  await writeKeys(file, [stored]);
  const problems: TestRole['problems'] = [];
  const role = await startIngest({
    bus,
    keys: testKeys,
    reference: () => testReference,
    router: routerOf(await bus.partitionsOf('transactions'), changes.rules ?? { rules: [] }),
    apiKeys: new ApiKeys(file, Date.now),
    mappingsFolder: null,
    evaluatedUntil: async () => new Map(),
    nowMs: Date.now,
    onProblem: (what, id, error) => problems.push({ what, id, error }),
    host: '127.0.0.1',
    port: 0,
    submissionsMax: 1_000,
    idleMs: 30_000,
    headersMs: 15_000,
    lookMs: 20,
    processedGridMs: 20,
    ...changes,
  });
  role.processor.own(Array.from({ length: await bus.partitionsOf('submissions') }, (_, i) => i));
  const auth = { authorization: `Bearer ${key}` };
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${role.url}${path}`, { ...init, headers: { ...auth, ...init.headers } });
  return {
    role,
    bus,
    key,
    problems,
    get,
    submit(body, { query = '', headers = {}, institution = INSTITUTION } = {}) {
      return fetch(`${role.url}/v1/feeds/${institution}/submissions${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream', ...auth, ...headers },
        body: body ?? null,
        ...({ duplex: 'half' } as object),
      });
    },
    async status({ statusUrl }, states = SETTLED) {
      const untilMs = Date.now() + PATIENCE_MS;
      for (;;) {
        const status = (await (await get(statusUrl)).json()) as SubmissionStatus;
        if (states.includes(status.state)) return status;
        if (Date.now() > untilMs) throw new Error(`still ${status.state}: ${JSON.stringify(problems)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async report({ statusUrl }) {
      return (await (await get(`${statusUrl}/report`)).json()) as SubmissionReport;
    },
  };
}

/** A line of canonical NDJSON. */
export function line(id: string, changes: object = {}): string {
  return `${JSON.stringify({ ...testRow({ institution: INSTITUTION, id }), ...changes })}\n`;
}

/** All records of a topic, partition by partition. */
export async function recordsOf(bus: Bus, topic: TopicName): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for (const [partition, { begin, end }] of (await bus.ranges(topic)).entries())
    for await (const record of bus.read(topic, partition, begin, end)) records.push(record);
  return records;
}

/** Ids of the rows on the topic, in its order. */
export async function publishedIds(bus: Bus): Promise<string[]> {
  return (await recordsOf(bus, 'transactions'))
    .filter(({ headers }) => headers['kind'] === 'transactions')
    .flatMap(({ value }) => [...(tableFromIPC(value as Uint8Array).getChild('id') ?? [])].map(String));
}

/** A bank's CSV, `id,kind,at,amount,from,to`; `kinds` says what its codes mean. */
export const mappingText = (kinds: string) => `
id: bank-file
version: 1
source: { format: csv }
institution: { const: bank-a }
fields:
  id: { column: id }
  kind: { column: kind, table: { ${kinds} } }
  rail: { const: spei }
  channel: { const: online }
  instrument: { const: account }
  occurredAt: { column: at, time: { formats: [iso] } }
  settled.amount: { column: amount, amount: {} }
  settled.ccy: { const: MXN }
  debtor.account.scheme: { const: none }
  debtor.account.token: { column: from }
  creditor.account.scheme: { const: none }
  creditor.account.token: { column: to }
`;
