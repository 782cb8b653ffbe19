/**
 * Rows on which a composite should fire: the firing cases of the rules that one alternative of `requires` names, all of them on one
 * person, moved by whole weeks so that they fire together. Each case is first played by people of its own, which says when it fires
 * and on whom its weight falls; who that is becomes the person, who is observed with another becomes the holder who pays them.
 */
import type { CheckedComposite } from '../../pipelines/compose/composites.ts';
import type { CheckedRule } from '../../rules/compiler/index.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { standingOf } from './planted-alerts.ts';
import { rowOf, sketchesOf } from './stream-transactions.ts';
import { keyOf, type Setting, type Sketch } from './stream-values.ts';

const WEEK_MS = 7 * 86_400_000;
/** Firing cases of one rule that are tried, and scenes of one alternative. */
const CASES_MAX = 2;
const SCENES_MAX = 6;

type Clause = CheckedComposite['file']['requires'][number]['all'][number];
type Named = Clause['of'][number];
type FamilyOf = (rule: string) => string | undefined;

interface Played {
  readonly setting: Setting;
  readonly sketches: readonly Sketch[];
}

/** A firing case as it goes when its people are its own. */
interface Part extends Played {
  readonly signal: Signal;
  /** On whom weight falls, where it falls on somebody. */
  readonly bears: string | undefined;
}

export interface Scene {
  readonly composite: string;
  /** Which of the alternatives of `requires`, from 0. */
  readonly alternative: number;
  /** Party key on whom all of it should fall. */
  readonly subject: string;
  /** One way to meet the alternative, no rule to spare. */
  readonly rules: readonly string[];
  /** Their ids begin with `prefix`. */
  readonly rows: readonly Transaction[];
  readonly prefix: string;
}

function rowsOf({ setting, sketches }: Played, prefix: string, byMs: number): Transaction[] {
  return sketches.map((sketch) =>
    rowOf({ ...sketch, id: `${prefix}${sketch.id}`, time: sketch.time + byMs }, setting),
  );
}

/** Firing cases of the rule, for every kind of subject that it has. */
function playsOf(rule: CheckedRule): Played[] {
  return rule.subjects.flatMap((kind) =>
    rule.file.cases
      .filter(({ fires }) => fires)
      .map((each) => sketchesOf(rule, each))
      .filter((sketches) => sketches.every(({ reversedAfterMs }) => reversedAfterMs === undefined))
      .slice(0, CASES_MAX)
      .map((sketches, i) => {
        const scope = `part/${rule.id}/${kind}/${i}`;
        return { sketches, setting: { kind, subject: scope, scope, isNamed: true } };
      }),
  );
}

/** The firing cases of each rule as their own people make them; what gives no signal as rows is left out. */
async function partsOf(
  rules: readonly CheckedRule[],
  knowledge: Knowledge,
): Promise<ReadonlyMap<string, readonly Part[]>> {
  const plays = rules.flatMap((rule) => playsOf(rule).map((played) => ({ rule, played })));
  const rows = plays.flatMap(({ played }, i) => rowsOf(played, `${i}/`, 0));
  const { signals } = await standingOf(rows, knowledge);
  const parts = new Map<string, Part[]>();
  plays.forEach(({ rule, played }, i) => {
    const signal = signals.find(
      (each) => each.rule === rule.id && each.evidence.transactions.some(({ id }) => id.startsWith(`${i}/`)),
    );
    if (signal === undefined) return;
    const bears = signal.attributions.find(({ weight }) => weight > 0)?.subject;
    parts.set(rule.id, [...(parts.get(rule.id) ?? []), { ...played, signal, bears }]);
  });
  return parts;
}

/** Every way to meet the clause with as few rules as it asks for. */
function choices({ of, min, families = 1 }: Clause, familyOf: FamilyOf): Named[][] {
  const pick = (from: number, left: number): Named[][] =>
    left === 0
      ? [[]]
      : of.slice(from).flatMap((named, i) => pick(from + i + 1, left - 1).map((rest) => [named, ...rest]));
  return pick(0, min).filter((chosen) => new Set(chosen.map(({ rule }) => familyOf(rule))).size >= families);
}

const witnessesOf = (all: readonly Clause[], familyOf: FamilyOf): Named[][] =>
  all
    .map((clause) => choices(clause, familyOf))
    .reduce<Named[][]>((sets, ways) => sets.flatMap((set) => ways.map((way) => [...set, ...way])), [[]]);

