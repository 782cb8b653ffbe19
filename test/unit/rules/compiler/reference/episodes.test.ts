import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignalVersion, signalsOf } from '../../../../../rules/compiler/index.ts';
import { contentId, listText } from '../../../../../schemas/ids.ts';
import { CONTEXT, DAY, event, history, MINUTE, NOON, rule } from '../../../../support/rules.ts';

const at = (id: string, minutes: number, fields = {}) => event(id, NOON + minutes * MINUTE, fields);

/** `id of the opening event.version @ id of the evaluation's event: evidence` per version. */
function told(versions: readonly SignalVersion[], ids: readonly string[]): string[] {
  return versions.map(({ id, version, evaluation, evidence }) => {
    const opening = ids.find((each) => id === contentId('sig', ['TST-01', '1', 'acct_1', 'b1', each]));
    const refs = evidence.transactions.map((ref) => ref.id).join('');
    return `${opening}.${version} @${ids[evaluation.index]}: ${refs}`;
  });
}

function run(
  parts: Readonly<Record<string, unknown>>,
  events: readonly ReturnType<typeof event>[],
): string[] {
  const all = history(events);
  return told(
    signalsOf(rule(parts), all, CONTEXT),
    all.events.map(({ id }) => id),
  );
}

const twice = (over: string, quiet?: string) => ({
  features: { n: { agg: 'count', over } },
  when: 'n >= 2',
  ...(quiet === undefined ? {} : { quiet }),
});

