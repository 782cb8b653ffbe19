/**
 * The log of a role: events of `log-fields.ts` as JSON lines (pino), or as text for a person at a terminal. Standard error, as
 * everything that is not a result.
 */
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { LoggingConfig } from '../../schemas/config.ts';
import { checkedFields, errorFields, LOG_EVENTS, type LogEvent, type LogValues } from './log-fields.ts';

export interface Log {
  debug(event: LogEvent, fields?: LogValues): void;
  info(event: LogEvent, fields?: LogValues): void;
  warn(event: LogEvent, fields?: LogValues): void;
  /** `error` is reduced to its code or kind. */
  error(event: LogEvent, error: unknown, fields?: LogValues): void;
  /** The same log with fields in every line: a request, a partition. */
  with(fields: LogValues): Log;
}

export interface LogStream {
  write(line: string): unknown;
  readonly isTTY?: boolean;
}

/** Behind the guard of the fields: should a library that is handed the logger ever add its own, these are cut out. */
const REDACTED = [
  'password',
  'secret',
  'authorization',
  'apiKey',
  'token',
  'key',
  'req',
  'res',
  'err',
  'body',
  'value',
];

/** Opens the log of a role. `base` is in every line. */
export function openLog(config: LoggingConfig, base: LogValues, stream: LogStream = process.stderr): Log {
  const asText = config.format === 'text' || (config.format === 'auto' && stream.isTTY === true);
  const sink = asText ? { write: (line: string) => stream.write(textLine(line)) } : stream;
  const logger = pino(
    {
      level: config.level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      messageKey: 'event',
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '(redacted)' },
    },
    sink as pino.DestinationStream,
  );
  return logOver(logger, checkedFields(base).fields);
}

/** An id by which all lines of a request, and the answer to whoever sent it, are found together. */
export function newRequestId(): string {
  return randomUUID();
}

type Level = 'debug' | 'info' | 'warn' | 'error';

function logOver(logger: pino.Logger, base: LogValues): Log {
  const say = (level: Level, event: LogEvent, values: LogValues): void => {
    if (!Object.hasOwn(LOG_EVENTS, event)) {
      logger.error({ ...base, refused: ['event'] }, 'log.refused');
      return;
    }
    const { fields, refused } = checkedFields(values);
    logger[level](refused.length === 0 ? { ...base, ...fields } : { ...base, ...fields, refused }, event);
  };
  return {
    debug: (event, fields = {}) => say('debug', event, fields),
    info: (event, fields = {}) => say('info', event, fields),
    warn: (event, fields = {}) => say('warn', event, fields),
    error: (event, error, fields = {}) => say('error', event, { ...fields, ...errorFields(error) }),
    with: (fields) => logOver(logger, { ...base, ...checkedFields(fields).fields }),
  };
}

/** `10:04:05.123 info  store.down (the store does not answer ...) table=signals` */
function textLine(line: string): string {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const said = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  const meaning = LOG_EVENTS[event as LogEvent] ?? '';
  return `${[String(time).slice(11, 23), String(level).padEnd(5), `${event} (${meaning})`, ...said].join(' ')}\n`;
}
