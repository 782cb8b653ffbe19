/**
 * One broker of each version for all test files of a run, started when the first of them asks and owned by the run itself: the
 * broker ends with it. Files keep apart by topic prefixes (`ownPrefix`).
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from './cluster.ts';
import { KAFKA_MAJORS, type KafkaMajor, whyNoKafka } from './jars.ts';

export interface SharedKafka {
  readonly brokers: readonly string[];
  readonly jars: string;
}

type Answer = { readonly kafka: SharedKafka } | { readonly error: string };

const socketPath = () => join(tmpdir(), 'kafka.sock');

/** Set-up of the whole run: waits for files to ask. */
export default async function setup(): Promise<() => Promise<void>> {
  const clusters = new Map<KafkaMajor, Promise<KafkaCluster>>();
  const server = createServer(async (request, response) => {
    const version = Number(request.url?.slice(1)) as KafkaMajor;
    let cluster = clusters.get(version);
    if (cluster === undefined) {
      cluster = KafkaCluster.start({ version });
      clusters.set(version, cluster);
    }
    const answer: Answer = await cluster.then(
      ({ brokers, jars }) => ({ kafka: { brokers, jars } }),
      (error: Error) => ({ error: error.message }),
    );
    response.end(JSON.stringify(answer));
  });
  server.listen(socketPath());
  await once(server, 'listening');
  server.unref();
  return async () => {
    server.close();
    const started = await Promise.allSettled(clusters.values());
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
  };
}

/**
 * The versions that can be had here. Where one cannot, the reason is printed, and its suites are skipped; in CI that is a
 * failure. For `describe.each(await kafkaVersions())`.
 */
export async function kafkaVersions(): Promise<KafkaMajor[]> {
  const found: KafkaMajor[] = [];
  for (const version of KAFKA_MAJORS) {
    const reason = await whyNoKafka(version);
    if (reason === undefined) found.push(version);
    else if (process.env['CI'] === 'true') throw new Error(reason);
    else console.warn(`Skipped: ${reason}`);
  }
  return found;
}

/** The run's broker of this version. */
export async function sharedKafka(version: KafkaMajor): Promise<SharedKafka> {
  const [response] = await once(get({ socketPath: socketPath(), path: `/${version}` }), 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const answer = JSON.parse(Buffer.concat(parts).toString()) as Answer;
  if ('error' in answer) throw new Error(answer.error);
  return answer.kafka;
}

/** In front of the topics and groups of one test file or test, so that two share nothing. */
export function ownPrefix(): string {
  return `t${randomBytes(6).toString('hex')}.`;
}
