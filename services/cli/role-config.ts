/** What commands of the distributed form share: the configuration file, and the log that it names. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config, KafkaConfig } from '../../schemas/config.ts';
import { loadConfig, sectionOf } from '../config/load.ts';
import { KafkaBus } from '../log/kafka/bus.ts';

export interface ConfigOption {
  readonly config?: string;
}

export function addConfigOption(command: Command): Command {
  return command.option('--config <file>', 'YAML or JSON (default: RASTRO_CONFIG, or none)');
}

export async function configOf(options: ConfigOption): Promise<Config> {
  return (await loadConfig({ file: options.config, environment: process.env })).config;
}

/** How to reach the log. @throws RastroError RAS-CONFIG-SECTION-MISSING, and as `loadConfig` */
export async function kafkaOf(options: ConfigOption): Promise<KafkaConfig> {
  return sectionOf(await configOf(options), 'kafka');
}

/** Runs `work` against the log that the configuration names, and closes it whatever happens. */
export async function withBus<T>(config: Config, work: (bus: KafkaBus) => Promise<T>): Promise<T> {
  const bus = await KafkaBus.open(sectionOf(config, 'kafka'));
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}

/** Where the API keys of institutions are, hashed. */
export const apiKeysFile = ({ ingest }: Config): string => join(ingest.institutionsFolder, 'api-keys.json');

/** Where the operator's mappings are. */
export const mappingsFolder = ({ ingest }: Config): string => join(ingest.institutionsFolder, 'mappings');
