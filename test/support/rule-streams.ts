/**
 * Random streams of transactions at the edge of what rules fire on. Each is built from the cases of shipped rules: cut just
 * before, at or just behind the event on which the case first fires, changed a little, mixed with cases of other rules on
 * the same subject and with noise. Seeded: the same seed and number give the same stream.
 */
import { eventView } from '../../pipelines/detect/event-view.ts';
import { membershipsOf, subjectKeyText } from '../../pipelines/detect/subjects.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { type CheckedRule, type EvaluationContext, signalsOf } from '../../rules/compiler/index.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import { compareRefs } from '../../schemas/order.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { type Arrival, arrive } from './stream-arrival.ts';
import { changed } from './stream-changes.ts';
import { rowOf, sketchesOf, subjectKeyOf } from './stream-transactions.ts';
import type { Setting, Sketch } from './stream-values.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const WEEK = 7 * DAY;
/** A stream is shorter than the horizon behind which rows are not evaluated, or order of arrival would matter. */
const SPAN_MAX_MS = 370 * DAY;
const ROWS_MAX = 150;
/** A rule that needs more events than this is easily disturbed, and takes two turns. */
const HARD_FROM_EVENT = 4;

/** One case of one rule, for one of the rule's kinds of subject. */
export interface Template {
  readonly rule: CheckedRule;
  readonly kind: SubjectKind;
  readonly name: string;
  readonly sketches: readonly Sketch[];
  /** Place of the event on which the rule first fires; -1 where it does not. */
  readonly firesAt: number;
}

/** A rule that a stream is about. */
export interface Aim {
  readonly rule: CheckedRule;
  /** The subject that it is looked for on. */
  readonly subjectKey: string;
  /** The next event of the case, held back: with it the answer may change. */
  readonly held: readonly Transaction[];
}

export interface Stream {
  readonly number: number;
  readonly name: string;
  readonly arrival: Arrival;
  readonly aims: readonly Aim[];
}

const PROVIDED = new Set(PROVIDABLE);

/** Where it first fires; without the sketches that make no event of the subject, as an own-account transfer does of a holder. */
function playedOn(
  rule: CheckedRule,
  kind: SubjectKind,
  sketches: readonly Sketch[],
  context: EvaluationContext,
): Pick<Template, 'sketches' | 'firesAt'> {
  const setting: Setting = { kind, subject: 'subject', scope: 'scope', isNamed: true };
  const subjectKey = subjectKeyOf(setting);
  const seen = sketches.flatMap((sketch) => {
    const tx = rowOf(sketch, setting);
    const membership = membershipsOf(tx, new Set([kind])).find(
      (found) => subjectKeyText(found.kind, found.key) === subjectKey,
    );
    if (membership === undefined) return [];
    return [
      { sketch, event: eventView({ tx, subjectKind: kind, side: membership.side, provided: PROVIDED }) },
    ];
  });
  const events = seen.map(({ event }) => event).sort(compareRefs);
  const history = { subjectKey, subjectKind: kind, events };
  return {
    sketches: seen.map(({ sketch }) => sketch),
    firesAt: signalsOf(rule, history, context)[0]?.evaluation.index ?? -1,
  };
}

/** Every case of every rule over events, for every kind of subject of the rule. */
export function templatesOf(rules: readonly CheckedRule[], context: EvaluationContext): Template[] {
  return rules
    .filter((rule) => rule.input === 'events')
    .flatMap((rule) =>
      rule.subjects.flatMap((kind) =>
        rule.file.cases.map((given) => ({
          rule,
          kind,
          name: given.name,
          ...playedOn(rule, kind, sketchesOf(rule, given), context),
        })),
      ),
    );
}

/** The case and some of its last events again, as far apart as they are: most cases are periodic, and so go on. */
function longer(random: Random, sketches: readonly Sketch[]): Sketch[] {
  const back = Math.min(random.int(1, 4), sketches.length - 1);
  const last = sketches[sketches.length - 1]!;
  const step = last.time - sketches[sketches.length - 1 - back]!.time;
  const more = Array.from({ length: random.int(1, 3) }, (_, i) =>
    sketches
      .slice(sketches.length - back)
      .map((sketch) => ({ ...sketch, id: `${sketch.id}-${i}`, time: sketch.time + (i + 1) * step })),
  );
  return [...sketches, ...more.flat()];
}

/** The template's events, cut near the event on which it fires, and the event that was cut off. */
function cut(random: Random, { sketches, firesAt: fires }: Template): { kept: Sketch[]; off: Sketch[] } {
  if (fires < 0) return { kept: [...sketches], off: [] };
  if (random.chance(0.25))
    return { kept: random.chance(0.3) ? [...sketches] : longer(random, sketches), off: [] };
  const end = Math.min(sketches.length, Math.max(1, fires + random.pick([0, 1, 1, 1, 2])));
  return { kept: sketches.slice(0, end), off: sketches.slice(end, end + 1) };
}

function settingOf(random: Random, kind: SubjectKind, subject: string, scope: string): Setting {
  return { kind, subject, scope, isNamed: random.chance(0.7) };
}

/** Whole days, so that nights stay nights; the hour sometimes too. */
function shifted(sketches: readonly Sketch[], byMs: number, prefix: string): Sketch[] {
  return sketches.map((sketch) => ({ ...sketch, id: `${prefix}${sketch.id}`, time: sketch.time + byMs }));
}

/** Rows of one template among others of the stream. */
interface Part {
  readonly setting: Setting;
  readonly sketches: readonly Sketch[];
  readonly aim?: Aim;
}

