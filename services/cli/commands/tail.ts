/** `rastro tail TOPIC`: records of a topic as they come, decoded and masked. */
import type { Command } from 'commander';
import type { Bus, TopicRecord } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { TOPIC_NAMES, type TopicName } from '../../../schemas/topics.ts';
import { KafkaBus } from '../../log/kafka/bus.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { type ConfigOption, kafkaOf } from '../role-config.ts';
import type { Terminal } from '../terminal.ts';
import { shownRecord } from './tail-record.ts';

interface TailOptions extends ConfigOption {
  readonly from: string;
  readonly partition?: string;
  readonly max: string;
  readonly follow: boolean;
}

const RECORDS_MAX = 10_000;
const DEFAULT_MAX = '100';
/** How often it is asked whether there is more. */
const FOLLOW_POLL_MS = 500;

interface Wanted {
  readonly topic: TopicName;
  /** Default: all. */
  readonly partition: number | undefined;
  readonly from: 'beginning' | 'end' | number;
  readonly max: number;
  /** Waits for more where it comes to the end. */
  readonly follow: boolean;
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: `${least}..${most}` });
}

function wantedOf(topic: string, { from, partition, max, follow }: TailOptions): Wanted {
  if (!(TOPIC_NAMES as readonly string[]).includes(topic))
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: 'topic',
      value: topic,
      expected: TOPIC_NAMES.join(' | '),
    });
  const isOffset = /^\d+$/.test(from);
  return {
    topic: topic as TopicName,
    partition: partition === undefined ? undefined : numberOf('--partition', partition, 0, 1_023),
    from: isOffset
      ? numberOf('--from', from, 0, Number.MAX_SAFE_INTEGER)
      : oneOf('--from', from, ['beginning', 'end'] as const),
    max: numberOf('--max', max, 1, RECORDS_MAX),
    follow,
  };
}

/** Until `max` records were handed over, or the end came where `follow` is off, or `stop` fires. */
export async function* tail(bus: Bus, wanted: Wanted, stop: AbortSignal): AsyncGenerator<TopicRecord> {
  const { topic, partition, from, max, follow } = wanted;
  const first = await bus.ranges(topic);
  if (partition !== undefined && partition >= first.length)
    throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic: `${topic} ${partition}` });
  const partitions = partition === undefined ? first.map((_, at) => at) : [partition];
  const next = first.map(({ begin, end }) => {
    if (from === 'end') return end;
    return from === 'beginning' ? begin : Math.min(Math.max(from, begin), end);
  });
  let shown = 0;
  for (let ranges = first; !stop.aborted; ranges = await bus.ranges(topic)) {
    for (const at of partitions) {
      const { begin, end } = ranges[at] ?? { begin: 0, end: 0 };
      const start = Math.max(begin, next[at] ?? 0);
      for await (const record of bus.read(topic, at, start, end)) {
        if (stop.aborted) return;
        yield record;
        if (++shown === max) return;
      }
      next[at] = Math.max(start, end);
    }
    if (!follow) return;
    await paused(stop);
  }
}

function paused(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, FOLLOW_POLL_MS);
    stop.addEventListener('abort', done);
  });
}

function print(terminal: Terminal, record: TopicRecord): void {
  const shown = shownRecord(record);
  if (terminal.json) {
    // One object a line: whoever reads it need not wait for the end.
    terminal.print(JSON.stringify(shown));
    return;
  }
  const { partition, offset, key, kind, form, bytes, value } = shown;
  const head = [`${partition}/${offset}`, kind, key, `${form}, ${bytes} bytes`].filter(
    (part) => part !== null,
  );
  const text = value === undefined ? '' : `  ${JSON.stringify(value)}`;
  const line = `${head.join('  ')}${text}`;
  terminal.print(line.length > terminal.width ? `${line.slice(0, terminal.width - 1)}…` : line);
}

export function addTail(program: Command): void {
  const command = program
    .command('tail <topic>')
    .description('show the records of a topic as they come, decoded and masked')
    .option('--config <file>', 'YAML or JSON (default: RASTRO_CONFIG)')
    .option('--from <where>', 'beginning, end, or an offset', 'end')
    .option('--partition <number>', 'this partition only')
    .option('--max <number>', `end after so many records, at most ${RECORDS_MAX}`, DEFAULT_MAX)
    .option('--no-follow', 'end where there is no more')
    .addHelpText(
      'after',
      `
Examples:
  rastro tail alerts --config rastro.yaml --from beginning --max 20 --no-follow
  rastro tail transactions --config rastro.yaml --partition 3 --json

Pseudonyms are shortened, texts and long numbers counted; what is encrypted is shown as its size. With --json each line is one
object. Ctrl-C ends it.`,
    );
  handle<TailOptions>(command, async ({ terminal }, options, [topic = '']) => {
    const wanted = wantedOf(topic, options);
    const bus = await KafkaBus.open(await kafkaOf(options));
    const stop = new AbortController();
    const end = () => stop.abort();
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    try {
      for await (const record of tail(bus, wanted, stop.signal)) print(terminal, record);
    } finally {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      await bus.close();
    }
    return EXIT.FINE;
  });
}
