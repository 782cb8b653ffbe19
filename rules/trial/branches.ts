/** Which branches of a rule's conditions its cases have shown: every atom once true and once false. */
import type { CheckedRule, Closure, Predicate, Tree, Value } from '../compiler/checked-rule.ts';
import { atomsOf, observed, textOf } from './condition.ts';

/** One atom of a rule's conditions. */
export interface Branches {
  /** Where it stands: `when`, `benign B07`, or `events` for `where`, `part`, `in`, `out`, steps and the `let`s in them. */
  readonly where: string;
  readonly condition: string;
  readonly seenTrue: boolean;
  /** Unknown is not false: a condition that was only ever unknown has shown neither branch. */
  readonly seenFalse: boolean;
}

interface Seen {
  readonly where: string;
  readonly condition: string;
  seenTrue: boolean;
  seenFalse: boolean;
  /** Value at the last evaluation. */
  last: Value;
}

/** A rule that answers as ever and notes what each atom of its conditions says. */
export class WatchedRule {
  readonly rule: CheckedRule;
  readonly #seen = new Map<string, Seen>();
  readonly #nameOf = new WeakMap<Tree, Map<string, Seen>>();

  constructor(rule: CheckedRule) {
    const { program } = rule;
    const predicates = program.predicates.map((predicate): Predicate => {
      const run = this.#watched(rule, 'events', predicate.tree);
      // Gates and fixed parts leave out what they can: here everything is asked.
      return { ...predicate, run, gate: null, parts: null };
    });
    const when = this.#watched(rule, 'when', program.whenTree);
    const benign = program.benign.map((test) => ({
      ...test,
      run: this.#watched(rule, `benign ${test.id}`, test.tree),
    }));
    const holds: CheckedRule['program']['holds'] = (scope) => when(scope) === true;
    this.rule = { ...rule, program: { ...program, predicates, when, holds, benign } };
  }

  /** In the order of the file: conditions on events, `when`, benign tests. */
  get branches(): readonly Branches[] {
    return [...this.#seen.values()].map(({ where, condition, seenTrue, seenFalse }) => ({
      where,
      condition,
      seenTrue,
      seenFalse,
    }));
  }

  /** What the atoms of `when` and of benign tests said at the last evaluation. */
  get last(): readonly { readonly where: string; readonly condition: string; readonly value: Value }[] {
    return [...this.#seen.values()]
      .filter(({ where }) => where !== 'events')
      .map(({ where, condition, last }) => ({ where, condition, value: last }));
  }

  #watched(rule: CheckedRule, where: string, tree: Tree): Closure {
    // The same condition at several places is one: a `let` is tested once, wherever it is named.
    for (const atom of atomsOf(tree)) this.#place(rule, where, atom);
    return observed(tree, rule.input, (atom, value) => {
      const seen = this.#place(rule, where, atom);
      seen.last = value;
      if (value === true) seen.seenTrue = true;
      else if (value === false) seen.seenFalse = true;
    });
  }

  #place(rule: CheckedRule, where: string, atom: Tree): Seen {
    const places = this.#nameOf.get(atom) ?? new Map<string, Seen>();
    this.#nameOf.set(atom, places);
    const known = places.get(where);
    if (known !== undefined) return known;
    const condition = textOf(atom, rule);
    const key = `${where} ${condition}`;
    const seen = this.#seen.get(key) ?? { where, condition, seenTrue: false, seenFalse: false, last: null };
    this.#seen.set(key, seen);
    places.set(where, seen);
    return seen;
  }
}
