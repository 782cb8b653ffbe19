/**
 * The two readings of a condition on one event, from its tree: where it may be anything but false (what triggers a rule),
 * and where it may be true (what a feature may count). Unknown goes through `&&`, `||` and `!` as in SEMANTICS §4.
 *
 * The columns do not hold features, thresholds, pair fields and the fields of sub-events: an operator over one of them may
 * come out any way, as long as the fields beside it are known.
 */

import type { StandpointKind } from '../../../schemas/facts.ts';
import type { Relation, Tree } from '../checked-rule.ts';
import type { ThresholdRange } from '../reference/evaluation.ts';
import { and, bits, code, codes, FALSE, ids, not, or, type Read, type Test, TRUE } from './event-test.ts';
import { isKnown, isPairField, readOf } from './field-read.ts';
import { compared, constantOf, type RangeOf } from './folding.ts';
import { numberOutcome } from './number-test.ts';
import { decided, type Outcome, undecided } from './outcome.ts';

/** Texts of rules as numbers of the dictionary; no text of a rule gets further than here. */
export interface FactBinding {
  textId(text: string): number;
  /** Bit of a text among the members of sets, 0..30; -1 where all are taken. */
  memberBit(text: string): number;
  /** Bounds of a statutory threshold at all times; undefined where nobody knows. */
  thresholdRange?(id: string): ThresholdRange | undefined;
}

type Question = 'true' | 'false' | 'notFalse' | 'notTrue';

const OPPOSITE = { true: 'false', false: 'true', notFalse: 'notTrue', notTrue: 'notFalse' } as const;
const MIRROR = { '>=': '<=', '>': '<', '<=': '>=', '<': '>', '==': '==', '!=': '!=' } as const;

export class EventReading {
  readonly #standpoint: StandpointKind;
  readonly #binding: FactBinding;
  /** Bounds of a threshold by its position in the rule. */
  readonly rangeOf: RangeOf;

  /** `thresholds`: ids of those that the rule names, by position. */
  constructor(standpoint: StandpointKind, binding: FactBinding, thresholds: readonly string[]) {
    this.#standpoint = standpoint;
    this.#binding = binding;
    const ranges = thresholds.map((id) => binding.thresholdRange?.(id));
    this.rangeOf = (position) => ranges[position];
  }

  notFalse(tree: Tree): Test {
    return this.#ask(tree, 'notFalse');
  }

  maybeTrue(tree: Tree): Test {
    return this.#ask(tree, 'true');
  }

  #ask(tree: Tree, question: Question): Test {
    if (tree.op === '!') return this.#ask(tree.operand, OPPOSITE[question]);
    if (tree.op === '&&' || tree.op === '||') {
      const parts = [this.#ask(tree.left, question), this.#ask(tree.right, question)];
      const bothMust = (tree.op === '&&') === (question === 'true' || question === 'notFalse');
      return bothMust ? and(...parts) : or(...parts);
    }
    if ((tree.op === '==' || tree.op === '!=') && tree.left.type === 'bool') {
      return this.#ask(bothOrNeither(tree.op, tree.left, tree.right), question);
    }
    const outcome = this.#outcome(tree);
    switch (question) {
      case 'true':
        return outcome.true;
      case 'false':
        return outcome.false;
      case 'notFalse':
        return or(outcome.true, outcome.unknown);
      case 'notTrue':
        return or(outcome.false, outcome.unknown);
    }
  }

  /** Of an expression that is no `&&`, `||`, `!`. */
  #outcome(tree: Tree): Outcome {
    switch (tree.op) {
      case 'constant':
        return decided(tree.value as boolean | null);
      case 'field':
        return this.#flag(readOf(tree.name, this.#standpoint));
      case 'in':
        return this.#membership(tree.left, tree.right);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return tree.left.type === 'string'
          ? this.#textRelation(tree.op, tree.left, tree.right)
          : numberOutcome(tree.op, tree.left, tree.right, this.#standpoint, this.rangeOf);
      default:
        return undecided(TRUE);
    }
  }

