/** What a stream turned out to be, and whether a figure measured on it counts. */
import { DAY_MS, STREAM_RANGE } from './options.ts';
import type { MeasuredStream } from './stream.ts';

const DAYS = 120;

const round = (value: number): number => Number(value.toPrecision(4));

/** Events per account in 120 days, mean. */
function eventsPerAccount({ tally, population }: MeasuredStream): number {
  const days = (tally.lastMs - tally.firstMs) / DAY_MS;
  return (tally.accountEvents / population.accounts) * Math.min(1, DAYS / days);
}

export function streamProperties(stream: MeasuredStream): Record<string, number> {
  const { tally, population, options } = stream;
  return {
    accounts: population.accounts,
    holders: population.holders,
    rows: tally.rows,
    days: round((tally.lastMs - tally.firstMs) / DAY_MS),
    skew: options.skew,
    hotMilli: options.hotMilli,
    eventsPerAccount: round(eventsPerAccount(stream)),
    latePercent: round((100 * tally.lateRows) / tally.rows),
    reversals: tally.reversals,
    amendments: tally.amendments,
    withdrawals: tally.withdrawals,
    pairs: tally.pairs,
    plantedRows: tally.plantedRows,
    plantedHistories: tally.plantedHistories,
  };
}

/** Every property that lies outside `STREAM_RANGE`, in words. */
export function streamFaults(stream: MeasuredStream, signals: number, survivors: number): string[] {
  const { tally } = stream;
  const faults: string[] = [];
  const days = (tally.lastMs - tally.firstMs) / DAY_MS;
  const events = eventsPerAccount(stream);
  const late = tally.lateRows / tally.rows;
  const range = STREAM_RANGE;
  if (days < range.MIN_DAYS) faults.push(`the stream spans ${round(days)} days`);
  if (events < range.MIN_EVENTS_PER_ACCOUNT) faults.push(`${round(events)} events per account in 120 days`);
  if (late < range.MIN_LATE_SHARE || late > range.MAX_LATE_SHARE)
    faults.push(`a share of ${round(late)} is late`);
  if (tally.reversals / tally.rows < range.MIN_REVERSAL_SHARE) faults.push(`${tally.reversals} reversals`);
  if (signals / tally.rows < range.MIN_SIGNAL_SHARE) faults.push(`${signals} signals in ${tally.rows} rows`);
  if (survivors / tally.rows < range.MIN_SURVIVOR_SHARE) faults.push(`${survivors} rows past the gates`);
  return faults;
}