const KEY = /"((?:par|acc)_[0-9a-z]{26})"/g;

function keysOf(rows: readonly Transaction[]): Set<string> {
  return new Set([...JSON.stringify(rows).matchAll(KEY)].map(([, key]) => key!));
}

/** The rows with other people in the places of some. */
function recast(rows: readonly Transaction[], roles: ReadonlyMap<string, string>): Transaction[] {
  let text = JSON.stringify(rows);
  for (const [from, to] of roles) text = text.replaceAll(from, to);
  return JSON.parse(text) as Transaction[];
}

/** Whole weeks, so that nights and pay days stay what they are; a companion must not fire later than who carries it. */
function shiftTo(to: Part, from: Part, isCompanion: boolean): number {
  const weeks = (to.signal.eventTime - from.signal.eventTime) / WEEK_MS;
  return (isCompanion ? Math.floor(weeks) : Math.round(weeks)) * WEEK_MS;
}

const paysAnother = ({ bears, signal }: Part): boolean =>
  bears !== undefined && bears !== signal.observedHolder;

/** The parts as one story; null where a weight falls on nobody, or nothing carries a companion. */
function staged(own: readonly Part[], companions: readonly Part[], prefix: string) {
  const carrier = own.find(paysAnother);
  if (own.some(({ bears }) => bears === undefined) || (companions.length > 0 && carrier === undefined))
    return null;
  const anchor = carrier ?? own[0]!;
  const subject = keyOf('par', `${prefix}subject`);
  const payer = keyOf('par', `${prefix}payer`);
  const rows = [...own, ...companions].flatMap((part, i) => {
    const isCompanion = i >= own.length;
    const roles = new Map<string, string>();
    if (isCompanion || part === carrier) roles.set(part.signal.observedHolder, payer);
    if (!isCompanion) roles.set(part.bears!, subject);
    return recast(rowsOf(part, `${prefix}${i}/`, shiftTo(anchor, part, isCompanion)), roles);
  });
  // Nobody else is in two scenes.
  const others = [...keysOf(rows)].filter((key) => key !== subject && key !== payer);
  const apart = new Map(others.map((key) => [key, keyOf(key.slice(0, 3), `${prefix}${key}`)]));
  return { subject, rows: recast(rows, apart), prefix };
}

/**
 * Scenes for every alternative of the composites; none where an alternative needs a rule over signals. `knowledge` has the cases
 * of its rules.
 */
export async function scenesOf(
  composites: readonly CheckedComposite[],
  knowledge: Knowledge,
): Promise<Scene[]> {
  const rules = new Map(knowledge.ruleSet.rules.map((rule) => [rule.id, rule]));
  const scoring = new Set(composites.flatMap((each) => [...each.scoring]));
  const readers = [...scoring].map((id) => rules.get(id)!).filter(({ input }) => input === 'events');
  const parts = await partsOf(readers, knowledge);

  function castOf(witness: readonly Named[], supports: readonly string[], take: number) {
    const own: Part[] = [];
    const companions: Part[] = [];
    for (const { rule, on } of witness) {
      const found = parts.get(rule) ?? [];
      const part = found[Math.min(take, found.length - 1)];
      if (part === undefined) return null;
      const isCompanion = on === 'companion' || (on === 'either' && part.bears === undefined);
      (isCompanion ? companions : own).push(part);
    }
    if (companions.length > 0 && !own.some(paysAnother)) {
      const carrier = supports.flatMap((id) => parts.get(id) ?? []).find(paysAnother);
      if (carrier !== undefined) own.push(carrier);
    }
    return { own, companions };
  }

  return composites.flatMap(({ file }) =>
    file.requires.flatMap(({ all }, alternative) => {
      const scenes: Scene[] = [];
      for (let take = 0; take < CASES_MAX; take++) {
        for (const witness of witnessesOf(all, (id) => rules.get(id)?.family)) {
          if (scenes.length === SCENES_MAX) return scenes;
          const cast = castOf(witness, file.supports, take);
          const prefix = `${file.id}/${alternative}/${scenes.length}/`;
          const story = cast === null ? null : staged(cast.own, cast.companions, prefix);
          if (story === null) continue;
          const named = witness.map(({ rule }) => rule);
          scenes.push({ composite: file.id, alternative, rules: named, ...story });
        }
      }
      return scenes;
    }),
  );
}