  #flag(read: Read): Outcome {
    return { true: codes(read, 0b10), false: codes(read, 0b01), unknown: not(isKnown(read)) };
  }

  #textRelation(op: Relation, left: Tree, right: Tree): Outcome {
    const [a, b] = [constantOf(left), constantOf(right)];
    if (a !== undefined && b !== undefined) {
      return decided(a === null || b === null ? null : compared(op, a, b));
    }
    if (a !== undefined) return this.#textRelation(MIRROR[op], right, left);
    if (left.op !== 'field' || (b === undefined && right.op !== 'field')) {
      return undecided(and(this.#known(left), this.#known(right)));
    }
    const read = readOf(left.name, this.#standpoint);
    if (b === undefined)
      return this.#sameField(op, read, readOf((right as { name: 'time' }).name, this.#standpoint));
    if (b === null) return decided(null);
    if (read.codes.length > 0) return codesWhere(read, (name) => compared(op, name, b));
    if (op !== '==' && op !== '!=') return undecided(isKnown(read));
    const same = this.#isOneOf(read, [b as string]);
    return op === '==' ? same : { ...same, true: same.false, false: same.true };
  }

  /** Two fields of one event: equal ids are equal texts, equal codes of one list equal names. */
  #sameField(op: Relation, a: Read, b: Read): Outcome {
    const known = and(isKnown(a), isKnown(b));
    const comparable = a.type === 'text' ? b.type === 'text' : a.codes === b.codes;
    if (!comparable || (op !== '==' && op !== '!=')) return undecided(known);
    const [x, y] = [a, b].sort((one, two) => (one.name < two.name ? -1 : 1)) as [Read, Read];
    const same = { key: `${x.name} === ${y.name}`, text: `${x.field} == ${y.field}` };
    const other = { key: `${x.name} !== ${y.name}`, text: `${x.field} != ${y.field}` };
    const isSame = and(known, code([x, y], same.key, same.text, other));
    const isOther = and(known, code([x, y], other.key, other.text, same));
    const [isTrue, isFalse] = op === '==' ? [isSame, isOther] : [isOther, isSame];
    return { true: isTrue, false: isFalse, unknown: not(known) };
  }

  #membership(needle: Tree, set: Tree): Outcome {
    const text = constantOf(needle);
    const members = constantOf(set) as readonly string[] | undefined;
    if (members !== undefined) {
      if (text !== undefined) return decided(text === null ? null : members.includes(text as string));
      if (needle.op !== 'field') return undecided(TRUE);
      const read = readOf(needle.name, this.#standpoint);
      if (read.codes.length > 0) return codesWhere(read, (name) => members.includes(name));
      return this.#isOneOf(read, members);
    }
    if (set.op !== 'field' || typeof text !== 'string') return undecided(this.#known(needle));
    const bit = this.#binding.memberBit(text);
    if (bit < 0) return undecided(TRUE);
    const member = new Map([[bit, text]]);
    const read = readOf(set.name, this.#standpoint);
    return { true: bits(read, member, true), false: bits(read, member, false), unknown: FALSE };
  }

  #isOneOf(read: Read, texts: readonly string[]): Outcome {
    const members = new Map(texts.map((text) => [this.#binding.textId(text), text]));
    const isFalse = ids(read, new Map([...members, [-1, '']]), true);
    return { true: ids(read, members, false), false: isFalse, unknown: not(isKnown(read)) };
  }

  /** Holds where a text, a field or anything else, may have a value. */
  #known(tree: Tree): Test {
    return tree.op === 'field' && !isPairField(tree.name)
      ? isKnown(readOf(tree.name, this.#standpoint))
      : TRUE;
  }

  /** Holds where the field has a value, as a feature that aggregates it must have one. */
  knownField(name: string): Test {
    if (name === 'pairAgeMs' || name === 'pairOrdinal')
      return isKnown(readOf('counterparty', this.#standpoint));
    return isKnown(readOf(name as 'time', this.#standpoint));
  }
}

function codesWhere(read: Read, holds: (name: string) => boolean): Outcome {
  let mask = 0;
  read.codes.forEach((name, i) => {
    if (holds(name)) mask |= 1 << i;
  });
  const known = isKnown(read);
  return { true: codes(read, mask), false: and(known, codes(read, ~mask)), unknown: not(known) };
}

/** Equality of two conditions; unknown exactly where one of them is, as of any operator but `&&`, `||`, `!`. */
function bothOrNeither(op: '==' | '!=', left: Tree, right: Tree): Tree {
  const bool = { type: 'bool' } as const;
  const negated = (operand: Tree): Tree => ({ ...bool, op: '!', operand });
  const other = op === '==' ? negated(right) : right;
  const same = op === '==' ? right : negated(right);
  return {
    ...bool,
    op: '||',
    left: { ...bool, op: '&&', left, right: same },
    right: { ...bool, op: '&&', left: negated(left), right: other },
  };
}