function aimOf(rule: CheckedRule, setting: Setting, held: readonly Sketch[]): Aim {
  return { rule, subjectKey: subjectKeyOf(setting), held: held.map((sketch) => rowOf(sketch, setting)) };
}

/** Without what lies too far before the last event. */
function withinSpan(sketches: readonly Sketch[]): Sketch[] {
  const last = Math.max(...sketches.map(({ time }) => time));
  return sketches.filter(({ time }) => time > last - SPAN_MAX_MS);
}

function noise(
  random: Random,
  templates: readonly Template[],
  within: readonly [number, number],
  prefix: string,
): Sketch[] {
  const count = random.int(1, 10);
  return Array.from({ length: count }, (_, i) => {
    const sketch = random.pick(random.pick(templates).sketches);
    return {
      ...sketch,
      id: `${prefix}${String(i).padStart(2, '0')}`,
      time: random.int(within[0], within[1]),
    };
  });
}

export class StreamMaker {
  readonly #seed: number;
  readonly #templates: readonly Template[];
  readonly #byRule: readonly (readonly Template[])[];

  constructor(seed: number, rules: readonly CheckedRule[], context: EvaluationContext) {
    this.#seed = seed;
    this.#templates = templatesOf(rules, context);
    const byRule = new Map<string, Template[]>();
    for (const template of this.#templates) {
      const { id } = template.rule;
      byRule.set(id, [...(byRule.get(id) ?? []), template]);
    }
    const hard = [...byRule.values()].filter((own) =>
      own.every(({ firesAt: at }) => at < 0 || at >= HARD_FROM_EVENT),
    );
    this.#byRule = [...byRule.values(), ...hard];
  }

  /** Streams until every rule has had its turn. */
  get turns(): number {
    return this.#byRule.length;
  }

  /**
   * Stream `number`: rules take turns; mostly it is about a case that fires. Different streams share no subject and no row, so
   * that they may run side by side.
   */
  make(number: number): Stream {
    const random = new Random(deriveSeed(this.#seed, 'stream', number));
    const own = this.#byRule[number % this.#byRule.length]!;
    const firing = own.filter((template) => template.firesAt >= 0);
    const template = random.pick(random.chance(0.85) && firing.length > 0 ? firing : own);
    const { kept, off } = cut(random, template);
    const world = `${number}`;
    const setting = settingOf(random, template.kind, `${world}/subject`, `${world}/a`);
    const weeks = random.chance(0.3) ? random.int(-30, 20) : 0;
    const prefix = `${world}a`;
    const first = shifted(kept, weeks * WEEK, prefix);
    const calm = random.chance(0.4);
    const main: Part = {
      setting,
      aim: aimOf(template.rule, setting, shifted(off, weeks * WEEK, prefix)),
      // Cases of years of acquaintance are longer than that.
      sketches: withinSpan(
        calm ? first : changed(random, first, template.rule, random.pick([1, 1, 1, 2, 3])),
      ),
    };
    const parts = [main, ...this.#others(random, world, template, main, calm)];
    const sketched = parts.flatMap((part) => part.sketches.map((sketch) => ({ row: part.setting, sketch })));
    const rows = sketched.slice(0, ROWS_MAX).map(({ row, sketch }) => ({ sketch, tx: rowOf(sketch, row) }));
    return {
      number,
      name: `${template.rule.id}, ${template.kind}: ${template.name}`,
      arrival: arrive(random, rows, calm ? [0, 0, 0.5, 1] : [0.5, 1, 1, 3]),
      aims: parts.flatMap(({ aim }) => aim ?? []),
    };
  }

  /** Cases of other rules, mostly on the same subject, and noise. */
  #others(random: Random, world: string, template: Template, main: Part, calm: boolean): Part[] {
    const { setting } = main;
    const together = calm ? 0.3 : 0.75;
    const times = main.sketches.map((sketch) => sketch.time);
    const within = [Math.min(...times), Math.max(...times)] as const;
    const parts: Part[] = [];
    const count = random.pick([0, 0, 1, 1, 2]);
    for (let i = 0; i < count; i++) {
      const other = random.pick(this.#templates);
      const { kept, off } = cut(random, other);
      if (kept.length > ROWS_MAX / 3) continue;
      const start = kept[0]!.time;
      const target = random.int(within[0] - 20 * DAY, within[1] + 5 * DAY);
      const days = Math.round((target - start) / DAY) * DAY;
      const shift = days + (random.chance(0.1) ? random.int(-HOUR, HOUR) : 0);
      const letter = `${world}${String.fromCharCode('b'.charCodeAt(0) + i)}`;
      const scope = random.chance(0.3) ? setting.scope : letter;
      const subject = random.chance(together) ? setting.subject : letter;
      const moved = shifted(kept, shift, letter);
      const its = settingOf(random, other.kind, subject, scope);
      parts.push({
        setting: its,
        aim: aimOf(other.rule, its, shifted(off, shift, letter)),
        sketches: random.chance(0.4) ? changed(random, moved, other.rule, 1) : moved,
      });
    }
    if (random.chance(0.6)) {
      const kind = random.chance(0.7) ? template.kind : random.pick(this.#templates).kind;
      const sketches = noise(random, this.#templates, within, `${world}n`);
      const subject = random.chance(together) ? setting.subject : `${world}n`;
      parts.push({ setting: settingOf(random, kind, subject, setting.scope), sketches });
    }
    const early = within[1] - SPAN_MAX_MS;
    const late = within[0] + SPAN_MAX_MS;
    return parts.map(({ sketches, ...part }) => ({
      ...part,
      sketches: sketches.filter(({ time }) => time > early && time < late),
    }));
  }
}
