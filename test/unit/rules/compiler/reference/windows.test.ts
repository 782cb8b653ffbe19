import { describe, expect, it } from 'vitest';
import { evaluateAt, type SubjectHistory } from '../../../../../rules/compiler/index.ts';
import type { RuleEvent } from '../../../../../schemas/event-fields.ts';
import { CONTEXT, DAY, event, featureRule, HOUR, history, MINUTE, NOON } from '../../../../support/rules.ts';

/** Ids of the events that a window holds, as of the event `at`. */
function inside(over: string, events: readonly RuleEvent[], at: string, skip?: string): string[] | null {
  const checked = featureRule({ agg: 'count', over, ...(skip === undefined ? {} : { skip }) });
  const all = history(events);
  const position = all.events.findIndex(({ id }) => id === at);
  const evaluation = evaluateAt(checked, all, position, CONTEXT);
  if (evaluation.features[0]?.value === null) return null;
  expect(evaluation.features[0]?.value).toBe(evaluation.evidence.length);
  return evaluation.evidence.map((i) => all.events[i]!.id);
}

/** Events named by their local day and zone: `localDay` as the row says, whatever its UTC time. */
const DAY_ZERO = Math.floor(NOON / DAY);
const onDay = (id: string, time: number, localDay: number | null) => event(id, time, { localDay });

describe('sliding windows', () => {
  const events = [
    event('a', NOON - DAY),
    event('b', NOON - DAY + 1),
    event('c', NOON - HOUR),
    event('d', NOON),
    event('e', NOON + 1),
  ];
  it.each<[string, string, string[], string?]>([
    ['1d', 'd', ['b', 'c', 'd']],
    ['24h', 'd', ['b', 'c', 'd']],
    ['1440m', 'c', ['a', 'b', 'c']],
    ['2d', 'e', ['a', 'b', 'c', 'd', 'e']],
    ['2d', 'd', ['a', 'b', 'c'], '1h'],
    ['1d', 'd', ['b', 'c'], '60m'],
    ['1d', 'd', ['b'], '61m'],
    ['2d', 'd', ['a'], '24h'],
  ])('%s as of %s holds %s (skip %s)', (over, at, wanted, skip) => {
    expect(inside(over, events, at, skip)).toEqual(wanted);
  });

  it('hold of equal times what comes earlier in the total order', () => {
    const equal = [
      event('a', NOON, {}, { institution: 'b2' }),
      event('b', NOON),
      event('c', NOON, {}, { version: 2 }),
      event('\uFFFD', NOON),
      event('\u{1F600}', NOON),
    ];
    expect(history(equal).events.map(({ id }) => id)).toEqual(['b', 'c', '\uFFFD', '\u{1F600}', 'a']);
    expect(inside('1m', equal, 'c')).toEqual(['b', 'c']);
    expect(inside('1m', equal, '\u{1F600}')).toEqual(['b', 'c', '\uFFFD', '\u{1F600}']);
  });

  it('see completed events only, unless the rule names status', () => {
    const events = [
      event('a', NOON, { status: 'declined' }),
      event('b', NOON + 1, { status: null }),
      event('c', NOON + 2, { status: undefined }),
      event('d', NOON + 3),
    ];
    expect(inside('1d', events, 'd')).toEqual(['d']);
    const checked = featureRule({ agg: 'count', where: 'status == "declined"', over: '1d' });
    expect(checked.readsStatus).toBe(true);
    const [reading] = evaluateAt(checked, history(events.slice(0, 1)), 0, CONTEXT).features;
    expect(reading?.value).toBe(1);
  });
});

