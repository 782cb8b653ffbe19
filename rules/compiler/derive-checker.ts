/** Derived event kinds of a rule: their conditions, fields and durations, checked kind by kind. */
import type { DeriveDefinition, RuleFile } from '../../schemas/rule.ts';
import type { DerivedKind, DerivedName, DeriveProgram, FieldRead, ValueType } from './checked-rule.ts';
import type { Checking } from './checking.ts';
import { fieldTable } from './field.ts';
import { durationMs, type Window } from './window.ts';

/** What checks the parts of one derived kind; `key` says where each stands. */
interface DeriveParts {
  readonly checking: Checking;
  readonly window: Window;
  /** Position of the condition; one that is not given is always true. */
  predicate(key: string, text: string | undefined): number;
  read(key: string, field: string, type: ValueType): FieldRead;
}

export function deriveProgram(name: string, definition: DeriveDefinition, parts: DeriveParts): DeriveProgram {
  const { checking, window, predicate, read } = parts;
  const base = { name, window };
  /** No longer than the window: what would lie further apart is never in it together. */
  const duration = (key: string, text: string): number => {
    const ms = durationMs(text);
    if (ms > window.lengthMs) {
      const detail = `${key} ${text} > over ${definition.over}`;
      checking.add('RAS-RULES-WINDOW', checking.yaml.position(['derive', name, key]), { detail });
    }
    return ms;
  };
  const sum = (of: string | undefined) => (of === undefined ? null : read('of', of, 'int'));
  const some = (...reads: readonly (FieldRead | null)[]) => reads.filter((each) => each !== null);
  const blank = { stops: null, isNight: null, withinMs: 0, stopsMin: 0 };
  switch (definition.make) {
    case 'cycle': {
      const { make, match } = definition;
      const withinMs = duration('within', definition.within);
      const [into, out] = [predicate('in', definition.in), predicate('out', definition.out)];
      const of = read('of', definition.of, 'int');
      return { ...base, make, conditions: [into, out], reads: [of], in: into, out, of, withinMs, match };
    }
    case 'pay_period': {
      const { make } = definition;
      const longestMs = duration('longest', definition.longest);
      const [into, out] = [predicate('start', definition.start), predicate('out', definition.out)];
      const of = read('of', definition.of, 'int');
      // Pay of one day is one pay.
      if (checking.file.input === 'events') checking.fieldsRead.add('localDay');
      return { ...base, make, conditions: [into, out], reads: [of], in: into, out, of, longestMs };
    }
    case 'night': {
      const { make, by } = definition;
      const where = predicate('where', definition.where);
      const of = sum(definition.of);
      const [key, isNight] = [read('make', 'nightOf', 'int'), read('make', 'isNight', 'bool')];
      const stops = by === undefined ? null : read('by', by, 'string');
      const reads = some(isNight, of);
      return { ...base, ...blank, make, conditions: [where], reads, where, of, key, stops, isNight };
    }
    case 'stay': {
      const { make } = definition;
      const withinMs = duration('gap', definition.gap);
      const where = predicate('where', definition.where);
      const of = sum(definition.of);
      const key = read('by', definition.by, 'string');
      if (checking.file.input === 'events') checking.fieldsRead.add('localDay');
      const reads = some(key, of);
      return { ...base, ...blank, make, conditions: [where], reads, where, of, key, withinMs };
    }
    case 'circuit': {
      const { make, stops_min: stopsMin } = definition;
      const withinMs = duration('within', definition.within);
      const where = predicate('where', definition.where);
      const key = read('by', definition.by, 'string');
      return {
        ...base,
        ...blank,
        make,
        conditions: [where],
        reads: [key],
        where,
        of: null,
        key,
        withinMs,
        stopsMin,
      };
    }
  }
}

const UNITS: Readonly<Partial<Record<DerivedName, string>>> = {
  matched: 'minor',
  matchedShareMilli: 'milli',
  sources: 'count',
  events: 'count',
  spanMs: 'ms',
  stops: 'count',
  days: 'days',
  shareMilli: 'milli',
};

/** Unit of a field of sub-events, of one kind or of all that the rule derives; null where it is that of differing fields. */
export function derivedUnit(name: DerivedName, file: RuleFile, kind: DerivedKind | null): string | null {
  const unit = UNITS[name];
  if (unit !== undefined) return unit;
  const fields = fieldTable(file.input);
  const units = Object.values(file.derive)
    .filter((definition) => kind === null || definition.make === kind)
    .map((definition) => ('of' in definition ? (fields[definition.of ?? '']?.unit ?? null) : null));
  return new Set(units).size === 1 ? units[0]! : null;
}
