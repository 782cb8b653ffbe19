/**
 * A small, dense world for tests of the whole engine: few accounts, so that a hundred rows already make signals, rules
 * over signals and alerts, and every way in which a feed corrects itself. Seeded; the same seed gives the same rows.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../pipelines/simulate/random.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import { type TransactionInput, transactionInput } from '../../schemas/transaction.ts';
import { compositeText, PLAYBOOK_TEXT, ruleText, signalRuleText } from './compose.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** 2026-01-05T06:00Z, a Monday: midnight in Mexico City. */
const START = Date.UTC(2026, 0, 5, 6);

/** Both submit; bank-c never does. */
export const SUBMITTING = ['bank-a', 'bank-b'] as const;

const three = (text: string) => `{en: '${text}', es: '${text}', fr: '${text}'}`;

/** A rule with features of its own, in the form of the catalogue. */
function eventRule(
  id: string,
  family: string,
  weight: number,
  body: string,
  attributions = `  - {to: holder, role: unknown, weight: 1, why: ${three('own')}}`,
): string {
  return `
id: ${id}
version: 1.0.0
status: live
title: ${three(id)}
form: sexual_exploitation
family: ${family}
weight: ${weight}
holderRole: unknown
jurisdictions: [US, MX, CA]
sources: [{document: Test, year: 2026}]
${body.trim()}
attributions:
${attributions}
explain: ${three('{n}')}
cases:
  - {name: n, kind: fires, fires: true, events: [{at: '2026-01-01T00:00:00Z', set: {}}]}
`;
}

const HANDED_OVER = `  - {to: collector, role: suspected_controller, weight: 1, why: ${three('receives')}}
  - {to: holder, role: potential_victim, weight: 0, why: ${three('keeps little')}}`;

/** Rules by file name: accounts, holders, conductors, dwell, pairs, kin, absolute amounts, a rule over signals. */
export const SMALL_RULES: Readonly<Record<string, string>> = {
  'payers.yaml': ruleText({
    id: 'SEX-07',
    family: 'FLW',
    weight: 3,
  })
    .replace('{value: 10,', '{value: 3,')
    .replace('{value: 20,', '{value: 8,')
    .replaceAll('30d', '10d'),
  'handed.yaml': eventRule(
    'SEX-08',
    'CTL',
    4,
    `
subject: account
needs: {precision: hour}
features:
  n: {agg: count, where: 'direction == "out" && kind == "transfer"', over: 12d}
  collector: {agg: top_key, of: counterparty, by: amount, where: 'direction == "out" && kind == "transfer"', over: 12d}
  quick: {agg: dwell, of: amount, in: 'direction == "in"', out: 'direction == "out"', over: 12d}
when: n >= 2 && quick <= 172800000 && collector != "nobody"
strength: {of: n, at: 2, full: 6}`,
    HANDED_OVER,
  ),
  'holder.yaml': eventRule(
    'AML-01',
    'CSH',
    3,
    `
subject: holder
features:
  n: {agg: sum, of: amountMxn, where: 'direction == "in" && !isOwn && !isKin', over: 20d}
  fresh: {agg: count, where: 'direction == "in" && pairOrdinal == 1', over: 20d}
when: n >= 400000 && fresh >= 2
strength: {of: n, at: 400000, full: 2000000}`,
  ),
  'conductor.yaml': eventRule(
    'SMU-05',
    'GEO',
    4,
    `
subject: conductor
features:
  n: {agg: distinct, of: counterparty, where: 'kind == "cash_deposit"', over: 15d}
when: n >= 2
strength: {of: n, at: 2, full: 5}`,
  ),
  'over-signals.yaml': signalRuleText('SEX-09', 'SEX-08', 'COL', 4),
};

const COMPOSITES: Readonly<Record<string, string>> = {
  'playbook.yaml': PLAYBOOK_TEXT,
  'control.yaml': compositeText({
    id: 'K-CONTROL',
    requires: `
  - all:
      - {min: 1, of: [{rule: SEX-08}, {rule: SEX-09, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: either}, {rule: AML-01, on: either}, {rule: SMU-05, on: own}]}`,
    supports: ['SEX-09'],
    levels: '{mediumMilli: 2000, highMilli: 5000, highNeeds: [CTL, COL]}',
  }),
};