describe('episodes', () => {
  it.each<[string, Record<string, unknown>, [string, number][], string[]]>([
    [
      'nothing fires',
      twice('1h'),
      [
        ['a', 0],
        ['b', 60],
      ],
      [],
    ],
    [
      'opens at the first that fires',
      twice('1h'),
      [
        ['a', 0],
        ['b', 59],
      ],
      ['b.1 @b: ab'],
    ],
    [
      'one version per hour that brings evidence, as of its last event',
      twice('1d'),
      [
        ['a', 0],
        ['b', 10],
        ['c', 20],
        ['d', 30],
        ['e', 61],
        ['f', 62],
        ['g', 180],
      ],
      ['b.1 @b: ab', 'b.2 @d: abcd', 'b.3 @f: abcdef', 'b.4 @g: abcdefg'],
    ],
    [
      'events at one time',
      twice('1d'),
      [
        ['a', 0],
        ['b', 0],
        ['c', 0],
        ['d', 0],
      ],
      ['b.1 @b: ab', 'b.2 @d: abcd'],
    ],
    [
      'silence of exactly quiet keeps it open, one minute more ends it',
      twice('2h', '1h'),
      [
        ['a', 0],
        ['b', 10],
        ['c', 70],
        ['d', 131],
      ],
      ['b.1 @b: ab', 'b.2 @c: abc', 'd.1 @d: cd'],
    ],
    [
      'an evaluation that does not fire does not keep it open',
      twice('30m', '1h'),
      [
        ['a', 0],
        ['b', 10],
        ['c', 65],
        ['d', 71],
        ['e', 72],
      ],
      // The hour from 60 to 70 minutes is evaluated as of c and does not fire; d is 61 minutes after b.
      ['b.1 @b: ab', 'd.1 @d: cd', 'd.2 @e: cde'],
    ],
    [
      'of an hour, what lies beyond quiet waits for the evaluation before it',
      twice('2h', '20m'),
      [
        ['a', 0],
        ['b', 5],
        ['c', 20],
        ['d', 40],
        ['e', 41],
      ],
      ['b.1 @b: ab', 'b.2 @c: abc', 'b.3 @d: abcd', 'b.4 @e: abcde'],
    ],
  ])('%s', (_name, parts, rows, wanted) => {
    expect(
      run(
        parts,
        rows.map(([id, minutes]) => at(id, minutes)),
      ),
    ).toEqual(wanted);
  });

  it('an evaluation without new evidence makes no version and keeps the episode open', () => {
    // Evidence counts transfers; n triggers on everything.
    const parts = {
      features: {
        paid: { agg: 'count', where: 'kind == "transfer"', over: '10d' },
        seen: { agg: 'count', over: '1h', where: 'kind == "fee"' },
      },
      when: 'paid >= 1 && seen >= 0',
      strength: { of: 'paid', at: 1, full: 2 },
      explain: { es: '{seen}', en: '{seen}', fr: '{seen}' },
      quiet: '2h',
    };
    const events = history([
      at('a', 0, { kind: 'transfer' }),
      at('b', 5, { kind: 'card_purchase' }),
      at('c', 150, { kind: 'transfer' }),
    ]);
    const versions = signalsOf(rule(parts), events, CONTEXT);
    expect(versions.map(({ version, lastFiredAt }) => [version, lastFiredAt])).toEqual([
      [1, NOON],
      [1, NOON + 150 * MINUTE],
    ]);
    const kept = history([
      at('a', 0, { kind: 'transfer' }),
      at('b', 100, { kind: 'transfer' }),
      at('c', 200, { kind: 'transfer' }),
    ]);
    expect(
      signalsOf(rule(parts), kept, CONTEXT).map(({ version, openedAt, lastFiredAt, standing }) => [
        version,
        openedAt,
        lastFiredAt,
        standing,
      ]),
    ).toEqual([
      [1, NOON, NOON, false],
      [2, NOON, NOON + 100 * MINUTE, false],
      [3, NOON, NOON + 200 * MINUTE, true],
    ]);
    const alone = {
      ...parts,
      features: {
        ...parts.features,
        paid: { agg: 'count', where: 'kind == "transfer"', over: '10d', evidence: false },
      },
    };
    const [only] = signalsOf(
      rule({ ...alone, when: 'paid >= 1 && seen >= 1' }),
      history([
        at('a', 0, { kind: 'transfer' }),
        at('b', 10, { kind: 'fee' }),
        at('c', 90, { kind: 'transfer' }),
      ]),
      CONTEXT,
    );
    expect([only?.eventTime, only?.evidence.transactions.map(({ id }) => id)]).toEqual([
      NOON + 10 * MINUTE,
      ['b'],
    ]);
  });

  it('what triggers: a condition that is not false, features taken as unknown, baselines and skips apart', () => {
    const features = {
      base: { agg: 'count', where: 'kind == "fee"', over: '10d', evidence: false },
      old: { agg: 'count', where: 'kind == "load"', over: '10d', skip: '1h' },
      n: { agg: 'count', where: 'kind == "transfer" && base >= 0 && mcc != "x"', over: '10d' },
    };
    const parts = {
      features,
      when: 'n >= 0 || base >= 0',
      explain: { es: '{old}', en: '{old}', fr: '{old}' },
    };
    const opens = (fields: Readonly<Record<string, string>>) => run(parts, [at('a', 0, fields)]).length;
    expect(opens({ kind: 'fee', mcc: 'y' })).toBe(0);
    expect(opens({ kind: 'load', mcc: 'y' })).toBe(0);
    expect(opens({ kind: 'transfer', mcc: 'x' })).toBe(0);
    expect(opens({ kind: 'transfer', mcc: 'y' })).toBe(1);
    // Unknown triggers too; the rule fires by its baseline.
    expect(opens({ kind: 'transfer' })).toBe(1);
  });
});

