/**
 * `rastro feed check`: what a feed holds, told before anything is stored. The same decoder as a run, and then counting.
 * Always read = accepted + rejected + duplicates; a conflict is a reject.
 */
import type { Coverage, Precision } from '../../schemas/enumerations.ts';
import {
  type ErrorCode,
  type ErrorParams,
  errorHint,
  errorMessage,
  type Localized,
} from '../../schemas/errors/index.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { type ControlTotal, ControlTotals } from './control-totals.ts';
import { mix, SightingTable, TextHash } from './fingerprint.ts';
import { FEED_LIMITS } from './limits.ts';
import type { FaultOutcome, FeedOutcome, Outcome, RejectOutcome, RowOutcome } from './outcome.ts';
import { PRESENT } from './provided.ts';
import { type RuleReadiness, type RuleRequirement, ruleReadiness } from './rule-readiness.ts';

/** Share of a channel's rows on one clock minute beyond which the times count as defaulted: one time filled in for all. */
const DEFAULTED_SHARE = 0.2;
/** Rows of a channel below which a shared minute may be chance. */
const DEFAULTED_MIN_ROWS = 20;
const MINUTES = 1_440;

/** A reject as a report shows it: its place and shape, never its content. */
export interface ListedReject {
  readonly file: string;
  readonly line: number;
  readonly byteOffset: number;
  readonly field: string;
  readonly code: ErrorCode;
  readonly masked: string;
  readonly message: Localized;
}

export interface CodeCount {
  readonly code: ErrorCode;
  readonly count: number;
  /** Where it was met first. */
  readonly file: string;
  readonly line: number;
  /** With the values of the first one. */
  readonly message: Localized;
  readonly hint: Localized;
}

export interface FileReport {
  readonly file: string;
  readonly format: FeedOutcome['format'] | null;
  readonly mapping: string | null;
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
}

export interface Notice {
  readonly code: ErrorCode;
  readonly message: Localized;
  readonly hint: Localized;
}

export interface FeedReport {
  readonly read: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly files: readonly FileReport[];
  readonly faults: readonly (Notice & {
    readonly file: string;
    readonly line: number;
    readonly byteOffset: number;
  })[];
  readonly rejectedByCode: readonly CodeCount[];
  /** The first `LISTED_REJECTS`. */
  readonly rejects: readonly ListedReject[];
  readonly notices: readonly Notice[];
  /** Local days of the first and the last event. */
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly byPrecision: Readonly<Partial<Record<Precision, number>>>;
  readonly byCoverage: Readonly<Partial<Record<Coverage, number>>>;
  readonly totals: readonly ControlTotal[];
  /** Providable names that the mapping provides, with the accepted rows that hold a value; null: not counted by row. */
  readonly provided: readonly { readonly name: string; readonly filled: number | null }[];
  readonly rules: readonly RuleReadiness[];
}

const localized = (make: (lang: 'en' | 'es' | 'fr') => string): Localized => ({
  en: make('en'),
  es: make('es'),
  fr: make('fr'),
});

function notice(code: ErrorCode, params: ErrorParams): Notice {
  return {
    code,
    message: localized((lang) => errorMessage(code, params, lang)),
    hint: localized((lang) => errorHint(code, params, lang)),
  };
}

