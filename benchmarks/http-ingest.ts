/**
 * What the ingest role takes over HTTP, with topics in memory: the role, its clients and the log share one process and its one
 * thread, and its CPU time counts, so the figures are low rather than high.
 *
 * `rows`: files of NDJSON, received, kept in encrypted chunks, read, routed and reported, as a share of `JSON.parse` over the same
 * lines. `submissions`: small files on many connections at a time (autocannon), while as many slow clients hold theirs
 * open; memory is what counts, held (after garbage collection, the log's own copy of chunks and states among it) and resident. Clients
 * that trickle headers or bodies, or announce too much, must all be turned away. What would make the figures wrong: equal bodies, which are taken in once.
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import autocannon from 'autocannon';
import type { Bus } from '../pipelines/log/bus.ts';
import type { Receipt } from '../schemas/submission.ts';
import { INGEST_LIMITS } from '../services/ingest/limits.ts';
import { routerOf } from '../services/ingest/output.ts';
import type { IngestOptions } from '../services/ingest/role.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { INSTITUTION, startTestRole, type TestRole } from '../test/support/ingest-role.ts';
import { memoryBus } from '../test/support/memory-bus.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';

const PARTITIONS = 16;
const FILES = 4;
const ACCOUNTS = 50_000;
const SMALL_ROWS = 5;
const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);

function rowOf(file: number, i: number): string {
  const account = (n: number) => String(1e17 + ((n * 2_654_435_761) % ACCOUNTS)).slice(0, 18);
  const at = new Date(Date.UTC(2026, 0, 1) + i * 1_000).toISOString().slice(0, 19);
  return `{"institution":"${INSTITUTION}","id":"t-${file}-${i}","kind":"transfer","rail":"spei","channel":"mobile","instrument":"account","occurredAt":"${at}-06:00","settled":{"amount":"${(i % 5_000) + 1}.50","ccy":"MXN"},"debtor":{"account":{"scheme":"none","token":"${account(i)}"}},"creditor":{"account":{"scheme":"none","token":"${account(i + 7)}"}},"refs":{"endToEndId":"e-${file}-${i}"}}`;
}

/** The log is elsewhere: what nobody reads here again is acknowledged, and not held. */
function distantLog(): Bus {
  const bus = memoryBus({ partitions: PARTITIONS });
  const append: Bus['append'] = (topic, records) =>
    bus.append(
      topic,
      topic === 'transactions' || topic === 'identities'
        ? records.map((record) => ({ ...record, value: NOTHING }))
        : records,
    );
  return { ...bus, append };
}

async function startRole(changes: Partial<IngestOptions> = {}): Promise<TestRole> {
  const { ruleSet } = await loadKnowledge({ cases: true });
  return startTestRole({
    bus: distantLog(),
    router: routerOf(PARTITIONS, ruleSet),
    lookMs: INGEST_LIMITS.LOOK_MS,
    processedGridMs: INGEST_LIMITS.PROCESSED_GRID_MS,
    institutionSubmissionsMax: 5_000,
    submissionsMax: 5_000,
    idleMs: 120_000,
    ...changes,
  });
}

async function rowsCase(context: RunContext): Promise<BenchmarkResult> {
  const [rows, rounds] = [sizeOf(context, 'rows'), sizeOf(context, 'rounds')];
  const role = await startRole();
  const bare: number[] = [];
  const ours: number[] = [];
  const faults: string[] = [];
  const digest = createHash('sha256');
  for (let turn = 0; turn < rounds; turn++) {
    const files = Array.from({ length: FILES }, (_, file) =>
      Array.from({ length: Math.ceil(rows / FILES) }, (_row, i) => rowOf(turn * FILES + file, i)),
    );
    const bodies = files.map((lines) => Buffer.from(`${lines.join('\n')}\n`));
    for (const body of bodies) digest.update(body);
    let at = cpuNs();
    let parsed = 0;
    for (const lines of files)
      for (const text of lines) parsed += (JSON.parse(text) as { id: string }).id.length > 0 ? 1 : 0;
    bare.push((cpuNs() - at) / parsed);
    at = cpuNs();
    const settled = await Promise.all(
      bodies.map(async (body) => {
        const answer = await role.submit(new Uint8Array(body));
        return role.status((await answer.json()) as Receipt);
      }),
    );
    ours.push((cpuNs() - at) / parsed);
    const accepted = settled.reduce((sum, { counts }) => sum + (counts?.accepted ?? 0), 0);
    if (accepted !== parsed) faults.push(`${accepted} of ${parsed} rows accepted`);
    context.progress(`round ${turn + 1}: ${Math.round(1e9 / (ours.at(-1) ?? 1))} rows per CPU second`);
  }
  if (role.problems.length > 0) faults.push(`${role.problems.length} problems`);
  await role.role.stop(0);
  return {
    name: 'http-ingest/rows',
    value: round(median(bare) / median(ours), 3),
    unit: 'of bare JSON.parse',
    seed: 0,
    resultHash: digest.digest('hex').slice(0, 16),
    details: {
      rowsPerCpuSecond: Math.round(1e9 / median(ours)),
      bareRowsPerCpuSecond: Math.round(1e9 / median(bare)),
      files: FILES * rounds,
    },
    faults,
  };
}