describe('evidence', () => {
  it('holds the first thousand references, the count and the hash over all', () => {
    const events = history(Array.from({ length: 1_205 }, (_, i) => at(String(i).padStart(4, '0'), i)));
    const versions = signalsOf(rule(twice('2d')), events, CONTEXT);
    const last = versions[versions.length - 1]!;
    const hash = createHash('sha256');
    for (const { institution, id, version } of events.events)
      hash.update(listText([institution, id, String(version)]));
    expect(last.evidence.count).toBe(1_205);
    expect(last.evidence.transactions).toHaveLength(1_000);
    expect(last.evidence.transactions[999]).toEqual({ institution: 'b1', id: '0999', version: 1 });
    expect(last.evidence.hash).toBe(hash.digest('hex'));
    expect(versions[0]?.evidence.count).toBe(2);
  });

  it('stays in total order when a later evaluation brings an earlier event', () => {
    const features = {
      n: { agg: 'count', where: 'kind == "transfer"', over: '1h' },
      m: { agg: 'dwell', of: 'amount', in: 'kind == "load"', out: 'kind == "transfer"', over: '10d' },
    };
    const parts = { features, when: 'n >= 1', explain: { es: '{m}', en: '{m}', fr: '{m}' } };
    const events = history([
      at('a', 0, { kind: 'load', amount: 5 }),
      at('b', 1, { kind: 'load', amount: 5 }),
      at('c', 2, { kind: 'transfer', amount: 5 }),
      at('d', 130, { kind: 'transfer', amount: 5 }),
    ]);
    expect(told(signalsOf(rule(parts), events, CONTEXT), ['a', 'b', 'c', 'd'])).toEqual([
      'c.1 @c: ac',
      'c.2 @d: abcd',
    ]);
  });
});

describe('a signal', () => {
  it('carries parameters, readings, strength, benign tests and attributions', () => {
    const note = { es: 'x', en: 'x', fr: 'x' };
    const parts = {
      holderRole: 'potential_victim',
      explain: { es: '{own}', en: '{own}', fr: '{own}' },
      params: {
        min: { value: 2, unit: 'count', provenance: 'default' },
        full: { value: 4, unit: 'count', provenance: 'default' },
      },
      features: {
        n: { agg: 'count', over: '1d' },
        top: { agg: 'top_key', of: 'counterparty', over: '1d' },
        none: { agg: 'top_key', of: 'terminal', where: 'terminal == "t"', over: '1d' },
        own: { agg: 'count', where: 'isOwn', over: '1d' },
      },
      when: 'params.min <= n',
      strength: { of: 'n', at: 'params.min', full: 'params.full' },
      attributions: [
        { to: 'holder', role: 'potential_victim', weight: 0, why: note },
        { to: 'top', role: 'suspected_controller', weight: 1, why: note },
        { to: 'none', role: 'facilitator', weight: 0.5, why: note },
        { to: 'subject', role: 'unknown', weight: 0.25, why: note },
      ],
      benign: [
        { id: 'T01', note, when: 'own >= 1', effect: 'lowers', lowers_milli: 200 },
        { id: 'T02', note, when: 'own >= 9', effect: 'blocks' },
        { id: 'T03', note, when: 'top == "nobody"', effect: 'lowers', lowers_milli: 1000 },
      ],
    };
    const fields = { holder: 'pty_1', accountBank: 'b9', terminal: 't2', coverage: 'product_only' };
    const events = [
      at('a', 0, { ...fields, counterparty: 'p', isOwn: false, precision: 'day' }),
      at('b', 60, { ...fields, counterparty: 'p', isOwn: true }),
      at('c', 120, { ...fields, counterparty: 'q', isOwn: false }),
    ];
    const versions = signalsOf(rule(parts), history(events), CONTEXT);
    expect(versions).toHaveLength(2);
    expect(versions[1]?.evaluation).toMatchObject({
      truth: true,
      fires: true,
      // n = 3 between 2 and 4: 500 + 250, less 200 for T01.
      strengthMilli: 550,
      params: { min: 2, full: 4 },
      benign: [
        { id: 'T01', result: 'failed' },
        { id: 'T02', result: 'passed' },
        { id: 'T03', result: 'passed' },
      ],
      features: [
        { name: 'n', value: 3, threshold: 2, operator: '>=', unit: 'count' },
        { name: 'top', value: 'p' },
        { name: 'none', value: null, unknownBecause: 'empty' },
        { name: 'own', value: 1, unit: 'count' },
      ],
      attributions: [
        { subject: 'pty_1', role: 'potential_victim', weight: 0, why: 'TST-01@1.2.0#0' },
        { subject: 'p', role: 'suspected_controller', weight: 1, why: 'TST-01@1.2.0#1' },
        { subject: 'acct_1', role: 'unknown', weight: 0.25, why: 'TST-01@1.2.0#3' },
      ],
      observedHolder: 'pty_1',
      observedBank: 'b9',
      coverage: 'product_only',
      precisionWorst: 'day',
      truncated: false,
      missing: 0,
    });
    const blocked = rule({ ...parts, benign: [{ ...parts.benign[1], when: 'own >= 1' }] });
    expect(signalsOf(blocked, history(events), CONTEXT)).toEqual([]);
    const unknown = rule({ ...parts, benign: [{ ...parts.benign[1], when: 'none == "x"' }] });
    expect(signalsOf(unknown, history(events), CONTEXT)[0]?.evaluation.benign).toEqual([
      { id: 'T02', result: 'unknown' },
    ]);
  });

  it.each<[number, number | string, number | string, number]>([
    [2, 2, 4, 500],
    [4, 2, 4, 1000],
    [9, 2, 4, 1000],
    [3, 2, 5, 666],
    [1, 2, 4, 500],
    [2, 4, 1, 833],
    [3, 0.5, 8.5, 656],
  ])('of %d between %d and %d has strength %d', (count, low, full, wanted) => {
    const events = history(Array.from({ length: count }, (_, i) => at(`e${i}`, i)));
    const checked = rule({ when: `n >= ${count}`, strength: { of: 'n', at: low, full } });
    expect(signalsOf(checked, events, CONTEXT)[0]?.evaluation.strengthMilli).toBe(wanted);
  });

  it('has an id of rule, major version, subject and opening event alone', () => {
    const events = history([at('a', 0), at('b', 1)]);
    const idOf = (parts: Readonly<Record<string, unknown>>) => signalsOf(rule(parts), events, CONTEXT)[0]?.id;
    const id = contentId('sig', ['TST-01', '1', 'acct_1', 'b1', 'a']);
    expect(id).toMatch(/^sig_[0-9a-z]{26}$/);
    expect(idOf({})).toBe(id);
    expect(idOf({ version: '1.9.9', weight: 5 })).toBe(id);
    expect(idOf({ version: '2.0.0' })).not.toBe(id);
    expect(idOf({ id: 'TST-02' })).not.toBe(id);
  });
});

