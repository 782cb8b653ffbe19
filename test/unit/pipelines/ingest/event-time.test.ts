import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTimeOf, parseMoment } from '../../../../pipelines/ingest/event-time.ts';
import { ZoneOffsets } from '../../../../pipelines/ingest/zone-offset.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import { testRow } from '../../../support/ingest.ts';

const zones = new ZoneOffsets();
const timeOf = (changes: Partial<TransactionInput>) => eventTimeOf(testRow(changes), zones);
const utc = (text: string) => Date.parse(text);
const tijuana = { role: 'terminal', country: 'MX', admin1: 'BCN', tz: 'America/Tijuana' } as const;

describe('parseMoment', () => {
  it('equals the platform on every valid moment', () => {
    const offsets = fc.integer({ min: -1_080, max: 1_080 }).map((minutes) => {
      const size = Math.abs(minutes);
      const text = `${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
      return `${minutes < 0 ? '-' : '+'}${text}`;
    });
    const instants = fc.date({
      min: new Date('1971-01-01'),
      max: new Date('2099-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.oneof(fc.constant('Z'), offsets), (instant, offset) => {
        const text = instant.toISOString().replace('Z', offset);
        expect(parseMoment(text)?.ms).toBe(Date.parse(text));
      }),
    );
  });

  it.each([
    '2025-02-29',
    '2025-13-01',
    '2025-00-10',
    '2025-04-31T10:00:00Z',
    '2025-04-30T24:00:00Z',
    '2025-04-30T23:60:00Z',
    '2025-04-30T23:59:60Z',
    '2025-04-30T23:59:59',
    '2025-04-30T23:59Z',
    '2025-04-30T23:59:59.Z',
    '2025-04-30T23:59:59+19:00',
    '2025-04-30T23:59:59+0600',
    '2025-04-30 23:59:59Z',
    '25-04-30',
    '20250430',
    '1969-12-31',
    '2101-01-01',
    '',
  ])('refuses %j', (text) => expect(parseMoment(text)).toBeNull());

  it('tells moments from dates and cuts fractions to milliseconds', () => {
    expect(parseMoment('2024-02-29')).toMatchObject({ precision: 'day', offsetMin: null });
    expect(parseMoment('2024-02-29T10:00:00.1234-07:00')).toMatchObject({
      precision: 'second',
      offsetMin: -420,
    });
    expect(parseMoment('2024-02-29T10:00:00.1239Z')?.ms).toBe(utc('2024-02-29T10:00:00.123Z'));
  });
});

describe('event time', () => {
  it('is occurredAt, else postedAt, else valueDate', () => {
    const given = {
      occurredAt: '2025-03-07T10:00:00-06:00',
      postedAt: '2025-03-08T00:00:00Z',
      valueDate: '2025-03-09',
    };
    expect(timeOf(given)).toMatchObject({ eventTime: utc('2025-03-07T16:00:00Z'), precision: 'second' });
    expect(timeOf({ ...given, occurredAt: undefined })).toMatchObject({
      eventTime: utc('2025-03-08T00:00:00Z'),
      precision: 'batch',
    });
    expect(timeOf({ occurredAt: undefined, valueDate: '2025-03-09' })).toMatchObject({
      eventTime: utc('2025-03-09T00:00:00Z'),
      precision: 'day',
    });
    expect(timeOf({ occurredAt: undefined })).toMatchObject({ code: 'RAS-FEED-TIME-MISSING' });
  });

  it('of a date is 00:00 UTC of that date: never night, never another day', () => {
    expect(timeOf({ occurredAt: '2025-03-07', places: [tijuana] })).toEqual({
      eventTime: utc('2025-03-07T00:00:00Z'),
      precision: 'day',
      localOffsetMin: null,
      offsetSource: null,
    });
    expect(timeOf({ occurredAt: '2025-03-07T23:30:00-08:00', occurredPrecision: 'day' })).toMatchObject({
      eventTime: utc('2025-03-07T00:00:00Z'),
      precision: 'day',
    });
  });

  it('cannot be stated finer than it was written', () => {
    expect(timeOf({ occurredAt: '2025-03-07', occurredPrecision: 'second' })).toMatchObject({
      precision: 'day',
    });
    expect(timeOf({ occurredAt: '2025-03-07T10:00:00Z', occurredPrecision: 'hour' })).toMatchObject({
      precision: 'hour',
    });
    expect(timeOf({ occurredAt: '2025-03-07', occurredPrecision: 'batch' })).toMatchObject({
      precision: 'batch',
    });
    const posted = { occurredAt: undefined, postedAt: '2025-03-07T10:00:00Z' };
    expect(timeOf({ ...posted, occurredPrecision: 'second' })).toMatchObject({ precision: 'second' });
  });

  it('has an offset only where the row or the acting place says so', () => {
    const offset = (changes: Partial<TransactionInput>) => {
      const time = timeOf(changes);
      return 'code' in time ? time.code : [time.localOffsetMin, time.offsetSource];
    };
    expect(offset({ occurredAt: '2025-03-07T22:30:00Z' })).toEqual([null, null]);
    expect(offset({ occurredAt: '2025-03-07T22:30:00-06:00' })).toEqual([-360, 'institution']);
    expect(offset({ occurredAt: '2025-01-07T22:30:00Z', places: [tijuana] })).toEqual([-480, 'terminal']);
    expect(offset({ occurredAt: '2025-07-07T22:30:00-06:00', places: [tijuana] })).toEqual([
      -420,
      'terminal',
    ]);
    expect(
      offset({ occurredAt: '2025-07-07T22:30:00-06:00', offsetSource: 'branch', places: [tijuana] }),
    ).toEqual([-360, 'branch']);
    const registered = { ...tijuana, role: 'registered' } as const;
    expect(offset({ occurredAt: '2025-03-07T22:30:00Z', places: [registered] })).toEqual([null, null]);
    expect(offset({ places: [{ ...tijuana, tz: 'America/Nowhere' }] })).toBe('RAS-FEED-ZONE-UNKNOWN');
  });

  it('follows each zone’s own clock at the border and behind it', () => {
    const at = (tz: string, moment: string) => zones.at(tz, utc(moment));
    expect(at('America/Tijuana', '2025-03-09T09:59:00Z')).toBe(-480);
    expect(at('America/Tijuana', '2025-03-09T10:00:00Z')).toBe(-420);
    expect(at('America/Mexico_City', '2025-07-01T00:00:00Z')).toBe(-360);
    expect(at('America/Hermosillo', '2025-07-01T00:00:00Z')).toBe(-420);
    expect(at('America/Phoenix', '2025-07-01T00:00:00Z')).toBe(-420);
    expect(at('America/Cancun', '2025-07-01T00:00:00Z')).toBe(-300);
    expect(at('Mars/Olympus', '2025-07-01T00:00:00Z')).toBeNull();
  });

  it('does not depend on the zone of the machine', () => {
    const script =
      "const { parseMoment } = await import('./dist/pipelines/ingest/event-time.js');" +
      "console.log(parseMoment('2025-03-09').ms, parseMoment('2025-03-09T02:30:00-08:00').ms)";
    const run = (TZ: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
      }).toString();
    expect(run('America/Tijuana')).toBe(`${utc('2025-03-09')} ${utc('2025-03-09T10:30:00Z')}\n`);
    expect(run('Pacific/Kiritimati')).toBe(run('America/Tijuana'));
  });
});