const bump = <K>(counts: Map<K, number>, key: K, by: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

/** Counts by key; a run of equal keys, as feeds have them, costs one comparison a row. */
class Tally<K> {
  readonly #counts = new Map<K, number>();
  #key: K | undefined;
  #run = 0;

  add(key: K): void {
    if (key !== this.#key) {
      this.counts();
      this.#key = key;
    }
    this.#run += 1;
  }

  /** All counts so far. */
  counts(): ReadonlyMap<K, number> {
    if (this.#key !== undefined && this.#run > 0) bump(this.#counts, this.#key, this.#run);
    this.#run = 0;
    return this.#counts;
  }
}

/** The two-digit number at a position of a checked time. */
const digits = (text: string, at: number): number =>
  (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/** Precision of the event time: of the booking where only that is known. */
function precisionOf(row: TransactionInput): Precision {
  return row.occurredAt === undefined ? 'batch' : (row.occurredPrecision ?? 'day');
}

export class FeedCheck {
  readonly #requirements: readonly RuleRequirement[];
  readonly #partyProvides: ReadonlySet<string>;
  readonly #files: FileReport[] = [];
  readonly #faults: FeedReport['faults'][number][] = [];
  readonly #codes = new Map<ErrorCode, { count: number; file: string; line: number; params: ErrorParams }>();
  readonly #rejects: ListedReject[] = [];
  readonly #notices = new Map<string, Notice>();
  readonly #totals = new ControlTotals();
  readonly #hash = new TextHash();
  readonly #seen = new SightingTable();
  readonly #minutes = new Map<string, Uint32Array>();
  readonly #byPrecision = new Tally<Precision>();
  readonly #byCoverage = new Tally<Coverage>();
  readonly #providing = new Map<string, number>();
  readonly #filled = new Map<string, number>();
  #present: { readonly name: string; readonly has: (row: TransactionInput) => boolean; count: number }[] = [];
  #feed: FeedOutcome | null = null;
  #file: FileReport | null = null;
  #firstDay: string | null = null;
  #lastDay: string | null = null;

  /** `partyProvides`: what the party file checked beside the feed provides. */
  constructor(requirements: readonly RuleRequirement[] = [], partyProvides: readonly string[] = []) {
    this.#requirements = requirements;
    this.#partyProvides = new Set(partyProvides);
  }

  /** Reads one file's outcomes to the end. */
  async addFile(file: string, outcomes: AsyncIterable<readonly Outcome<TransactionInput>[]>): Promise<void> {
    this.beginFile(file);
    for await (const batch of outcomes) this.add(batch);
    this.endFile();
  }

  beginFile(file: string): void {
    this.#file = { file, format: null, mapping: null, read: 0, accepted: 0, rejected: 0, duplicates: 0 };
    this.#files.push(this.#file);
    this.#present = [];
  }

  add(batch: readonly Outcome<TransactionInput>[]): void {
    for (const outcome of batch) {
      if (outcome.kind === 'row') this.#row(outcome);
      else if (outcome.kind === 'reject') this.#reject(outcome);
      else if (outcome.kind === 'feed') this.#begin(outcome);
      else this.#fault(outcome);
    }
  }

  endFile(): void {
    const rows = this.#file?.accepted ?? 0;
    for (const name of this.#feed?.provided ?? []) bump(this.#providing, name, rows);
    for (const { name, count } of this.#present) bump(this.#filled, name, count);
    this.#feed = null;
    this.#present = [];
  }

  #begin(feed: FeedOutcome): void {
    this.#feed = feed;
    const started: FileReport = { ...(this.#file as FileReport), format: feed.format, mapping: feed.mapping };
    this.#files[this.#files.length - 1] = started;
    this.#file = started;
    this.#present = feed.provided.flatMap((name) => {
      const has = PRESENT[name];
      return has === undefined ? [] : [{ name, has, count: 0 }];
    });
    if (feed.idsDerived) {
      this.#notices.set(`id ${feed.mapping}`, notice('RAS-FEED-ID-DERIVED', { mapping: feed.mapping }));
    }
  }

  #fault({ line, byteOffset, code, params }: FaultOutcome): void {
    const file = this.#file?.file ?? '';
    this.#faults.push({ file, line, byteOffset, ...notice(code, params) });
  }

  #reject({ line, byteOffset, field, code, params, masked }: Omit<RejectOutcome, 'kind' | 'original'>): void {
    const file = this.#file as FileReport;
    file.read += 1;
    file.rejected += 1;
    const known = this.#codes.get(code);
    if (known === undefined) this.#codes.set(code, { count: 1, file: file.file, line, params });
    else known.count += 1;
    if (this.#rejects.length >= FEED_LIMITS.LISTED_REJECTS) return;
    const message = localized((lang) => errorMessage(code, params, lang));
    this.#rejects.push({ file: file.file, line, byteOffset, field, code, masked, message });
  }

  #row({ input: row, line, byteOffset, contentA, contentB }: RowOutcome<TransactionInput>): void {
    const hash = this.#hash;
    hash.of(row.institution, row.version);
    hash.of(row.id, mix(hash.a));
    const sighting = this.#seen.see(mix(hash.a), mix(hash.b), contentA, contentB);
    if (sighting === 'other') {
      this.#reject({ line, byteOffset, field: 'id', code: 'RAS-FEED-CONFLICT', params: {}, masked: '' });
      return;
    }
    const file = this.#file as FileReport;
    file.read += 1;
    if (sighting === 'same') {
      file.duplicates += 1;
      return;
    }
    file.accepted += 1;
    this.#count(row);
  }

  #count(row: TransactionInput): void {
    const precision = precisionOf(row);
    this.#byPrecision.add(precision);
    const feed = this.#feed as FeedOutcome;
    const coverage = feed.coverageByInstitution[row.institution] ?? feed.coverage;
    if (coverage !== null) this.#byCoverage.add(coverage);
    this.#totals.add(row.settled.amount, row.settled.ccy);
    for (const field of this.#present) if (field.has(row)) field.count += 1;
    const { occurredAt } = row;
    const day = (occurredAt ?? row.postedAt ?? row.valueDate ?? '').slice(0, 10);
    if (this.#firstDay === null || day < this.#firstDay) this.#firstDay = day;
    if (this.#lastDay === null || day > this.#lastDay) this.#lastDay = day;
    if (occurredAt !== undefined && (precision === 'second' || precision === 'minute')) {
      let minutes = this.#minutes.get(row.channel);
      if (minutes === undefined) {
        minutes = new Uint32Array(MINUTES);
        this.#minutes.set(row.channel, minutes);
      }
      const minute = digits(occurredAt, 11) * 60 + digits(occurredAt, 14);
      minutes[minute] = (minutes[minute] ?? 0) + 1;
    }
  }

  /** Channels whose times are a default: midnight batches, a fixed closing hour. */
  #defaultedTimes(): Notice[] {
    const found: Notice[] = [];
    for (const [channel, minutes] of this.#minutes) {
      let rows = 0;
      let top = 0;
      minutes.forEach((count, minute) => {
        rows += count;
        if (count > (minutes[top] as number)) top = minute;
      });
      const share = (minutes[top] as number) / rows;
      if (rows < DEFAULTED_MIN_ROWS || share <= DEFAULTED_SHARE) continue;
      const clock = `${String(Math.floor(top / 60)).padStart(2, '0')}:${String(top % 60).padStart(2, '0')}`;
      found.push(
        notice('RAS-FEED-TIME-DEFAULTED', { channel, minute: clock, share: Math.round(share * 100) }),
      );
    }
    return found;
  }

  report(): FeedReport {
    const sum = (of: 'read' | 'accepted' | 'rejected' | 'duplicates'): number =>
      this.#files.reduce((total, file) => total + file[of], 0);
    const accepted = sum('accepted');
    const evidence = {
      rows: accepted,
      providing: this.#providing,
      filled: this.#filled,
      byPrecision: this.#byPrecision.counts(),
      byCoverage: this.#byCoverage.counts(),
      partyProvides: this.#partyProvides,
    };
    return {
      read: sum('read'),
      accepted,
      rejected: sum('rejected'),
      duplicates: sum('duplicates'),
      files: this.#files,
      faults: this.#faults,
      rejectedByCode: [...this.#codes]
        .map(([code, { count, file, line, params }]) => ({ count, file, line, ...notice(code, params) }))
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      rejects: this.#rejects,
      notices: [...this.#notices.values(), ...this.#defaultedTimes()],
      firstDay: this.#firstDay,
      lastDay: this.#lastDay,
      byPrecision: Object.fromEntries(evidence.byPrecision),
      byCoverage: Object.fromEntries(evidence.byCoverage),
      totals: this.#totals.totals(),
      provided: [...this.#providing.keys()]
        .sort()
        .map((name) => ({ name, filled: this.#filled.get(name) ?? null })),
      rules: this.#requirements.map((requirement) => ruleReadiness(requirement, evidence)),
    };
  }
}
