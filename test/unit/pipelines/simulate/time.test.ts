import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPayDay } from '../../../../pipelines/simulate/calendar.ts';
import {
  businessDayBefore,
  DAY_MS,
  dateText,
  dayOf,
  easterOf,
  isoText,
  localDay,
  MINUTE_MS,
  momentOf,
  offsetMin,
  parseDay,
  weekdayOf,
  ZONES,
  type Zone,
} from '../../../../pipelines/simulate/time.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Offset by the platform's zone database. */
function platformOffset(zone: Zone, moment: number): number {
  let format = formats.get(zone.name);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone.name,
      timeZoneName: 'longOffset',
      year: 'numeric',
    });
    formats.set(zone.name, format);
  }
  const text = format.formatToParts(moment).find((part) => part.type === 'timeZoneName')!.value;
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text)!;
  const size = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -size : size;
}

const zones = Object.values<Zone>(ZONES);
const from = dayOf(2024, 1, 1) * DAY_MS;
const to = dayOf(2028, 1, 1) * DAY_MS;

describe('local time', () => {
  it("agrees with the platform's zone database at any moment", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (zone, moment) => {
        expect(offsetMin(zone, moment)).toBe(platformOffset(zone, moment));
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with it at every minute around the changes of 2025 and 2026', () => {
    for (const zone of zones.filter((each) => each.dst !== 'none'))
      for (const day of [dayOf(2025, 11, 2), dayOf(2026, 3, 8), dayOf(2026, 3, 29), dayOf(2025, 10, 26)])
        for (let minute = -60; minute < 900; minute += 30) {
          const moment = day * DAY_MS + minute * MINUTE_MS;
          expect(offsetMin(zone, moment), `${zone.name} ${new Date(moment).toISOString()}`).toBe(
            platformOffset(zone, moment),
          );
        }
  });

  it('writes a moment so that it reads back as itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: from / 1_000, max: to / 1_000 }),
        (zone, second) => {
          expect(Date.parse(isoText(zone, second * 1_000))).toBe(second * 1_000);
        },
      ),
    );
  });

  it('finds the moment of a wall time, also past midnight', () => {
    expect(isoText(ZONES.newYork, momentOf(ZONES.newYork, dayOf(2026, 1, 10), 26 * 60))).toBe(
      '2026-01-11T02:00:00-05:00',
    );
    expect(isoText(ZONES.tijuana, momentOf(ZONES.tijuana, dayOf(2026, 7, 1), 60))).toBe(
      '2026-07-01T01:00:00-07:00',
    );
    // 02:30 does not exist on that Sunday: an hour later.
    expect(isoText(ZONES.chicago, momentOf(ZONES.chicago, dayOf(2026, 3, 8), 150))).toBe(
      '2026-03-08T03:30:00-05:00',
    );
    expect(localDay(ZONES.losAngeles, Date.parse('2026-01-02T05:00:00Z'))).toBe(dayOf(2026, 1, 1));
  });
});

describe('calendar', () => {
  it('reads and writes dates', () => {
    expect(dateText(parseDay('2026-02-28'))).toBe('2026-02-28');
    expect(parseDay('28.02.2026')).toBeNaN();
    expect(weekdayOf(parseDay('2026-08-30'))).toBe(0);
    expect(dateText(easterOf(2026))).toBe('2026-04-05');
    expect(dateText(easterOf(2027))).toBe('2027-03-28');
    expect(dateText(businessDayBefore(parseDay('2025-12-25')))).toBe('2025-12-24');
  });

  it('moves pay days to the business day before', () => {
    const days = (rhythm: Parameters<typeof isPayDay>[0], month: string, length: number) =>
      Array.from({ length }, (_, i) => parseDay(`${month}-01`) + i)
        .filter((day) => isPayDay(rhythm, day))
        .map(dateText);
    // 15 November 2025 is a Saturday, 30 November a Sunday.
    expect(days('quincena', '2025-11', 30)).toEqual(['2025-11-14', '2025-11-28']);
    expect(days('semimonthly', '2025-11', 30)).toEqual(['2025-11-03', '2025-11-14']);
    expect(days('child_benefit', '2025-09', 30)).toEqual(['2025-09-19']);
    expect(days('old_age', '2025-10', 31)).toEqual(['2025-10-29']);
    expect(days('biweekly_even', '2026-01', 31).length + days('biweekly_odd', '2026-01', 31).length).toBe(5);
  });
});
