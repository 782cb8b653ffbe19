/** The part `kafka:` of the configuration file, for the commands that speak to a cluster. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type KafkaConfig, kafkaConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';

export interface KafkaOptions {
  readonly config?: string;
}

const file = z.looseObject({ kafka: kafkaConfig });

/**
 * From `--config` or `RASTRO_CONFIG`.
 * @throws RastroError RAS-BUS-CONFIG, with the first thing that is wrong.
 */
export async function kafkaConfigOf(
  { config }: KafkaOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KafkaConfig> {
  const path = config ?? environment['RASTRO_CONFIG'];
  const wrong = (where: string, detail: string) =>
    new RastroError('RAS-BUS-CONFIG', { path: path ?? '--config', where, detail });
  if (path === undefined) throw wrong('--config', 'no file is named');
  let data: unknown;
  try {
    data = parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw wrong('the file', code ?? (message.split('\n', 1)[0] as string));
  }
  const parsed = file.safeParse(data);
  if (parsed.success) return parsed.data.kafka;
  const [issue] = parsed.error.issues;
  throw wrong(issue?.path.join('.') || 'the file', issue?.message ?? '');
}
