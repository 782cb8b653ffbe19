/** What a composite saw of the signals of a case: which clause lacks what, which part gave which points, what counted for nothing. */
import type { AlertLevel, Family } from '../../../schemas/enumerations.ts';
import type { Signal } from '../../../schemas/signal.ts';
import type { CheckedComposite } from '../composites.ts';
import { attributionMilliOf } from '../episodes.ts';
import { type AttributedSignal, type Counted, clauseState, scoreAt } from '../score.ts';
import { CASE_SUBJECT } from './case-signals.ts';

type Clause = CheckedComposite['file']['requires'][number]['all'][number];

/** What a case may expect: of the last alert, or, of a silent composite, as of the last signal. */
export interface CompositeOutcome {
  /** Null where it is silent. */
  readonly level: AlertLevel | null;
  readonly scoreMilli: number;
  readonly lifeSafety: 'no' | 'flag' | 'alone';
  /** Families with a part above 0, by bytes. */
  readonly families: readonly Family[];
  /** Ids of the benign terms that are subtracted. */
  readonly benign: readonly string[];
}

export interface ClauseSight {
  /** As it is asked: `1 of SEX-01 (companion), SEX-07 (companion)`. */
  readonly asks: string;
  readonly holds: boolean;
  /** Rules that it names and that count. */
  readonly met: readonly string[];
}

export interface CompositeSight {
  /** ISO 8601. */
  readonly at: string;
  readonly scoreMilli: number;
  readonly mediumMilli: number;
  readonly highMilli: number;
  /** By alternative, its clauses. */
  readonly alternatives: readonly (readonly ClauseSight[])[];
  readonly lines: readonly (Pick<
    Counted,
    | 'rule'
    | 'via'
    | 'family'
    | 'weight'
    | 'strengthMilli'
    | 'freshnessMilli'
    | 'attributionMilli'
    | 'observedOn'
  > & { readonly milli: number })[];
  readonly benign: readonly { readonly id: string; readonly rule: string; readonly lowersMilli: number }[];
  /** Families with a part above 0, by bytes. */
  readonly families: readonly Family[];
  /** Signals that count for nothing, each with why. */
  readonly idle: readonly { readonly rule: string; readonly because: string }[];
}

/** As of `timeMs`, by the scorer that runs in production. */
export function sightOf(
  composite: CheckedComposite,
  signals: readonly Signal[],
  timeMs: number,
): CompositeSight {
  const held = signals
    .filter(({ eventTime }) => eventTime <= timeMs)
    .map((signal): AttributedSignal => {
      const attributionMilli = attributionMilliOf(signal, CASE_SUBJECT) ?? 0;
      return { signal, attributionMilli, observed: signal.observedHolder === CASE_SUBJECT };
    });
  const score = scoreAt({ ...composite, alone: new Set() }, held, timeMs);
  const { levels, familyCapMilli, requires } = composite.file;
  const scoring = score.counted.filter(
    ({ partMilli, family }) => partMilli > 0 && (familyCapMilli?.[family] ?? 1) > 0,
  );
  return {
    at: new Date(timeMs).toISOString(),
    scoreMilli: score.scoreMilli,
    mediumMilli: levels.mediumMilli,
    highMilli: levels.highMilli,
    alternatives: requires.map(({ all }) =>
      all.map((clause) => {
        const { holds, met } = clauseState(clause, score.counted);
        return { asks: clauseText(clause), holds, met: [...met] };
      }),
    ),
    lines: score.lines.map(({ counted: c, milli }) => ({
      rule: c.rule,
      via: c.via,
      family: c.family,
      weight: c.weight,
      strengthMilli: c.strengthMilli,
      freshnessMilli: c.freshnessMilli,
      attributionMilli: c.attributionMilli,
      observedOn: c.observedOn,
      milli,
    })),
    benign: score.benign.map(({ id, rule, lowersMilli }) => ({ id, rule, lowersMilli })),
    families: [...new Set(scoring.map(({ family }) => family))].sort(),
    idle: held.flatMap((each) => idleOf(each, composite, score.counted, timeMs)),
  };
}

/** A clause as a reader says it. */
export function clauseText({ min, of, families }: Clause): string {
  const names = of.map(({ rule, on }) => (on === 'own' ? rule : `${rule} (${on})`));
  return `${min} of ${names.join(', ')}${families === undefined ? '' : `, of ${families} families`}`;
}

function idleOf(
  { signal, attributionMilli }: AttributedSignal,
  composite: CheckedComposite,
  counted: readonly Counted[],
  timeMs: number,
): CompositeSight['idle'] {
  const isOld = (eventTime: number) => eventTime <= timeMs - composite.withinMs;
  const why = (rule: string, eventTime: number) => {
    if (attributionMilli === 0) return 'it gives the subject no weight';
    if (!composite.scoring.has(rule)) return 'the composite does not name it, or it is not live';
    return isOld(eventTime) ? `older than ${composite.file.within}` : 'another state of it counts';
  };
  const isCounted = (id: string) => counted.some(({ signalId }) => signalId === id);
  const isTerm = composite.file.benign.some(({ rule }) => rule === signal.rule) && !isOld(signal.eventTime);
  return [
    ...(isTerm || isCounted(signal.id)
      ? []
      : [{ rule: signal.rule, because: why(signal.rule, signal.eventTime) }]),
    ...signal.companions
      .filter(({ signalId }) => !isCounted(signalId))
      .map(({ rule, eventTime }) => ({ rule, because: why(rule, eventTime) })),
  ];
}
