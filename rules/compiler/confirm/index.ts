/** Confirmations: from a checked rule, generated code that says as of an event of a subject whether the rule may fire. */
import { type StandpointKind, TEXT_NULL } from '../../../schemas/facts.ts';
import type { CheckedRule } from '../checked-rule.ts';
import { makesGroup } from '../peer-group.ts';
import { readOf } from '../plan/field-read.ts';
import type { FactBinding } from '../plan/reading.ts';
import type { EvaluationContext } from '../reference/evaluation.ts';
import { ClassCode } from './class-code.ts';
import { partsOf } from './rule-parts.ts';
import { SUPPORT, type Support } from './support.ts';

type Numbers = ArrayLike<number>;

/** Where a row is read: columns in the order of `FACT_COLUMNS`; one that is not in memory is brought back by `columnAt`. */
export interface ColumnHome {
  readonly list: readonly (Numbers | undefined)[];
  columnAt?(position: number): Numbers;
}

/** Takes in an event: see `Confirmation.take`. */
type Take = (
  home: ColumnHome,
  setBits: Int32Array,
  row: number,
  own: number,
  other: number,
  side: number,
  timeMs: number,
  position: number,
) => void;

type Made = readonly [
  reset: () => void,
  take: Take,
  timeAt: (position: number) => number,
  mayTrigger: (position: number) => boolean,
  mayFire: (position: number) => boolean,
  tickAfter: (afterMs: number, untilMs: number) => number,
];

/**
 * The events of one subject as one rule sees them. They are taken in in total order; questions in total order are cheap, and
 * any other order is allowed.
 *
 * One shape for all rules, whose code is each its own: who asks many rules stays fast.
 */
export class Confirmation {
  /** Forgets every event. */
  readonly reset: () => void;
  /**
   * Takes in an event. `home`: where its row is read; `row`, `own`, `other`: its places there in row columns and, by side, in leg
   * columns; `side`: 0 the debtor's, 1 the creditor's; `position`: its place in the history.
   */
  readonly take: Take;
  /** Time of the event at a position; NaN where no condition of the rule can be anything but false on it. */
  readonly timeAt: (position: number) => number;
  /** False: the event does not trigger the rule. */
  readonly mayTrigger: (position: number) => boolean;
  /** False: the event does not trigger the rule, or the reference evaluation as of it does not fire. */
  readonly mayFire: (position: number) => boolean;
  /**
   * The first tick after `afterMs` and up to `untilMs` as of which the rule may fire (SEMANTICS §9a), where nothing is left out of
   * the histories for their length; NaN where there is none. The version's interval is not looked at.
   */
  readonly tickAfter: (afterMs: number, untilMs: number) => number;

  constructor([reset, take, timeAt, mayTrigger, mayFire, tickAfter]: Made) {
    this.reset = reset;
    this.take = take;
    this.timeAt = timeAt;
    this.mayTrigger = mayTrigger;
    this.mayFire = mayFire;
    this.tickAfter = tickAfter;
  }
}

export interface ConfirmationPlan {
  /** Events further than this before the event that is asked about are not read. */
  readonly reachMs: number;
  readonly source: string;
  /** Gives a function that makes places for events of subjects, under one set of reference data. */
  bind(environment: ConfirmationEnvironment): () => Confirmation;
}

export interface ConfirmationEnvironment {
  readonly context: EvaluationContext;
  /** Order of two texts of the dictionary, by their unsigned bytes. */
  compareTexts(a: number, b: number): number;
  /** A text of the dictionary. */
  textOf(id: number): string;
}

type Create = (
  support: Support,
  thresholdAt: (threshold: number, timeMs: number) => number | bigint | null,
  peerAt: (peer: number, group: readonly number[], timeMs: number) => number | bigint | null,
  compareTexts: (a: number, b: number) => number,
  calendars: readonly InstanceType<Support['DayRanges']>[],
) => () => Made;

/** `rule` reads events; `binding` is the one of the plan whose subjects are asked. */
export function confirmationOf(
  rule: CheckedRule,
  standpoint: StandpointKind,
  binding: FactBinding,
): ConfirmationPlan {
  const parts = partsOf(rule);
  const code = new ClassCode(rule, parts, standpoint, binding);
  const source = code.source();
  let create: Create | undefined;
  const { thresholds } = rule.program;
  const peers = rule.program.peers.map((bar) => ({
    ...bar,
    codes: bar.by.map((field) => readOf(field, standpoint).codes),
  }));
  return {
    reachMs: parts.reachMs,
    source,
    bind({ context, compareTexts, textOf }) {
      // Most rules are never asked; the engine reads the source of those that are.
      create ??= new Function(
        'support',
        'thresholdAt',
        'peerAt',
        'compareTexts',
        'calendars',
        source,
      ) as Create;
      const peerAt: Parameters<Create>[2] = (peer, kept, timeMs) => {
        const { table, quantileMilli, codes } = peers[peer]!;
        // A field of few values is kept as the code of a name, any other as the id of a text.
        const group = kept.map((value, i) => {
          const names = codes[i]!;
          if (names.length > 0) return names[value];
          return value === TEXT_NULL ? undefined : textOf(value);
        });
        if (!group.every(makesGroup)) return null;
        return exact(context.peerAt?.(table, quantileMilli, group, timeMs)?.value ?? null);
      };
      const make = create(
        SUPPORT,
        (threshold, timeMs) => exact(context.thresholdAt(thresholds[threshold]!, timeMs)),
        peerAt,
        compareTexts,
        code.calendars.map((window) => new SUPPORT.DayRanges(window, context)),
      );
      return () => new Confirmation(make());
    },
  };
}

/** A number where it is exact as one. */
function exact(value: number | bigint | null): number | bigint | null {
  return typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