/** Connections that have sent a head and a little of their body, and send no more for now. */
async function slowClients(role: TestRole, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(role.role.url);
  const head = `POST /v1/feeds/${INSTITUTION}/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${role.key}\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n`;
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(Number(port), hostname, () => {
            socket.write(`${head}${'x'.repeat(20_000)}`, () => resolve(socket));
          });
          socket.on('error', reject);
        }),
    ),
  );
}

const REFUSED_EACH = 100;
const REFUSING = { headersMs: 5_000, graceMs: 200, bodyBytesMax: MIB };
const TRICKLE_MS = 100;

/** Clients that must be turned away: how many of each kind were, by status. */
async function refused(count: number): Promise<{ headers: number; body: number; oversize: number }> {
  const role = await startRole(REFUSING);
  const { hostname, port } = new URL(role.role.url);
  const head = (bytes: number) =>
    `POST /v1/feeds/${INSTITUTION}/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${role.key}\r\nContent-Type: text/csv\r\nContent-Length: ${bytes}\r\n\r\n`;
  const statusOf = (first: string, more: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(first));
      const trickle = setInterval(() => more !== '' && socket.write(more), TRICKLE_MS);
      let text = '';
      socket.on('data', (part) => {
        text += part.toString('latin1');
      });
      // What is written behind the answer finds nobody, and may push it away: the connection has ended all the same.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(trickle);
        resolve(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 408'.length));
      });
    });
  const times = async (status: string, first: string, more: string) =>
    (await Promise.all(Array.from({ length: count }, () => statusOf(first, more)))).filter(
      (each) => each === status || each === '',
    ).length;
  const [headers, body, oversize] = await Promise.all([
    times('408', 'POST / HTTP/1.1\r\nHost: x\r\n', 'X-More: 1\r\n'),
    times('408', head(MIB), 'x'),
    times('413', head(MIB + 1), ''),
  ]);
  await role.role.stop(0);
  return { headers, body, oversize };
}

/** What is held when garbage is gone; buffers go a turn later than what held them. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function submissionsCase(context: RunContext): Promise<BenchmarkResult> {
  const [connections, amount] = [sizeOf(context, 'connections'), sizeOf(context, 'submissions')];
  const role = await startRole();
  const before = process.memoryUsage().rss;
  const heldBefore = await heldBytes();
  const slow = await slowClients(role, connections);
  const withSlow = process.memoryUsage().rss;
  const heldWithSlow = await heldBytes();
  const cpuAt = cpuNs();
  let most = withSlow;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  let made = 0;
  const load = await autocannon({
    url: `${role.role.url}/v1/feeds/${INSTITUTION}/submissions`,
    method: 'POST',
    connections,
    amount,
    timeout: 120,
    headers: { authorization: `Bearer ${role.key}`, 'content-type': 'application/x-ndjson' },
    requests: [
      {
        setupRequest: (request) => {
          const file = 1_000_000 + made++;
          const body = `${Array.from({ length: SMALL_ROWS }, (_, i) => rowOf(file, i)).join('\n')}\n`;
          return { ...request, body };
        },
      },
    ],
  });
  const answeredMs = performance.now();
  const isRead = () =>
    [...role.role.view.table.submissions()].every(({ settled }) => settled !== null) &&
    role.role.view.table.size >= amount;
  while (!isRead()) await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(watch);
  const readMs = performance.now() - answeredMs;
  const cpuMs = (cpuNs() - cpuAt) / 1e6;
  const heldAfter = await heldBytes();
  const faults: string[] = [];
  if (load['2xx'] !== amount) faults.push(`${load['2xx']} of ${amount} were answered with a receipt`);
  if (slow.some((socket) => socket.destroyed)) faults.push('a slow client was dropped');
  for (const socket of slow) socket.destroy();
  await role.role.stop(0);
  const each = Math.min(connections, REFUSED_EACH);
  const turnedAway = await refused(each);
  for (const [kind, times] of Object.entries(turnedAway))
    if (times !== each) faults.push(`${times} of ${each} were refused: ${kind}`);
  return {
    name: 'http-ingest/submissions',
    value: Math.round(load.requests.average),
    unit: 'submissions per second',
    seed: 0,
    resultHash: createHash('sha256').update(String(amount)).digest('hex').slice(0, 16),
    details: {
      connections,
      slowClients: connections,
      p50Ms: load.latency.p50,
      p99Ms: load.latency.p99,
      cpuMsPerSubmission: round(cpuMs / amount, 2),
      slowClientsMiB: round((withSlow - before) / MIB, 1),
      slowClientsHeldMiB: round((heldWithSlow - heldBefore) / MIB, 1),
      heldAfterMiB: round((heldAfter - heldWithSlow) / MIB, 1),
      mostAboveMiB: round((most - withSlow) / MIB, 1),
      readAfterMs: Math.round(readMs),
    },
    faults,
  };
}

export const httpIngest: Benchmark = {
  name: 'http-ingest',
  what: 'files over HTTP onto a log in memory, as a share of bare `JSON.parse`; many submissions at a time beside slow clients',
  cases: ['rows', 'submissions'],
  options: {
    rows: { default: 400_000, smoke: 400, what: 'rows of a round' },
    rounds: { default: 3, smoke: 1, what: 'rounds; the median counts' },
    connections: { default: 1_000, smoke: 8, what: 'connections at a time, and slow clients beside them' },
    submissions: { default: 5_000, smoke: 16, what: 'small submissions' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context) {
    return [await (context.case === 'submissions' ? submissionsCase(context) : rowsCase(context))];
  },
};