/** Writes the rules into `folder` as \`--rules\` takes it; \`without\` names files left out, \`change\` edits texts. */
export function writeSmallRules(
  folder: string,
  without: readonly string[] = [],
  change: (text: string, file: string) => string = (text) => text,
): string {
  for (const [name, files] of [
    ['catalogue', SMALL_RULES],
    ['composites', COMPOSITES],
  ] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files))
      if (!without.includes(file)) writeFileSync(join(folder, name, file), change(text, file));
  }
  return folder;
}

interface Person {
  readonly account: string;
  readonly bank: string;
  readonly ref: string;
}

const WORKERS: readonly Person[] = [
  { account: 'W0', bank: 'bank-a', ref: 'w0' },
  { account: 'W1', bank: 'bank-b', ref: 'w1' },
  // Two accounts of one person, at one bank.
  { account: 'W2', bank: 'bank-a', ref: 'w2' },
  { account: 'W3', bank: 'bank-a', ref: 'w2' },
];
const COLLECTORS: readonly Person[] = [
  { account: 'C0', bank: 'bank-b', ref: 'c0' },
  { account: 'C1', bank: 'bank-c', ref: 'c1' },
];
const PAYERS: readonly Person[] = Array.from({ length: 9 }, (_, i) => ({
  account: `P${i}`,
  bank: ['bank-a', 'bank-b', 'bank-c'][i % 3] ?? 'bank-c',
  ref: `p${i}`,
}));

