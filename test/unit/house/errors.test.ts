import { describe, expect, test } from 'vitest';
import {
  ERRORS,
  type ErrorCode,
  errorHint,
  errorMessage,
  type Localized,
  RastroError,
} from '../../../schemas/errors/index.ts';
import { LAYERS, layerOf, projectFiles, readText } from '../../support/project.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];
const LANGS = ['en', 'es', 'fr'] as const;
const placeholders = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

const code = projectFiles()
  .filter((path) => path.endsWith('.ts') && (LAYERS as readonly string[]).includes(layerOf(path)))
  .filter((path) => !path.startsWith('schemas/errors/'))
  .map(readText)
  .join('\n');
const errorFiles = projectFiles().filter((path) => /^schemas\/errors\/.*\.ts$/.test(path));

const tests = projectFiles()
  .filter((path) => /^test\/.*(\.test|-contract)\.ts$/.test(path) && !path.startsWith('test/unit/house/'))
  .map(readText)
  .join('\n');
/** Findings of rules stand in a table without the beginning that all of them share. */
const findingsTable = readText('test/unit/rules/compiler/findings.test.ts');
const isAsserted = (each: string) =>
  tests.includes(each) || new RegExp(`'${each.replace('RAS-RULES-', '')} \\d`).test(findingsTable);

/** Codes that no test asks for, each with what stands in the way. */
const UNASKED: Readonly<Record<string, string>> = {
  'RAS-BUS-GROUP-ENDED': 'what kafkajs ends with and nobody foresaw',
  'RAS-BUS-GROUP-STUCK': 'a member that hangs longer than a session, with a broker',
  'RAS-BUS-OVERLOADED': '256 MiB that wait for a broker',
  'RAS-CLI-INTERNAL': 'what nobody foresaw',
  'RAS-ENGINE-CONFLICT': 'told as a reason of rejection in a folder; its counts are tested',
  'RAS-ENGINE-KEY-MISMATCH': 'a data folder with the secret of another',
  'RAS-ENGINE-LOG-BEHIND': 'a data folder with the log of an older copy',
  'RAS-ENGINE-STATE-FAILED': 'a disk that fails',
  'RAS-FEED-FILE-ROWS': 'a file of more rows than any test makes',
  'RAS-FEED-FILES-TOO-MANY': 'more files than any test makes',
  'RAS-FEED-HEADER-UNKNOWN': 'a canonical file with another header; the same is asked of mappings',
  'RAS-FEED-HEADER-UNREADABLE': 'a header that is no CSV; the same is asked of rows',
  'RAS-FEED-VALUE-RANGE': 'a number out of the contract; the property of hostile input draws them',
  'RAS-HTTP-BUSY': 'more submissions at one time than any test opens',
  'RAS-HTTP-INTERNAL': 'what nobody foresaw',
  'RAS-HTTP-UNAVAILABLE': 'a log that is away in the middle of a submission',
  'RAS-KEYS-UNKNOWN': 'a name of a key that nobody gave',
  'RAS-OPS-RETENTION-STUCK': 'a store that does not delete what it was told to',
  'RAS-STORE-INTERNAL': 'what nobody foresaw',
  'RAS-STORE-START-FAILED': 'an engine that does not start',
  'RAS-SUBMISSION-EXPANDED': 'more bytes than any test unpacks',
  'RAS-SUBMISSION-GONE': 'chunks that retention took',
  'RAS-SUBMISSION-MAPPING-GONE': 'a mapping that an operator took away',
  'RAS-SUBMISSION-ROWS': 'more rows than any test makes',
  'RAS-SUBMISSION-UNFINISHED': 'a replay while the first reading runs',
  'RAS-SUBMISSION-UNKNOWN': 'an id that nobody gave',
  'RAS-SUBMISSION-UNREACHABLE': 'an ingest role that is away',
};

describe('the error table', () => {
  test('codes are RAS-<AREA>-<WHAT>', () => {
    expect(codes.length).toBeGreaterThan(50);
    const areas = 'BUS|CLI|COMPOSITE|CONFIG|ENGINE|FEED|HTTP|KEYS|OPS|RULES|STORE|SUBMISSION|WORKER';
    expect(codes.filter((each) => !new RegExp(`^RAS-(${areas})(-[A-Z0-9]+)+$`).test(each))).toEqual([]);
  });

  test('no code is in two files: the merged table would keep one of them silently', () => {
    const rows = errorFiles.flatMap((path) =>
      [...readText(path).matchAll(/^ {2}'(RAS-[A-Z0-9-]+)'/gm)].map(([, each]) => each),
    );
    expect(rows.length).toBe(codes.length);
  });

  test('every code is used', () => {
    expect(codes.filter((each) => !new RegExp(`['"\`]${each}['"\`]`).test(code))).toEqual([]);
  });

  test('every code is asked for by some test, or it is said why not', () => {
    expect(codes.filter((each) => !isAsserted(each) && !(each in UNASKED))).toEqual([]);
    expect(Object.keys(UNASKED).filter((each) => !(each in ERRORS))).toEqual([]);
  });

  test('every code that is used is in the table', () => {
    const used = [...code.matchAll(/['"`](RAS-[A-Z]+(?:-[A-Z0-9]+)+)['"`]/g)].map(([, each]) => each ?? '');
    expect([...new Set(used)].filter((each) => !(each in ERRORS))).toEqual([]);
  });

  test('messages and hints say something in three languages, with the same placeholders', () => {
    const wrong = codes.flatMap((each) =>
      (['message', 'hint'] as const)
        .filter((part) => {
          const texts = ERRORS[each][part];
          const names = LANGS.map((lang) => placeholders(texts[lang]).join());
          return LANGS.some((lang) => texts[lang].trim().length < 5) || new Set(names).size !== 1;
        })
        .map((part) => `${each} ${part}`),
    );
    expect(wrong).toEqual([]);
  });

  test('each language is its own: no text is repeated from another one', () => {
    const same = codes.filter((each) =>
      (['message', 'hint'] as const).some((part) => {
        const { en, es, fr }: Localized = ERRORS[each][part];
        const hasWords = /[a-z]/i.test(en.replace(/\{\w+\}/g, ''));
        return hasWords && (en === es || en === fr || es === fr);
      }),
    );
    expect(same).toEqual([]);
  });

  test('an error carries message, hint and parameters', () => {
    const error = new RastroError('RAS-CLI-NO-FILE', { pattern: 'feeds/*.csv' });
    expect(error.message).toContain('RAS-CLI-NO-FILE: No file matches feeds/*.csv.');
    expect(error.message).toContain(errorHint('RAS-CLI-NO-FILE'));
    expect(RastroError.is(error)).toBe(true);
    expect(errorMessage('RAS-CLI-NO-FILE', error.params, 'fr')).toContain('feeds/*.csv');
  });
});
