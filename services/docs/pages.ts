/** Pages of `docs/` that are made from tables in `schemas/`, so that they cannot say anything else than the program. */
import { ERRORS, type ErrorCode, type ErrorRow } from '../../schemas/errors/index.ts';
import { EVENT_FIELDS, SIGNAL_FIELDS } from '../../schemas/event-fields.ts';
import type { EventField } from '../../schemas/field.ts';
import { PROPERTIES } from '../../schemas/properties.ts';
import { pageOf, table } from './markdown.ts';
import { cataloguePage, feedsPage } from './rule-pages.ts';

/** What an area is about, in the order in which a reader meets them. */
const AREAS: Readonly<Record<string, string>> = {
  CLI: 'The command: how it was called, what it was asked for.',
  FEED: 'Feeds: files, mappings, rows, parties, the vault.',
  ENGINE: 'The engine: log, effective set, recovery, keys.',
  RULES: 'Rules and reference data: what the compiler refuses.',
  COMPOSITE: 'Composites and the playbook: what the compiler refuses.',
  STORE: 'The store: embedded ClickHouse, migrations, statements.',
  CONFIG: 'Configuration: file, environment, the files that hold secrets.',
  HTTP: 'The ingest role: what it answers requests.',
  SUBMISSION: 'Submissions: reading them, the client, dead letters.',
  KEYS: 'API keys of institutions.',
  OPS: 'Operation: observation, retention, holds, suppression.',
};

/** The area of a code: `FEED` of `RAS-FEED-FILE-EMPTY`. */
export function areaOf(code: string): string {
  return code.split('-')[1] ?? '';
}

function errorSection(code: string, { message, hint }: ErrorRow): string {
  const lang = (name: string, key: 'en' | 'es' | 'fr') => [name, message[key], hint[key]];
  return [
    `### ${code}`,
    table(['', 'what happened', 'what to do'], [lang('en', 'en'), lang('es', 'es'), lang('fr', 'fr')]),
  ].join('\n\n');
}

/** `docs/errors.md`: every code, what happened and what to do, in three languages, by area. */
export function errorsPage(): string {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).sort();
  const areas = [...new Set([...Object.keys(AREAS), ...codes.map(areaOf)])];
  return pageOf(
    '# Error codes',
    'Codes are stable: a script may rely on them. `{names}` are filled with the values of the case; values that come from a feed are masked. ' +
      'With `--json` an error is one object on standard error: `{"error": {code, message, hint, params}}`.',
    ...areas.flatMap((area) => [
      `## ${area}`,
      AREAS[area] ?? '',
      ...codes.filter((code) => areaOf(code) === area).map((code) => errorSection(code, ERRORS[code])),
    ]),
  );
}

function fieldRow([name, field]: readonly [string, EventField]): string[] {
  const type = field.unit === undefined ? field.type : `${field.type} (${field.unit})`;
  const needs = [
    field.needs === null ? '' : `\`${field.needs}\``,
    field.precision === undefined ? '' : `time to the ${field.precision}`,
  ];
  return [`\`${name}\``, type, needs.filter((need) => need !== '').join(', '), field.note];
}

/** `docs/event-fields.md`: the words that a rule's expressions may use. */
export function eventFieldsPage(): string {
  const head = ['field', 'type', 'a feed must provide', 'meaning'];
  return pageOf(
    '# Fields that a rule may read',
    'A rule reads *events*: one transaction as seen from one subject. These are all the names that `where`, `of`, `by`, `part`, `in` and `out` know, beside ' +
      'the features, `let` expressions and `params` of the rule itself. What a name means when its value is missing is in [SEMANTICS](../rules/SEMANTICS.md) §4.',
    '* **needs**: the canonical field that a mapping must provide; where it does not, the rule is reported as not evaluable for that feed. Empty: every accepted row has it.\n' +
      '* **units**: `ms` milliseconds, `minor` minor units of the currency (cents), `milli` thousandths, `minute`, `day`, `count`.\n' +
      '* **set**: a list of strings, tested with `in`.',
    '## Events',
    table(head, Object.entries(EVENT_FIELDS).map(fieldRow)),
    '## Supplied properties',
    'What the graph of accounts or the crypto engine would say of an event. Nothing works them out yet: only a rule of status `waiting` may read them, its cases set them (one that is not said is null), and the engine leaves the rule out.',
    table(
      ['property', 'type', 'meaning'],
      Object.entries(PROPERTIES).map(([name, { type, note }]) => [`\`${name}\``, type, note]),
    ),
    '## Signals',
    'A rule with `input: signals` reads these instead, one event per version of a signal attributed to its subject (SEMANTICS §11).',
    table(head, Object.entries(SIGNAL_FIELDS).map(fieldRow)),
  );
}

/** Generated pages by path from the package root. */
export const GENERATED_PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/errors.md': errorsPage,
  'docs/event-fields.md': eventFieldsPage,
  'docs/catalogue.md': cataloguePage,
  'docs/feeds.md': feedsPage,
};