/** The party files of the two banks: who holds what, kin, and one account that changes hands on the fifteenth day. */
export function smallParties(): PartyRecordInput[] {
  const submitting = new Set<string>(SUBMITTING);
  const people = new Map<string, PartyRecordInput>();
  for (const { account, bank, ref } of [...WORKERS, ...COLLECTORS, ...PAYERS]) {
    if (!submitting.has(bank)) continue;
    const known = people.get(`${bank} ${ref}`);
    const accounts = [
      ...(known?.accounts ?? []),
      { scheme: 'none' as const, token: account, bank, coverage: 'full_account' as const },
    ];
    const surnames = ref === 'w0' || ref === 'p0' ? ['Prueba', 'Ejemplo'] : ['Prueba', `Caso${ref}`];
    people.set(`${bank} ${ref}`, {
      institution: bank,
      ref,
      refScheme: 'rfc',
      kind: 'person',
      surnames,
      accounts,
    });
  }
  return [
    ...people.values(),
    {
      institution: 'bank-a',
      ref: 'w2',
      refScheme: 'rfc',
      validFrom: '2026-01-20',
      kind: 'person',
      accounts: [{ scheme: 'none', token: 'W2', bank: 'bank-a' }],
    },
    {
      institution: 'bank-a',
      ref: 'w9',
      refScheme: 'rfc',
      validFrom: '2026-01-20',
      kind: 'person',
      accounts: [{ scheme: 'none', token: 'W3', bank: 'bank-a' }],
    },
  ];
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** Rows of the world: about `movements` movements over `days` days, with everything that correction can do to them. */
export function smallRows(seed: number, movements: number, days: number): TransactionInput[] {
  const random = new Random(seed);
  const rows: TransactionInput[] = [];
  const any = <T>(list: readonly T[]): T => list[Math.floor(random.float() * list.length)] as T;
  let serial = 0;

  const party = ({ account, bank }: Person) => ({
    account: { scheme: 'none' as const, token: account, bank },
  });

  /** The reports of one movement: of each submitting bank on it, joined by their reference when there are two. */
  const transfer = (from: Person, to: Person, at: number, amount: string): TransactionInput[] => {
    const reporters = [...new Set([from.bank, to.bank])].filter((bank) => bank !== 'bank-c');
    const movement = serial++;
    const day = random.float() < 0.05;
    return reporters.map((institution) =>
      transactionInput.parse({
        institution,
        id: `${institution}-${movement}`,
        kind: 'transfer',
        rail: 'spei',
        channel: 'mobile',
        instrument: 'account',
        ...(day
          ? { occurredAt: iso(at).slice(0, 10), occurredPrecision: 'day' }
          : { occurredAt: iso(at), offsetSource: 'institution' }),
        settled: { amount, ccy: 'MXN' },
        debtor: party(from),
        creditor: party(to),
        ...(reporters.length > 1 ? { refs: { endToEndId: `e2e-${movement}` } } : {}),
      }),
    );
  };

  const deposit = (to: Person, at: number, amount: string): TransactionInput[] => [
    transactionInput.parse({
      institution: to.bank,
      id: `${to.bank}-${serial++}`,
      kind: 'cash_deposit',
      rail: 'cash',
      channel: 'atm',
      instrument: 'cash',
      occurredAt: iso(at),
      offsetSource: 'institution',
      settled: { amount, ccy: 'MXN' },
      creditor: party(to),
      conductors: [{ ref: any(['d0', 'd1']), refScheme: 'rfc' }],
    }),
  ];

  const correct = (row: TransactionInput, at: number): TransactionInput[] => {
    const fate = random.float();
    const version = (n: number, change: object) => transactionInput.parse({ ...row, version: n, ...change });
    if (fate < 0.08) return [version(2, { settled: { amount: '950.00', ccy: 'MXN' } })];
    if (fate < 0.14) return [version(2, { op: 'withdraw' })];
    if (fate < 0.18)
      return [version(2, { op: 'withdraw' }), version(3, { settled: { amount: '1250.00', ccy: 'MXN' } })];
    if (fate < 0.22)
      return [
        version(2, {
          occurredAt: iso(at + 3 * DAY),
          occurredPrecision: 'second',
          offsetSource: 'institution',
        }),
      ];
    if (fate < 0.32) {
      const { debtor, creditor, conductors: _, refs: __, ...rest } = row;
      const reversal = {
        ...rest,
        id: `${row.id}-r`,
        kind: 'reversal',
        occurredAt: iso(at + Math.floor(random.float() * 6 * DAY)),
        occurredPrecision: 'second',
        offsetSource: 'institution',
        reverses: {
          institution: row.institution,
          id: row.id,
          ...(random.float() < 0.5 ? {} : { amount: { amount: '100.00', ccy: 'MXN' } }),
        },
        ...(creditor === undefined ? {} : { debtor: creditor }),
        ...(debtor === undefined ? {} : { creditor: debtor }),
      };
      const first = transactionInput.parse(reversal);
      return random.float() < 0.3 ? [first, { ...first, version: 2, op: 'withdraw' }] : [first];
    }
    return fate < 0.42 ? [structuredClone(row)] : [];
  };

  for (let i = 0; i < movements; i++) {
    // Whole seconds, some of them shared: ties are broken by institution and id.
    const at = START + Math.floor(random.float() * days) * DAY + Math.floor(random.float() * 48) * (HOUR / 2);
    const worker = any(WORKERS);
    const kind = random.float();
    const made =
      kind < 0.55
        ? transfer(any(PAYERS), worker, at, any(['300.00', '500.00', '800.00', '1100.50']))
        : kind < 0.85
          ? transfer(worker, any([...COLLECTORS, COLLECTORS[0] as Person]), at, any(['450.00', '900.00']))
          : deposit(worker, at, any(['2000.00', '4800.00']));
    rows.push(...made, ...made.flatMap((row) => correct(row, at)));
  }
  return rows;
}

/** A permutation of the list that the seed decides. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const random = new Random(seed);
  return list
    .map((item) => ({ item, at: random.float() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The list cut into `pieces` runs of random length, some of them empty. */
export function split<T>(list: readonly T[], pieces: number, seed: number): T[][] {
  const random = new Random(seed);
  const cuts = Array.from({ length: pieces - 1 }, () => Math.floor(random.float() * (list.length + 1))).sort(
    (a, b) => a - b,
  );
  return [...cuts, list.length].map((cut, i) => list.slice(i === 0 ? 0 : cuts[i - 1], cut));
}

export function ndjson(items: readonly object[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}