describe('calendar windows', () => {
  it('take local days, whatever the offsets', () => {
    const events = [
      // Late on the local day before, in a zone that is ahead: later in UTC than c.
      onDay('a', NOON - 14 * HOUR, DAY_ZERO - 1),
      onDay('b', NOON - 13 * HOUR, DAY_ZERO - 2),
      onDay('c', NOON - 12 * HOUR, DAY_ZERO),
      onDay('d', NOON - HOUR, DAY_ZERO + 1),
      onDay('e', NOON, DAY_ZERO),
    ];
    expect(inside('1day@local', events, 'e')).toEqual(['c', 'e']);
    expect(inside('2day@local', events, 'e')).toEqual(['a', 'c', 'e']);
    expect(inside('2day@local', events, 'd')).toEqual(['c', 'd']);
  });

  it('follow the local day over the hour that is lost or doubled', () => {
    // Tijuana, 2026-03-08: 01:59 at -8 h is one minute before 03:00 at -7 h; the day has 23 hours.
    const day = Date.UTC(2026, 2, 8) / DAY;
    const events = [
      onDay('a', Date.UTC(2026, 2, 8, 7, 59), day - 1),
      onDay('b', Date.UTC(2026, 2, 8, 8), day),
      onDay('c', Date.UTC(2026, 2, 8, 9, 59), day),
      onDay('d', Date.UTC(2026, 2, 8, 10), day),
      onDay('e', Date.UTC(2026, 2, 9, 6, 59), day),
      onDay('f', Date.UTC(2026, 2, 9, 7), day + 1),
    ];
    expect(inside('1day@local', events, 'e')).toEqual(['b', 'c', 'd', 'e']);
    expect(inside('1day@local', events, 'f')).toEqual(['f']);
  });

  it('take months by the calendar', () => {
    const at = (id: string, year: number, month: number, date: number) => {
      const time = Date.UTC(year, month - 1, date, 12);
      return onDay(id, time, Math.floor(time / DAY));
    };
    const events = [
      at('a', 2026, 1, 31),
      at('b', 2026, 2, 1),
      at('c', 2026, 2, 28),
      at('d', 2026, 3, 1),
      at('e', 2026, 3, 31),
    ];
    expect(inside('1month@local', events, 'e')).toEqual(['d', 'e']);
    expect(inside('2month@local', events, 'e')).toEqual(['b', 'c', 'd', 'e']);
    expect(inside('2month@local', events, 'b')).toEqual(['a', 'b']);
    expect(
      inside('14month@local', [at('a', 2025, 1, 31), at('b', 2025, 2, 1), at('e', 2026, 3, 1)], 'e'),
    ).toEqual(['b', 'e']);
  });

  it('take business days without weekends and holidays, which lie inside all the same', () => {
    // 2026-03-02 is a Monday, the Friday of that week a holiday.
    const on = (id: string, offset: number) => onDay(id, NOON + offset * DAY, DAY_ZERO + offset);
    const week = [
      on('mon', 0),
      on('tue', 1),
      on('thu', 3),
      on('fri', 4),
      on('sat', 5),
      on('sun', 6),
      on('mon2', 7),
    ];
    expect(inside('1businessDay@US', week, 'thu')).toEqual(['thu']);
    expect(inside('1businessDay@US', week, 'sun')).toEqual(['thu', 'fri', 'sat', 'sun']);
    expect(inside('2businessDay@MX', week, 'mon2')).toEqual(['thu', 'fri', 'sat', 'sun', 'mon2']);
    expect(inside('4businessDay@CA', week, 'mon2')).toEqual(['tue', 'thu', 'fri', 'sat', 'sun', 'mon2']);
  });

  it('are unknown where the event has no local day, or the list of holidays ends', () => {
    expect(inside('1day@local', [onDay('a', NOON, null)], 'a')).toBeNull();
    const late = Date.UTC(2028, 0, 3, 12);
    expect(inside('1businessDay@US', [onDay('a', late, Math.floor(late / DAY))], 'a')).toBeNull();
    const checked = featureRule({ agg: 'count', over: '1day@local' });
    const [reading] = evaluateAt(checked, history([onDay('a', NOON, null)]), 0, CONTEXT).features;
    expect(reading).toEqual({ name: 'f', value: null, unit: 'count', unknownBecause: 'window' });
  });

  it('miss events without a local day within their length', () => {
    const known = Array.from({ length: 9 }, (_, i) => onDay(`k${i}`, NOON - i * MINUTE, DAY_ZERO));
    const reading = (lost: readonly RuleEvent[]) => {
      const all = history([...known, ...lost]);
      const checked = featureRule({ agg: 'count', over: '1day@local' });
      return evaluateAt(checked, all, all.events.length - 1, CONTEXT).features[0];
    };
    expect(reading([onDay('x', NOON - DAY + 1, null)])).toMatchObject({ value: 9, missing: 1 });
    expect(reading([onDay('x', NOON - DAY, null)])).not.toHaveProperty('missing');
    expect(reading([onDay('x', NOON - 2, null), onDay('y', NOON - 1, null)])).toMatchObject({
      value: null,
      unknownBecause: 'missing',
    });
  });
});

describe('the history cap', () => {
  const many: SubjectHistory = history(
    Array.from({ length: 65_540 }, (_, i) =>
      event(String(i).padStart(6, '0'), NOON + i, {
        counterparty: i === 0 || i > 65_530 ? 'p' : 'q',
        status: i % 2 === 0 ? 'completed' : 'declined',
      }),
    ),
  );
  const reading = (parts: Readonly<Record<string, unknown>>, at: number) => {
    const features = { f: parts, n: { agg: 'count', over: '1m', evidence: false } };
    const checked = featureRule(parts, { features, lookback: '1d' });
    const evaluation = evaluateAt(checked, many, at, CONTEXT);
    return [evaluation.features[0]?.value, evaluation.truncated];
  };
  it('cuts a window to the last 65,536 events of any status, and says so', () => {
    expect(reading({ agg: 'count', over: '1d' }, 65_535)).toEqual([32_768, false]);
    expect(reading({ agg: 'count', over: '1d' }, 65_536)).toEqual([32_768, true]);
    expect(reading({ agg: 'min', of: 'time', over: '1d' }, 65_538)).toEqual([NOON + 4, true]);
    expect(reading({ agg: 'count', over: '1m' }, 65_538)).toEqual([30_000, false]);
  });

  it('cuts what pairs look back on', () => {
    const first = { agg: 'last', of: 'pairAgeMs', where: 'counterparty == "p"', over: '1m' };
    expect(reading(first, 65_534)).toEqual([65_534, false]);
    expect(reading(first, 65_538)).toEqual([65_538 - 65_532, true]);
  });
});
