import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../../rules/compiler/index.ts';
import { FAMILIES } from '../../../../schemas/enumerations.ts';
import { EVENT_FIELDS } from '../../../../schemas/event-fields.ts';
import type { RuleFile } from '../../../../schemas/rule.ts';
import { loadCatalogue } from './catalogue.ts';

const { rules } = await loadCatalogue();
const named = rules.map((rule) => [rule.id, rule] as const);

type Texts = Readonly<Record<'es' | 'en' | 'fr', string>>;
const LANGS = ['es', 'en', 'fr'] as const;

function textsOf(file: RuleFile): Texts[] {
  return [
    file.title,
    file.explain,
    ...file.attributions.map(({ why }) => why),
    ...file.benign.map(({ note }) => note),
  ];
}

const placeholders = (text: string) => [...text.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name).sort();

/** Every expression of the rule, as one text. */
function expressionsOf(file: RuleFile): string {
  const parts: string[] = [file.when, ...Object.values(file.let), ...file.benign.map((test) => test.when)];
  for (const feature of Object.values(file.features)) {
    const { where, part, in: into, out } = feature as Record<string, string | undefined>;
    for (const text of [where, part, into, out]) if (text !== undefined) parts.push(text);
  }
  for (const derive of Object.values(file.derive)) {
    const { where, in: into, out, start } = derive as Readonly<Record<string, unknown>>;
    for (const text of [where, into, out, start]) if (typeof text === 'string') parts.push(text);
  }
  return parts.join('\n');
}

describe('the catalogue', () => {
  it('keeps the thirteen indicators of the first release live, and every id once', () => {
    const live = rules.filter((rule) => rule.status === 'live').map((rule) => rule.id);
    for (const id of [
      'AML-01',
      'CST-01',
      'DEB-01',
      'LAB-03',
      'OCS-04',
      'SEX-01',
      'SEX-07',
      'SEX-08',
      'SEX-09',
      'SMU-01',
      'SMU-02',
      'SMU-05',
      'VA-13',
    ])
      expect(live).toContain(id);
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
  });

  it('has no field of nationality, ethnicity, religion or status', () => {
    const forbidden = /nationalit|ethnic|relig|immigra|migrat|citizen|birthplace|birthcountry|race$|indigen/i;
    expect(Object.keys(EVENT_FIELDS).filter((name) => forbidden.test(name))).toEqual([]);
    for (const { file } of rules) expect(expressionsOf(file)).not.toMatch(forbidden);
  });

  it('gives every rule a known family, and a weight unless it is a leg', () => {
    for (const rule of rules) {
      expect(FAMILIES).toContain(rule.family);
      expect(rule.weight > 0, rule.id).toBe(rule.status !== 'leg');
    }
  });
});

const DAY_MS = 86_400_000;

/** Condition shapes of an exploited person's own account. */
const PROTECTED = [
  ...['SEX-01', 'SEX-07', 'SEX-08', 'SEX-08-ATM', 'LAB-03-LEG', 'OCS-06', 'VA-05'],
  ...['AML-03', 'CRM-02-LEG', 'CRM-03-LEG', 'CRM-03-DEV', 'ORG-04-LEG'],
  ...['SEX-02', 'SEX-10', 'SEX-11', 'SEX-15', 'SEX-19', 'SEX-20', 'VA-14-KSK', 'CST-06-PAY'],
];

describe.each(named)('%s', (id, rule) => {
  const { file, path } = rule;

  it('lies in the folder of its form, in a file named after it', () => {
    expect(basename(dirname(path))).toBe(file.form.replaceAll('_', '-'));
    expect(basename(path)).toMatch(new RegExp(`^${id}-[a-z][a-z0-9-]*\\.yaml$`));
  });

  it('says the same in three languages, naming only its features', () => {
    for (const texts of textsOf(file)) {
      const wanted = placeholders(texts.en);
      for (const lang of LANGS) {
        expect(placeholders(texts[lang])).toEqual(wanted);
        for (const other of LANGS) if (other !== lang) expect(texts[lang], texts.en).not.toBe(texts[other]);
      }
    }
    // A rule that no program asks has counted nothing that it could say.
    if (file.status !== 'manual') expect(placeholders(file.explain.en).length).toBeGreaterThan(0);
    for (const name of placeholders(file.explain.en)) expect(Object.keys(file.features)).toContain(name);
  });

  it('leaves the unit of a value to the value, which is written as money, a duration or a ratio', () => {
    const doubled =
      /\} \(?((US |Canadian )?cents|centavos|cents améric|minor units|unidades menores|unités mineures|thousandths|milésim|millièm|ms\b|millisec)/;
    for (const lang of LANGS) expect(file.explain[lang]).not.toMatch(doubled);
  });

  it('states facts: nobody is called a culprit or a victim', () => {
    const judging =
      /victim|víctima|victime|traffick|tratante|trafiqu|prostitu|pimp|padrote|proxén|guilt|culpable/i;
    for (const texts of textsOf(file)) for (const lang of LANGS) expect(texts[lang]).not.toMatch(judging);
  });

  it('cites its sources and where each parameter comes from', () => {
    expect(file.sources.length).toBeGreaterThan(0);
    for (const [name, param] of Object.entries(file.params)) {
      if (!('value' in param)) continue;
      if (param.provenance !== 'default') expect(param.source, name).toBeTruthy();
      expect(expressionsOf(file) + JSON.stringify(file.strength), name).toContain(`params.${name}`);
    }
  });

  it('attributes nothing to a protected holder', () => {
    for (const { to, weight, role } of file.attributions) {
      if (role === 'potential_victim') expect(weight).toBe(0);
      if (file.holderRole === 'potential_victim' && to === 'holder') expect(weight).toBe(0);
    }
    if (PROTECTED.includes(id)) expect(file.holderRole).toBe('potential_victim');
  });

  it('says what it needs where it reads the time of day or money in transit', () => {
    const reads = expressionsOf(file);
    const derives = Object.values(file.derive);
    const transit = derives.flatMap((derive) => {
      if ('within' in derive) return [durationMs(derive.within)];
      return 'gap' in derive ? [durationMs(derive.gap)] : [];
    });
    // A date tells 72 hours; it does not tell what happened within two days (SEMANTICS §2).
    const fine =
      transit.some((withinMs) => withinMs <= 2 * DAY_MS) || derives.some(({ make }) => make === 'night');
    if (fine || /isNight|nightOf|sendHour|localMinute|payoutDelayMs/.test(reads))
      expect(['minute', 'hour']).toContain(file.needs.precision);
    const ratios = Object.values(file.features).some(({ agg }) => agg === 'ratio' || agg === 'share');
    if (rule.input === 'events' && ratios && !rule.subjects.includes('conductor'))
      expect(file.needs.coverage).toBeDefined();
  });
});
