/** What a measured stream is made of, and the shares that a realistic one has. */

export const DAY_MS = 86_400_000;

/** A part of a stream in which some accounts act, and nobody else. */
export interface StreamPhase {
  readonly rows: number;
  /** Event time from its first row to its last. */
  readonly days: number;
  /** Event time before it in which nothing happens. */
  readonly pauseDays: number;
  /** The accounts that act, and with whom they deal: `accounts` from `firstAccount` on, both multiples of 16. */
  readonly firstAccount: number;
  readonly accounts: number;
  /** One account after the other acts; otherwise they are drawn. */
  readonly inTurn: boolean;
}

export interface StreamOptions {
  readonly accounts: number;
  readonly rows: number;
  readonly seed: number;
  /** Exponent of Zipf's law over the accounts that act; 0 is uniform. */
  readonly skew?: number;
  /** Share of rows, in thousandths, in which one account takes part; 0 is none. */
  readonly hotMilli?: number;
  /**
   * Blocks of a cycle of which the last is the hot account's, so that its rows can be clocked by themselves: those in order, and
   * behind them those that are late or correct an earlier one. 0 is none.
   */
  readonly hotCycle?: number;
  /** Rows of such a block; default a whole one. */
  readonly hotRows?: number;
  /** Event time from the first row to the last; default 130 d. */
  readonly days?: number;
  /** Share of rows, in thousandths, that belong to planted histories. */
  readonly plantedMilli?: number;
  /** Parts one after the other, whose rows are `rows` together; without them everybody acts every day alike. */
  readonly phases?: readonly StreamPhase[];
}

/** What a block holds: rows of everybody, of the hot account in order, of the hot account late or corrected. */
export type StreamPart = 'everybody' | 'hot' | 'hot-late';

export const STREAM = {
  /** 2026-01-05T06:00Z, a Monday, midnight in central Mexico. */
  FIRST_MS: Date.UTC(2026, 0, 5, 6),
  DAYS: 130,
  BLOCK_ROWS: 4_096,
  /** Late rows and corrections of the hot account, as a share of its rows in a cycle. */
  HOT_LATE_SHARE: 0.01,
  /** Of these, the share that corrects an earlier row. */
  HOT_CORRECTED_SHARE: 0.3,
  /** Accounts per holder, mean, in thousandths. */
  ACCOUNTS_PER_HOLDER_MILLI: 1_300,
  PLANTED_MILLI: 25,
  /** Rows that come late, and by how much; with the dated ones and the amended, one in a hundred is behind the watermark. */
  LATE_SHARE: 0.008,
  LATE_MIN_MS: 3_600_000,
  LATE_MAX_MS: 3 * DAY_MS,
  /** A watermark waits this long for rows; those in order are at most `JITTER_MS` apart from it. */
  LATENESS_MS: 60_000,
  JITTER_MS: 2_000,
  REVERSAL_SHARE: 0.003,
  AMEND_SHARE: 0.000_5,
  WITHDRAW_SHARE: 0.000_2,
  /** Interbank transfers that both banks report. */
  PAIR_SHARE: 0.3,
} as const;

/** Ranges that a stream must lie in before a figure measured on it means anything. */
export const STREAM_RANGE = {
  MIN_DAYS: 120,
  /** Events per account in 120 days, mean: an event is one account's side of a row. */
  MIN_EVENTS_PER_ACCOUNT: 20,
  MIN_LATE_SHARE: 0.008,
  MAX_LATE_SHARE: 0.03,
  MIN_REVERSAL_SHARE: 0.001,
  /** Signals per row. */
  MIN_SIGNAL_SHARE: 1 / 10_000,
  /** Rows past the gates of a rule. */
  MIN_SURVIVOR_SHARE: 0.01,
} as const;
