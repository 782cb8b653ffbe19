/**
 * All reference data of one release, parsed and checked. What a row was stamped with is named by `listVersion` and
 * `lexiconVersion`, which are derived from the content: an edited file cannot keep its old name.
 */
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Rail } from '../../schemas/enumerations.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { peerFile, peerTableFile } from '../../schemas/peers.ts';
import {
  cityFile,
  holidayFile,
  institutionListFile,
  lexiconFile,
  nightNormFile,
  placeListFile,
  rateFile,
  wageFile,
} from '../../schemas/reference.ts';
import { thresholdFile } from '../../schemas/thresholds.ts';
import { type Cities, createCities } from './cities.ts';
import { createHolidays, type Holidays } from './holidays.ts';
import { createLexicon, type Lexicon } from './lexicon.ts';
import { createPeers, type Peers } from './peers.ts';
import { createPlaceLists, type PlaceLists } from './places.ts';
import { createRates, type Rates } from './rates.ts';
import { createThresholds, type Thresholds } from './thresholds.ts';
import { createWages, type Wages } from './wages.ts';

export interface Reference {
  readonly thresholds: Thresholds;
  readonly peers: Peers;
  readonly places: PlaceLists;
  readonly cities: Cities;
  readonly wages: Wages;
  readonly rates: Rates;
  readonly holidays: Holidays;
  readonly lexicon: Lexicon;
  /** Share of a rail's events at night in thousandths; null where there is no norm. */
  nightNormMilli(rail: Rail): number | null;
  /** Whether an institution id is on the list of virtual-asset service providers. */
  isListedVasp(institution: string | undefined): boolean;
  readonly listVersion: string;
  readonly lexiconVersion: string;
}

/** Text of reference files by name, e.g. `lists/wages.yaml`. */
export type ReferenceFiles = ReadonlyMap<string, string>;

const VERSION_CHARS = 12;

const FILE_SCHEMAS = {
  places: placeListFile,
  cities: cityFile,
  institutions: institutionListFile,
  night_norms: nightNormFile,
  wages: wageFile,
  rates: rateFile,
  holidays: holidayFile,
  lexicon: lexiconFile,
  thresholds: thresholdFile,
  peers: peerFile,
  peer_table: peerTableFile,
} as const;

type FileKind = keyof typeof FILE_SCHEMAS;
type FileOf<K extends FileKind> = z.infer<(typeof FILE_SCHEMAS)[K]>;

/**
 * Parses, checks and joins reference files. `rates` replaces the shipped sample table by the text of another one.
 * Throws `RAS-RULES-REFERENCE-INVALID` with the file's name and place in it.
 */
export function loadReference(
  files: ReferenceFiles,
  rates?: { readonly name: string; readonly text: string },
): Reference {
  const parsed = new Map<FileKind, { name: string; content: unknown }[]>();
  for (const [name, text] of files) {
    const { kind, content } = parseFile(name, text);
    if (kind === 'rates' && rates !== undefined) continue;
    parsed.set(kind, [...(parsed.get(kind) ?? []), { name, content }]);
  }
  if (rates !== undefined)
    parsed.set('rates', [{ name: rates.name, content: parseFile(rates.name, rates.text).content }]);

  const all = <K extends FileKind>(kind: K): FileOf<K>[] =>
    (parsed.get(kind) ?? []).map((file) => file.content as FileOf<K>);
  const one = <K extends FileKind>(kind: K): FileOf<K> => {
    const found = all(kind);
    const names = (parsed.get(kind) ?? []).map(({ name }) => name);
    if (found.length === 0) throw invalid(kind, `there is no file of kind ${kind}`);
    if (found.length > 1) throw invalid(names.at(-1)!, `the only file of kind ${kind} is ${names[0]}`);
    return found[0] as FileOf<K>;
  };

  const places = createPlaceLists(all('places'));
  const norms = one('night_norms').rails;
  const vasps = new Set(
    all('institutions')
      .filter((list) => list.id === 'listed_vasp')
      .flatMap((list) => list.institutions.map((institution) => institution.id)),
  );
  const version = (...kinds: FileKind[]) =>
    contentHash(kinds.map((kind) => all(kind))).slice(0, VERSION_CHARS);
  // A set that was recorded without cities keeps the name of its lists.
  const cityKind = all('cities').length === 0 ? [] : (['cities'] as const);
  return {
    thresholds: createThresholds(all('thresholds')),
    peers: createPeers(all('peers'), all('peer_table')),
    places,
    cities: createCities((parsed.get('cities') ?? []) as { name: string; content: FileOf<'cities'> }[]),
    wages: createWages(one('wages'), places),
    rates: createRates(one('rates')),
    holidays: createHolidays(one('holidays')),
    lexicon: createLexicon(all('lexicon')),
    nightNormMilli: (rail) => norms[rail] ?? null,
    isListedVasp: (institution) => institution !== undefined && vasps.has(institution),
    listVersion: `lists-${version('places', 'institutions', 'night_norms', 'wages', 'holidays', ...cityKind)}`,
    lexiconVersion: `lexicon-${version('lexicon')}`,
  };
}

function parseFile(name: string, text: string): { kind: FileKind; content: unknown } {
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = problem.linePos?.[0];
    throw invalid(at === undefined ? name : `${name}:${at.line}:${at.col}`, problem.code);
  }
  const content: unknown = document.toJS();
  const kind = (content as { kind?: string } | null)?.kind;
  if (kind === undefined || !Object.hasOwn(FILE_SCHEMAS, kind))
    throw invalid(name, `unknown kind ${String(kind)}`);
  const result = FILE_SCHEMAS[kind as FileKind].safeParse(content);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(name, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  // Of a definition, findings and tables name the file by it.
  const place = kind === 'peers' ? `peers/${(result.data as FileOf<'peers'>).name}.yaml` : name;
  if (name !== place) throw invalid(name, `it belongs into ${place}`);
  return { kind: kind as FileKind, content: result.data };
}

function invalid(file: string, detail: string): RastroError {
  return new RastroError('RAS-RULES-REFERENCE-INVALID', { file, detail });
}
