/** `rastro worker`: the role that evaluates what the log holds. */
import { join } from 'node:path';
import type { Command } from 'commander';
import kafkajs from 'kafkajs';
import { openKeys } from '../../config/keys.ts';
import { sectionOf } from '../../config/load.ts';
import { clientOptions, contextOf } from '../../log/kafka/client.ts';
import { joinGroup } from '../../log/kafka/group/join-group.ts';
import { openLog } from '../../observe/log.ts';
import { openTracing } from '../../observe/tracing.ts';
import { connectStore } from '../../store/connect.ts';
import { migrate } from '../../store/migrate.ts';
import { WORKER_TOPICS } from '../../worker/open-partition.ts';
import { WorkerRole } from '../../worker/role.ts';
import { ownStateFolder } from '../../worker/state-folder.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { addConfigOption, type ConfigOption, configOf, withBus } from '../role-config.ts';
import { roleEnds } from '../role-end.ts';
import { withObservation } from '../role-observation.ts';

interface WorkerCommandOptions extends ConfigOption {
  readonly rules?: string;
  readonly rates?: string;
}

/** A store that says nothing for so long counts as down. */
const STORE_TIMEOUT_MS = 60_000;
/** Of `worker.checkpointFolder`: what a process keeps beside memory while it runs. */
const STATE_FOLDER = 'state';

export function addWorker(program: Command): void {
  const command = addConfigOption(
    program.command('worker').description('evaluate the log: detect, compose, write to the store'),
  )
    .option('--rules <folder>', 'rules for a log that holds none yet (default: the shipped ones)')
    .option('--rates <file>', 'rates in place of the shipped sample')
    .addHelpText(
      'after',
      `
Example:
  rastro topics apply --config rastro.yaml
  rastro worker --config rastro.yaml

Any number of them share the partitions. Ends on SIGTERM when what it has begun is done; the others take over.`,
    );
  handle<WorkerCommandOptions>(command, async (_context, options) => {
    const config = await configOf(options);
    const kafka = sectionOf(config, 'kafka');
    const clickhouse = sectionOf(config, 'clickhouse');
    const { worker } = config;
    const log = openLog(config.logging, { role: 'worker' });
    const knowledge = await loadKnowledge({
      ...(options.rules === undefined ? {} : { rulesDir: options.rules }),
      ...(options.rates === undefined ? {} : { ratesFile: options.rates }),
    });
    return withObservation(config, worker.silentMs, (observation) =>
      withBus(config, async (bus) => {
        const { metrics, health } = observation;
        const keys = await openKeys(config.keys);
        const store = await connectStore(clickhouse, STORE_TIMEOUT_MS);
        try {
          const { cluster } = clickhouse;
          for (const file of await migrate(store, cluster === undefined ? {} : { cluster }))
            log.info('migration.applied', { file });
          const stateFolder = ownStateFolder(join(worker.checkpointFolder, STATE_FOLDER));
          const tracing = await openTracing(config.tracing, 'worker');
          if (config.tracing.enabled) log.info('tracing.started');
          const role = new WorkerRole({
            bus,
            store,
            keys,
            knowledge,
            config: worker,
            checkpointFolder: worker.checkpointFolder,
            stateFolder,
            metrics,
            log,
            tracing,
          });
          health.add('store', () => ({ ok: role.circuit.isUp }));
          health.add('partitions', () => ({ ok: true, value: role.partitions.length, unit: 'partitions' }));
          const membership = joinGroup({
            kafka: new kafkajs.Kafka(await clientOptions(kafka)),
            context: contextOf(kafka, 'group'),
            bus,
            prefix: kafka.prefix,
            groupId: 'worker',
            topics: [...WORKER_TOPICS],
            member: role.member,
            limits: {
              bufferBytes: worker.bufferedBytesMax,
              drainMs: worker.drainMs,
              stallMs: worker.silentMs,
            },
          });
          observation.joined(membership);
          log.info('role.started');
          const failure = await roleEnds(membership, log);
          observation.drains();
          log.info('role.draining');
          await membership.leave();
          await role.close();
          await tracing.close();
          log.info('role.ended');
          return failure === undefined ? EXIT.FINE : EXIT.FAILURE;
        } finally {
          await store.close();
        }
      }),
    );
  });
}
