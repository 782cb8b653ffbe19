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
