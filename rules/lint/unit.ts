/** Units of what is compared, added and subtracted: days with days, thousandths with thousandths. */
import { type ASTNode, parse } from '@marcbachmann/cel-js';
import type { FeatureDefinition, RuleFile } from '../../schemas/rule.ts';
import { isDerived } from '../compiler/checked-rule.ts';
import { derivedUnit } from '../compiler/derive-checker.ts';
import { fieldTable } from '../compiler/field.ts';
import type { Path, RulePage } from './rule-page.ts';

/** Null: of no unit, or of one that nothing says. */
type Unit = string | null;

/** Units of fields by the word that parameters use. */
const SAME: Readonly<Record<string, string>> = { day: 'days' };
/** Fields whose unit the table has no word for. */
const OF_FIELD: Readonly<Record<string, string>> = { sendHour: 'hours' };
/** Parameters of these units are no quantities. */
const NO_QUANTITY: ReadonlySet<string> = new Set(['text', 'list', 'flag']);

export function checkUnits(page: RulePage): void {
  const { file } = page.rule;
  const units = new Units(file);
  const check = (path: Path, text: string | undefined) => {
    if (text === undefined) return;
    for (const { left, right, offset } of units.mismatches(text)) {
      const at = page.yaml.positionInside(path, offset);
      page.reportAt('unit', at, `${left} is compared with ${right}.`);
    }
  };
  for (const [name, text] of Object.entries(file.let)) check(['let', name], text);
  for (const [name, derive] of Object.entries(file.derive)) {
    const conditions = derive as Readonly<Record<string, unknown>>;
    for (const key of ['where', 'in', 'out', 'start'])
      check(['derive', name, key], conditions[key] as string | undefined);
  }
  for (const [name, feature] of Object.entries(file.features)) {
    const conditions = feature as Readonly<Record<string, unknown>>;
    for (const key of ['where', 'part', 'in', 'out'])
      check(['features', name, key], conditions[key] as string | undefined);
    if (feature.agg !== 'sequence') continue;
    feature.steps.forEach((step, i) => {
      check(['features', name, 'steps', i], step);
    });
  }
  check(['when'], file.when);
  file.benign.forEach((test, i) => {
    check(['benign', i, 'when'], test.when);
  });
  const { of, at, full } = file.strength;
  for (const [key, bar] of Object.entries({ at, full })) {
    const [unit, wanted] = [typeof bar === 'string' ? units.of(bar) : null, units.of(of)];
    if (unit !== null && wanted !== null && unit !== wanted)
      page.report('unit', ['strength', key], `${of} is in ${wanted}, ${bar} in ${unit}.`);
  }
}

interface Mismatch {
  readonly left: string;
  readonly right: string;
  readonly offset: number;
}

class Units {
  readonly #file: RuleFile;

  constructor(file: RuleFile) {
    this.#file = file;
  }

  mismatches(text: string): Mismatch[] {
    const found: Mismatch[] = [];
    this.#ofNode(parse(text).ast, found);
    return found;
  }

  /** Unit of a field, a `let`, a feature or `params.x`. */
  of(name: string): Unit {
    const { params, let: lets, features, input } = this.#file;
    if (name.startsWith('params.')) {
      const unit = params[name.slice('params.'.length)]?.unit ?? null;
      return unit === null || NO_QUANTITY.has(unit) ? null : unit;
    }
    const field = fieldTable(input)[name];
    if (field !== undefined) {
      const unit = OF_FIELD[name] ?? field.unit;
      return unit === undefined ? null : (SAME[unit] ?? unit);
    }
    const definition = features[name];
    if (definition !== undefined) return this.#ofFeature(definition);
    const text = lets[name];
    if (text !== undefined) return this.#ofNode(parse(text).ast, []);
    return isDerived(name) ? derivedUnit(name, this.#file, null) : null;
  }

  #ofFeature(feature: FeatureDefinition): Unit {
    switch (feature.agg) {
      case 'count':
      case 'distinct':
      case 'group_count':
      case 'sequence':
        return 'count';
      case 'share':
      case 'top_share':
      case 'interval_cv':
        return 'share';
      case 'dwell':
        return 'ms';
      case 'ratio':
        // A quotient of unlike quantities has a unit that no parameter can name.
        return this.of(feature.num) === this.of(feature.den) ? 'share' : null;
      default:
        return this.of(feature.of);
    }
  }

  #ofNode(node: ASTNode, found: Mismatch[]): Unit {
    switch (node.op) {
      case 'id':
        return this.of(node.args);
      case '.': {
        const [object, member] = node.args;
        return object.op === 'id' ? this.of(`${object.args}.${member}`) : null;
      }
      case '-_':
        return this.#ofNode(node.args, found);
      case '!_':
        this.#ofNode(node.args, found);
        return null;
      case '+':
      case '-':
        return this.#like(node.args, found);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        this.#like(node.args, found);
        return null;
      case '&&':
      case '||':
      case '*':
        // A product has a unit of its own: what a factor turns into what is not to be seen.
        for (const side of node.args) this.#ofNode(side, found);
        return null;
      case 'call': {
        const units = node.args[1].map((each) => this.#ofNode(each, found));
        return units[0] !== null && units[0] === units[1] ? 'share' : null;
      }
      default:
        return null;
    }
  }

  #like([a, b]: readonly [ASTNode, ASTNode], found: Mismatch[]): Unit {
    const left = this.#ofNode(a, found);
    const right = this.#ofNode(b, found);
    if (left !== null && right !== null && left !== right) found.push({ left, right, offset: a.start });
    return left ?? right;
  }
}
