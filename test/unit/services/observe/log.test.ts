import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { type Log, newRequestId, openLog } from '../../../../services/observe/log.ts';
import { LOG_EVENTS, LOG_FIELDS, type LogValues } from '../../../../services/observe/log-fields.ts';

function captured(
  format: 'json' | 'text' | 'auto' = 'json',
  isTTY = false,
  level: 'info' | 'debug' = 'info',
) {
  const lines: string[] = [];
  const log = openLog(
    { level, format },
    { role: 'worker', version: '0.1.0' },
    { write: (line) => lines.push(line), isTTY },
  );
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** What must never be in a log: people, accounts, pseudonyms, keys. */
const SECRETS = [
  'María del Carmen Ñáñez',
  'JOHN SMITH',
  'DE89370400440532013000',
  '032180000118359719',
  '4111111111111111',
  'hld_9f2ac4d1e8b7a6c5d4e3f2a1b0c9d8e7',
  `acc_${'a1'.repeat(16)}`,
  'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA',
  'rent for May, room 4',
  'maria@example.org',
  'maria',
  'GARCIA',
  '/v1/feeds/maria/submissions',
];

describe('a line of the log', () => {
  test('is one JSON object: time, level, event, who, and the fields of the list', () => {
    const { log, parsed } = captured();
    const requestId = newRequestId();
    log.with({ requestId }).warn('store.down', { table: 'signals', attempt: 3 });
    const [line] = parsed();
    expect(line).toMatchObject({
      level: 'warn',
      event: 'store.down',
      role: 'worker',
      requestId,
      table: 'signals',
      attempt: 3,
    });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(Object.keys(line ?? {}).sort()).toEqual(
      ['attempt', 'event', 'level', 'requestId', 'role', 'table', 'time', 'version'].sort(),
    );
  });

  test('below its level is not written', () => {
    const { log, lines } = captured();
    log.debug('role.started');
    expect(lines).toEqual([]);
  });

  test('never holds a person, an account, a pseudonym or a key, wherever somebody puts it', () => {
    const fields = Object.keys(LOG_FIELDS);
    for (const secret of SECRETS) {
      const { log, lines } = captured();
      const values = Object.fromEntries(
        [...fields, 'name', 'account', 'password', 'subject', secret].map((name) => [name, secret]),
      );
      log.info('role.started', values as LogValues);
      log.with(values as LogValues).info('role.ended', { rows: secret as unknown as number });
      log.info(secret as 'role.started');
      log.error('role.failed', new Error(`cannot read ${secret}`));
      log.error('role.failed', new RastroError('RAS-CLI-NO-FILE', { pattern: secret }));
      log.error('role.failed', Object.assign(new Error(secret), { name: secret, code: secret }));
      log.error('role.failed', secret);
      log.info('role.started', { nested: { deep: secret }, list: [secret] } as unknown as LogValues);
      expect(lines.length).toBe(8);
      expect(lines.join('')).not.toContain(secret);
    }
  });

  test('says which known fields were refused, and that unknown ones were', () => {
    const { log, parsed } = captured();
    log.info('role.started', { topic: 'not-a-topic', surname: 'x', rows: 3 } as unknown as LogValues);
    expect(parsed()[0]).toMatchObject({ rows: 3, refused: ['topic', 'unknown'] });
    expect(parsed()[0]).not.toHaveProperty('topic');
  });

  test('any text of twenty letters or digits and more is refused by every field but a request id and a code', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/);
    fc.assert(
      fc.property(text, (value) => {
        const { log, lines } = captured();
        const values = Object.fromEntries(Object.keys(LOG_FIELDS).map((name) => [name, value]));
        log.info('role.started', {
          ...values,
          errorName: undefined,
          errorCode: undefined,
        } as unknown as LogValues);
        return !lines.join('').includes(value);
      }),
    );
  });

  test('of an error its code or kind', () => {
    const { log, parsed } = captured();
    log.error('role.failed', new RastroError('RAS-STORE-BUSY'));
    log.error('role.failed', Object.assign(new TypeError('x'), { code: 'ECONNRESET' }));
    expect(parsed()).toMatchObject([
      { code: 'RAS-STORE-BUSY' },
      { errorName: 'TypeError', errorCode: 'ECONNRESET' },
    ]);
  });
});

describe('form', () => {
  const say = (log: Log) => log.warn('store.down', { attempt: 2 });

  test('text for a person at a terminal, JSON elsewhere', () => {
    const terminal = captured('auto', true);
    say(terminal.log);
    expect(terminal.lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}store\.down \(.+\) role=worker version=0\.1\.0 attempt=2\n$/,
    );
    const piped = captured('auto', false);
    say(piped.log);
    expect(JSON.parse(piped.lines[0] ?? '')).toMatchObject({ event: 'store.down' });
  });

  test('events are named noun.verb and say what they mean', () => {
    for (const [event, meaning] of Object.entries(LOG_EVENTS)) {
      expect(event).toMatch(/^[a-z]+\.[a-z]+$/);
      expect(meaning.length).toBeGreaterThan(10);
    }
  });
});
