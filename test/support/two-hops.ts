/**
 * Money over two hops: two people whose night takings end with one collector within hours, and the collector, who passes most of it on to
 * another. Rows as ingest makes them; `story` makes other worlds of it.
 */
import type { Side, Transaction } from '../../schemas/transaction.ts';
import { key, type TransactionSketch, transaction } from './transactions.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Midnight UTC, which the rows say is local time too. */
const START = Date.UTC(2026, 2, 2);
const NIGHTS = 24;
const LATER_DAYS = 100;

export interface Story {
  /** People who hand over; default two. */
  readonly feeders?: number;
  /** What rows say of the one who gets it in the end. */
  readonly payee?: Side;
  /** The collector keeps it. */
  readonly isKept?: boolean;
  /** The payee, too, hands over what came in. */
  readonly isPayeeShaped?: boolean;
  /** Months later the collector, too, hands over what comes in, to somebody else. */
  readonly isCollectorShapedLater?: boolean;
  /** The payee pays somebody a third time. */
  readonly goesOn?: boolean;
}

export const BOSS = key('par', 'boss');
export const COLLECTOR = key('par', 'collector');
export const BEYOND = key('par', 'beyond');
export const feederKey = (i: number): string => key('par', `feeder-${i}`);

export function twoHops(story: Story = {}): Transaction[] {
  const { feeders = 2, payee = {}, isKept = false, isPayeeShaped = false, goesOn = false } = story;
  const { isCollectorShapedLater = false } = story;
  const rows: Transaction[] = [];
  const add = (sketch: Omit<TransactionSketch, 'at'>, at: number): void => {
    const usdMinor = sketch.usdMinor ?? 0;
    rows.push(
      transaction({
        ...sketch,
        at: new Date(at).toISOString(),
        // Sixty dollars are about a day's wage.
        stamp: { provided: 'full@1', wageMilli: Math.floor(usdMinor / 6), nightNormMilli: 100 },
      }),
    );
  };
  const deposit = (name: string, id: string, usdMinor: number, at: number): void =>
    add(
      {
        id,
        to: name,
        usdMinor,
        row: { kind: 'cash_deposit', rail: 'cash', channel: 'atm', instrument: 'cash' },
      },
      at,
    );
  for (let night = 0; night < NIGHTS; night++) {
    const day = START + night * DAY;
    for (let i = 0; i < feeders; i++) {
      deposit(`feeder-${i}`, `cash-${i}-${night}`, 20_000, day + 2 * HOUR + i);
      add(
        { id: `hand-${i}-${night}`, from: `feeder-${i}`, to: 'collector', usdMinor: 19_000 },
        day + 10 * HOUR + i,
      );
    }
    if (night % 3 === 2 && !isKept) {
      const usdMinor = Math.floor(0.8 * 3 * feeders * 19_000);
      add({ id: `on-${night}`, from: 'collector', to: 'boss', usdMinor, creditor: payee }, day + 20 * HOUR);
      if (goesOn)
        add({ id: `beyond-${night}`, from: 'boss', to: 'beyond', usdMinor: usdMinor - 100 }, day + 22 * HOUR);
    }
    if (isCollectorShapedLater) {
      const later = day + LATER_DAYS * DAY;
      deposit('collector', `late-cash-${night}`, 20_000, later + 2 * HOUR);
      add({ id: `late-out-${night}`, from: 'collector', to: 'beyond', usdMinor: 19_000 }, later + 10 * HOUR);
    }
    if (isPayeeShaped) {
      deposit('boss', `boss-cash-${night}`, 90_000, day + HOUR);
      add({ id: `boss-out-${night}`, from: 'boss', to: 'beyond', usdMinor: 115_000 }, day + 9 * HOUR);
    }
  }
  return rows;
}
