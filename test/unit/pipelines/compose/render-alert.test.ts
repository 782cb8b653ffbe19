import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderAlert } from '../../../../pipelines/compose/index.ts';
import { table, wrap } from '../../../../pipelines/compose/render-alert.ts';
import { LANGS } from '../../../../pipelines/compose/text.ts';
import { signal, T0 } from '../../../support/compose.ts';
import { COLLECTOR, compose, contextOf, lastOf, legOf, rows } from '../../../support/compose-scene.ts';

const HOUR = 3_600_000;

/** One alert with everything a page can show: two versions, a near miss, protected holders, actions, clocks. */
function scene() {
  const licit = signal({ rule: 'AML-01', family: 'CSH', weight: 3, to: COLLECTOR, at: T0 + 2 * HOUR });
  return lastOf(
    compose([legOf('first'), legOf('second', { at: T0 + HOUR }), licit], {
      nearReadings: [
        {
          rule: 'SEX-01',
          observedOn: `holder:${COLLECTOR}`,
          eventTime: T0,
          truth: false,
          features: [{ name: 'payers', value: 9, threshold: 10, operator: '>=', unit: 'count' }],
        },
      ],
    }).alerts,
    'K-LEG',
  );
}

describe('renderAlert', () => {
  it.each(LANGS)('prints the whole alert in %s', async (lang) => {
    const { transactionOf } = contextOf(rows());
    const text = renderAlert(scene(), lang, { width: 100, colour: false, transactionOf });
    await expect(text).toMatchFileSnapshot(`golden/alert.${lang}.txt`);
  });

  it('adds up before the reader’s eyes', () => {
    const text = renderAlert(scene(), 'en', { width: 100, colour: false });
    const block = text.split('Score, part by part\n')[1]?.split('\n\n')[0] ?? '';
    const numbers = [...block.matchAll(/^ +(-?\d+\.\d{3}) {2}(\S+)/gm)].map(
      (m) => [Number(m[1]), m[2]] as const,
    );
    const sum = numbers.find(([, name]) => name === 'sum')?.[0];
    const parts = numbers.filter(([, name]) => name !== 'sum').reduce((total, [milli]) => total + milli, 0);
    expect(numbers.length).toBeGreaterThan(2);
    expect(parts).toBeCloseTo(sum ?? Number.NaN, 9);
  });

  it('colours only where asked', () => {
    const esc = String.fromCharCode(27);
    expect(renderAlert(scene(), 'en', { width: 80, colour: false })).not.toContain(esc);
    expect(renderAlert(scene(), 'en', { width: 80, colour: true })).toContain(esc);
  });

  it('wraps words to the width', () => {
    expect(wrap('aa bb cc dd', 9, 2)).toEqual(['  aa bb', '  cc dd']);
    expect(wrap('abcdefghijkl m', 6, 1)).toEqual([' abcdefghijkl', ' m']);
  });

  it('aligns columns', () => {
    expect(
      table(
        [
          ['a', '1', 'x'],
          ['bbb', '22', 'y'],
        ],
        [false, true],
      ),
    ).toEqual(['  a     1  x', '  bbb  22  y']);
  });
});

/** What no text for an analyst may state as a fact, in the three languages. */
const FORBIDDEN = [
  /\bvictims?\b/i,
  /\bprostitut\w*/i,
  /\btraffickers?\b/i,
  /\bv[ií]ctimas?\b/i,
  /\bprostitu\w*/i,
  /\btratantes?\b/i,
  /\bvictimes?\b/i,
  /\btrafiquants?\b/i,
  /\bguilty\b|\bculpables?\b|\bcoupables?\b/i,
];

describe('words', () => {
  it.each(LANGS)('of a rendered alert in %s state nothing that is not known', (lang) => {
    const text = renderAlert(scene(), lang, { width: 1_000, colour: false });
    for (const word of FORBIDDEN) expect(text).not.toMatch(word);
  });

  it('of every template of compose state nothing that is not known', () => {
    const folder = path.resolve(import.meta.dirname, '../../../../pipelines/compose');
    const files = readdirSync(folder).filter((name) => /^(texts|render-labels)\.ts$/.test(name));
    expect(files).toHaveLength(2);
    for (const name of files) {
      // Keys such as `potential_victim` are codes; only what stands between quotes is read.
      const strings = [...readFileSync(path.join(folder, name), 'utf8').matchAll(/'([^'\n]*)'/g)].map(
        (m) => m[1]!,
      );
      expect(strings.length).toBeGreaterThan(50);
      for (const text of strings) for (const word of FORBIDDEN) expect(text).not.toMatch(word);
    }
  });

  it('tell facts before inference, and unknowns last', () => {
    const { narrative, why } = scene();
    for (const [lang, marks] of Object.entries({
      en: ['Facts.', 'Inference.', 'Not known.'],
      es: ['Hechos.', 'Inferencia.', 'No se sabe.'],
      fr: ['Faits.', 'Inférence.', 'Non connu.'],
    })) {
      const text = narrative[lang as 'en'];
      const places = marks.map((mark) => text.indexOf(mark));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places[0]).toBe(0);
      expect(`${why[lang as 'en']}${text}`).not.toMatch(/\{\w+\}/);
    }
    expect(why.en).toMatch(/; not seen: [^;]+\.$/);
  });
});
