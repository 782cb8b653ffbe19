/** What a cluster says to a client that appends, reads and makes topics: the codes. */
import type { KafkaConfig } from '../../../schemas/config.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { codeOf, readAll } from '../bus-contract.ts';

export interface Codes {
  readonly appended: string;
  readonly read: string;
  readonly applied: string;
}

/** Of an append and a read, and of making topics; `none` where it went well. */
export async function codesOf(config: KafkaConfig): Promise<Codes> {
  const bus = await KafkaBus.open(config);
  const value = Buffer.from('x');
  const appended = await codeOf(bus.append('transactions', [{ partition: 0, key: null, value }]));
  const read = await codeOf(readAll(bus, 'transactions', 0));
  await bus.close();
  return { appended, read, applied: await codeOf(applyTopics(config, ['transactions'])) };
}

export const everywhere = (code: string): Codes => ({ appended: code, read: code, applied: code });