describe('rules over signals', () => {
  const seen = (id: string, version: number, days: number, rest: Readonly<Record<string, string>> = {}) => ({
    time: NOON + days * DAY,
    institution: 'signal',
    id,
    version,
    fields: { 'signal.rule': 'SEX-08', 'signal.observedOn': `acct_${id}`, ...rest },
  });
  const collector = rule({
    input: 'signals',
    subject: 'holder',
    features: {
      feeders: { agg: 'distinct', of: 'signal.observedOn', where: 'signal.rule == "SEX-08"', over: '60d' },
    },
    when: 'feeders >= 2',
    quiet: '1h',
    strength: { of: 'feeders', at: 2, full: 4 },
  });

  it('read one event per version and name the signals as evidence', () => {
    const events = history(
      [seen('s1', 1, 0), seen('s1', 2, 1), seen('s2', 1, 2), seen('s3', 1, 3, { 'signal.rule': 'SEX-07' })],
      'pty_9',
    );
    const [signal, ...others] = signalsOf(collector, events, CONTEXT);
    expect(others).toEqual([]);
    expect(signal).toMatchObject({
      id: contentId('sig', ['TST-01', '1', 'pty_9', 'signal', 's2']),
      evidence: { transactions: [], signals: ['s1', 's1', 's2'], count: 3 },
      evaluation: { observedHolder: 'pty_9', observedBank: null, coverage: null, precisionWorst: null },
    });
    expect(collector.rulesNamed).toEqual(['SEX-08']);
  });

  it('number a further episode that a version of the same signal opens', () => {
    const events = history([seen('s1', 1, 0), seen('s2', 1, 1), seen('s2', 2, 5), seen('s2', 3, 9)], 'pty_9');
    const opener = ['TST-01', '1', 'pty_9', 'signal', 's2'];
    expect(signalsOf(collector, events, CONTEXT).map(({ id }) => id)).toEqual([
      contentId('sig', opener),
      contentId('sig', [...opener, '1']),
      contentId('sig', [...opener, '2']),
    ]);
  });
});
