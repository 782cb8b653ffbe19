/** `rastro ingest`: the role that institutions hand their feeds in to. */

import type { Command } from 'commander';
import kafkajs from 'kafkajs';
import { openKeys } from '../../config/keys.ts';
import { sectionOf } from '../../config/load.ts';
import { ApiKeys } from '../../ingest/api-keys.ts';
import { Drains, evaluatedByPartition } from '../../ingest/drains.ts';
import { startIngest } from '../../ingest/role.ts';
import { RulesInForce } from '../../ingest/rules-in-force.ts';
import { clientOptions, contextOf } from '../../log/kafka/client.ts';
import { joinGroup } from '../../log/kafka/group/join-group.ts';
import { openLog } from '../../observe/log.ts';
import { connectStore } from '../../store/connect.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import {
  addConfigOption,
  apiKeysFile,
  type ConfigOption,
  configOf,
  mappingsFolder,
  withBus,
} from '../role-config.ts';
import { roleEnds } from '../role-end.ts';
import { withObservation } from '../role-observation.ts';

interface IngestCommandOptions extends ConfigOption {
  readonly rules?: string;
  readonly rates?: string;
}

/** A store that says nothing for so long counts as down. */
const STORE_TIMEOUT_MS = 60_000;
/** The log has not answered for so long: the role is not ready. */
const SILENT_MS = 30_000;

export function addIngest(program: Command): void {
  const command = addConfigOption(
    program
      .command('ingest')
      .description('serve institutions: receive feeds over HTTP, read them onto the log'),
  )
    .option('--rules <folder>', 'rules for a log that holds none yet (default: the shipped ones)')
    .option('--rates <file>', 'rates in place of the shipped sample')
    .addHelpText(
      'after',
      `
Example:
  rastro topics apply --config rastro.yaml
  rastro keys new --institution bank-a --config rastro.yaml
  rastro ingest --config rastro.yaml

Ends on SIGTERM when what it has begun is done, or after ingest.drainMs; another process goes on from there.`,
    );
  handle<IngestCommandOptions>(command, async (_context, options) => {
    const config = await configOf(options);
    const log = openLog(config.logging, { role: 'ingest' });
    const knowledge = await loadKnowledge({
      ...(options.rules === undefined ? {} : { rulesDir: options.rules }),
      ...(options.rates === undefined ? {} : { ratesFile: options.rates }),
    });
    return withObservation(config, SILENT_MS, (observation) =>
      withBus(config, async (bus) => {
        const { metrics, health } = observation;
        const keys = await openKeys(config.keys);
        const rules = await RulesInForce.open(bus, knowledge);
        // The role works without one, but then `processed` is never told.
        const { clickhouse } = config;
        const store = clickhouse === undefined ? undefined : await connectStore(clickhouse, STORE_TIMEOUT_MS);
        try {
          const onProblem = (_what: string, _id: string, error: unknown) =>
            log.error('request.failed', error);
          const { ingest } = config;
          const role = await startIngest({
            bus,
            keys,
            reference: () => rules.reference,
            router: rules.router,
            followRules: () => rules.catchUp(),
            apiKeys: new ApiKeys(apiKeysFile(config), Date.now),
            mappingsFolder: mappingsFolder(config),
            metrics,
            evaluatedUntil: async () => (store === undefined ? new Map() : evaluatedByPartition(store)),
            nowMs: Date.now,
            onProblem,
            host: ingest.host,
            port: ingest.port,
            ...(ingest.tls === undefined ? {} : { tls: ingest.tls }),
            submissionsMax: ingest.submissionsMax,
            submissionBytesMax: ingest.submissionBytesMax,
            streams: ingest.streams,
            idleMs: ingest.idleMs,
            headersMs: ingest.headersMs,
          });
          const { view, processor } = role;
          health.add('log', () => {
            const value = Date.now() - role.lookedMs();
            return { ok: value < SILENT_MS, value, unit: 'ms' };
          });
          const drains =
            store === undefined
              ? undefined
              : new Drains({
                  bus,
                  store,
                  rawKey: keys.raw,
                  view,
                  owned: () => processor.owned,
                  onProblem,
                  metrics,
                });
          drains?.start();
          const kafka = sectionOf(config, 'kafka');
          const membership = joinGroup({
            kafka: new kafkajs.Kafka(await clientOptions(kafka)),
            context: contextOf(kafka, 'group'),
            bus,
            prefix: kafka.prefix,
            groupId: 'ingest',
            topics: ['submissions'],
            member: role.member,
          });
          observation.joined(membership);
          log.info('role.started', { port: Number(new URL(role.url).port) });
          const failure = await roleEnds(membership, log);
          observation.drains();
          log.info('role.draining');
          await role.stop(ingest.drainMs);
          await membership.leave();
          await drains?.stop();
          log.info('role.ended');
          return failure === undefined ? EXIT.FINE : EXIT.FAILURE;
        } finally {
          await store?.close();
        }
      }),
    );
  });
}
