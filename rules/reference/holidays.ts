/** Business days of a country: Monday to Friday without its bank holidays. */
import type { HolidayFile } from '../../schemas/reference.ts';
import { civilDay } from './civil-day.ts';

export interface Holidays {
  /** Whether banks of the country settle on a day (days since 1970); null for a country or a year the list does not hold. */
  isBusinessDay(country: string, day: number): boolean | null;
}

const SATURDAY = 6;
const SUNDAY = 0;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

export function createHolidays(file: HolidayFile): Holidays {
  const countries = new Map(
    Object.entries(file.countries).map(([country, dates]) => {
      const days = Object.keys(dates).map((date) => civilDay(date) as number);
      const years = Object.keys(dates).map((date) => Number(date.slice(0, 4)));
      return [
        country,
        {
          days: new Set(days),
          from: civilDay(`${Math.min(...years)}-01-01`) as number,
          to: civilDay(`${Math.max(...years)}-12-31`) as number,
        },
      ] as const;
    }),
  );
  return {
    isBusinessDay(country, day) {
      const known = countries.get(country);
      if (known === undefined || day < known.from || day > known.to) return null;
      const weekday = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
      return weekday !== SATURDAY && weekday !== SUNDAY && !known.days.has(day);
    },
  };
}
