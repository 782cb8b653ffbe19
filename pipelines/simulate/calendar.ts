/** Pay days, benefit days and the seasons that change what people send and spend. */
import { businessDayBefore, civilOf, dayOf, easterOf, lastDayOfMonth, weekdayOf } from './time.ts';

export type PayRhythm =
  | 'quincena'
  | 'weekly_friday'
  | 'weekly_saturday'
  | 'biweekly_even'
  | 'biweekly_odd'
  | 'semimonthly'
  | 'monthly_first'
  | 'child_benefit'
  | 'old_age';

/** Weeks counted from a Sunday, so that two-weekly rhythms keep their phase over any span. */
export const weekOf = (day: number): number => Math.floor((day + 4) / 7);

export function isPayDay(rhythm: PayRhythm, day: number): boolean {
  const weekday = weekdayOf(day);
  if (rhythm === 'weekly_friday') return weekday === 5;
  if (rhythm === 'weekly_saturday') return weekday === 6;
  if (rhythm === 'biweekly_even') return weekday === 5 && weekOf(day) % 2 === 0;
  if (rhythm === 'biweekly_odd') return weekday === 5 && weekOf(day) % 2 === 1;
  const { year, month } = civilOf(day);
  if (rhythm === 'quincena')
    return (
      day === businessDayBefore(dayOf(year, month, 15)) ||
      day === businessDayBefore(lastDayOfMonth(year, month))
    );
  if (rhythm === 'semimonthly')
    return day === businessDayBefore(dayOf(year, month, 15)) || day === firstBusinessDay(year, month);
  if (rhythm === 'monthly_first') return day === firstBusinessDay(year, month);
  if (rhythm === 'child_benefit') return day === businessDayBefore(dayOf(year, month, 20));
  return day === thirdLastBusinessDay(year, month);
}

/** Pays of a year, for splitting a yearly or monthly income. */
export function paysPerMonth(rhythm: PayRhythm): number {
  if (rhythm === 'weekly_friday' || rhythm === 'weekly_saturday') return 52 / 12;
  if (rhythm === 'biweekly_even' || rhythm === 'biweekly_odd') return 26 / 12;
  return rhythm === 'quincena' || rhythm === 'semimonthly' ? 2 : 1;
}

function firstBusinessDay(year: number, month: number): number {
  let day = dayOf(year, month, 1);
  while (businessDayBefore(day) !== day) day++;
  return day;
}

function thirdLastBusinessDay(year: number, month: number): number {
  let day = businessDayBefore(lastDayOfMonth(year, month));
  day = businessDayBefore(day - 1);
  return businessDayBefore(day - 1);
}

/** The weeks of Mexico's 13th-month pay (due by 20 December), profit share (by 30 May), and Mother's Day. */
export const isAguinaldoDay = (day: number): boolean => {
  const { month, dayOfMonth } = civilOf(day);
  return month === 12 && dayOfMonth === 16;
};
export const isProfitShareDay = (day: number): boolean => {
  const { month, dayOfMonth } = civilOf(day);
  return month === 5 && dayOfMonth === 27;
};
export const isMothersDayWeek = (day: number): boolean => {
  const { month, dayOfMonth } = civilOf(day);
  return month === 5 && dayOfMonth >= 4 && dayOfMonth <= 10;
};
export const isDecember = (day: number): boolean => civilOf(day).month === 12;

/** 12 December to 6 January and Holy Week: when migrants visit home and shops stay open late. */
export function isFestive(day: number): boolean {
  const { year, month, dayOfMonth } = civilOf(day);
  if ((month === 12 && dayOfMonth >= 12) || (month === 1 && dayOfMonth <= 6)) return true;
  const easter = easterOf(year);
  return day >= easter - 7 && day <= easter;
}

/** US federal tax refunds are paid from the middle of February to April. */
export const isRefundSeason = (day: number): boolean => {
  const { month, dayOfMonth } = civilOf(day);
  return (month === 2 && dayOfMonth >= 15) || month === 3 || (month === 4 && dayOfMonth <= 20);
};

/** First day at or after `day` that opens the month, e.g. the start of a harvest. */
export function nextMonthStart(day: number, month: number): number {
  const { year } = civilOf(day);
  const start = dayOf(year, month, 1);
  return start >= day ? start : dayOf(year + 1, month, 1);
}
