/**
 * What a trial takes as of the event: thresholds, rates, wages and parties of the day; what has no history is named. One feed with the
 * same rows in several years, and a feed of Canadian cash by, for and on behalf of one person.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { PartyRecordInput } from '../../../schemas/party.ts';
import { type TransactionInput, transactionInput } from '../../../schemas/transaction.ts';
import { loadMapping } from '../../../services/feeds/mappings.ts';
import { asOfOf } from '../../../services/workbench/as-of.ts';
import { onlyOf } from '../../../services/workbench/only.ts';
import { TrialData, type TrialRun } from '../../../services/workbench/trial-data.ts';
import type { Knowledge } from '../../../services/workspace/knowledge.ts';
import { PLAYBOOK_TEXT } from '../../support/compose.ts';
import { ruleText } from '../../support/rules.ts';
import { ndjson } from '../../support/small-world.ts';
import { knowledgeOf } from '../../support/workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let serial = 0;

function rulesOf(rules: Readonly<Record<string, object>>): string {
  const root = join(folder, `rules-${serial++}`);
  for (const part of ['catalogue', 'composites']) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(join(root, 'composites/playbook.yaml'), PLAYBOOK_TEXT);
  for (const [id, parts] of Object.entries(rules))
    writeFileSync(join(root, 'catalogue', `${id}-x.yaml`), ruleText({ id, ...parts }));
  return root;
}

async function tried(
  knowledge: Knowledge,
  rows: readonly TransactionInput[],
  parties: readonly PartyRecordInput[] = [],
): Promise<TrialRun> {
  const own = join(folder, `trial-${serial++}`);
  mkdirSync(own);
  const write = (name: string, items: readonly object[]) => {
    const path = join(own, name);
    writeFileSync(path, ndjson(items));
    return path;
  };
  const source = {
    kind: 'feed',
    files: [write('rows.ndjson', rows)],
    bytes: 0,
    mapping: await loadMapping('canonical'),
    parties: parties.length === 0 ? [] : [write('parties.ndjson', parties)],
    partiesMapping: await loadMapping('canonical-parties'),
  } as const;
  const data = new TrialData(own, source, { rows: 1e6, ms: 120_000, bytes: 1e12 });
  try {
    return await data.run(knowledge);
  } finally {
    await data.close();
  }
}

const account = (token: string) => ({ account: { scheme: 'none' as const, token, bank: 'bank-a' } });

function row(at: string, id: string, to: string, more: object): TransactionInput {
  return transactionInput.parse({
    institution: 'bank-a',
    id,
    kind: 'transfer',
    rail: 'spei',
    channel: 'mobile',
    instrument: 'account',
    occurredAt: at,
    offsetSource: 'institution',
    creditor: account(to),
    ...more,
  });
}

/** One rule each that is true of a sum of a day, a currency, a wage, or of two accounts of one person. */
const paidIn = (of: string, bar: object) => ({
  params: { bar: { unit: 'minor', ...bar } },
  features: { paid: { agg: 'sum', of, where: 'direction == "in"', over: '1d' } },
  when: 'paid >= params.bar',
  strength: { of: 'paid', at: 1, full: 1_000_000 },
});
const DATED = {
  'LAW-01': paidIn('amount', { threshold: 'mx.lfpiorpi_va_aviso', provenance: 'law' }),
  'RAT-01': paidIn('amountUsd', { value: 130_000, provenance: 'default' }),
  'WAG-01': {
    ...paidIn('wageMilli', { value: 85_000, provenance: 'default' }),
    params: { bar: { value: 85_000, unit: 'milli', provenance: 'default' } },
  },
  'PTY-01': {
    subject: 'holder',
    features: { n: { agg: 'count', where: 'direction == "in"', over: '1d' } },
    when: 'n >= 2',
    strength: { of: 'n', at: 1, full: 9 },
  },
};
const OF_A_DAY = { settled: { amount: '24000.00', ccy: 'MXN' }, places: [{ role: 'branch', country: 'MX' }] };
/** The same two payments, one to each of two accounts, on a day of each period. */
const DAYS = ['2024-03-05', '2025-03-05', '2025-07-16', '2025-07-17', '2026-03-05'];
const rowsOfDays = DAYS.flatMap((day) => [
  row(`${day}T18:00:00Z`, `x-${day}`, 'X', OF_A_DAY),
  row(`${day}T19:00:00Z`, `y-${day}`, 'Y', OF_A_DAY),
]);
/** Pesos a dollar on the first of each month: 18 until the end of 2024, 20 after that. */
function rates(): string {
  const path = join(folder, 'rates.yaml');
  const quotes = DAYS.map((day) => `  ${day}: ['${day < '2025' ? '18.0' : '20.0'}', '1.4']`);
  const head =
    'kind: rates\nid: own\nsource: test\ndate: 2026-11-21\nofficial: true\nbase: USD\ncurrencies: [MXN, CAD]';
  writeFileSync(path, `${head}\nrates:\n${quotes.join('\n')}\n`);
  return path;
}
const person = (ref: string, accounts: readonly string[], validFrom?: string): PartyRecordInput => ({
  institution: 'bank-a',
  ref,
  refScheme: 'rfc',
  kind: 'person',
  ...(validFrom === undefined ? {} : { validFrom }),
  accounts: accounts.map((token) => ({ ...account(token).account, coverage: 'full_account' as const })),
});

test('the same rows under other years: law, rate, wage and holder of the day', async () => {
  const knowledge = await knowledgeOf({ rulesDir: rulesOf(DATED), ratesFile: rates() });
  // X was somebody else's until the end of 2024.
  const parties = [
    person('one', ['X']),
    person('one', ['Z'], '2025-01-01'),
    person('two', ['Y']),
    person('two', ['X', 'Y'], '2025-01-01'),
  ];
  const run = await tried(knowledge, rowsOfDays, parties);
  expect(run).toMatchObject({ rows: rowsOfDays.length, stopped: null });
  const days = (rule: string) => [
    ...new Set(
      run.signals
        .filter((signal) => signal.rule === rule)
        .flatMap(({ evidence }) => evidence.transactions.map(({ id }) => id.slice(2))),
    ),
  ];
  // 24,000 pesos: below 645 units of account, at or above 210 of those of 2025, below 210 of those of 2026.
  expect(days('LAW-01')).toEqual(['2025-07-17']);
  // 1,333.33 dollars at 18 pesos, 1,200.00 at 20.
  expect(days('RAT-01')).toEqual(['2024-03-05']);
  // 96 minimum wages of 2024, 86 of 2025, 76 of 2026.
  expect(days('WAG-01').sort()).toEqual(['2024-03-05', '2025-03-05', '2025-07-16', '2025-07-17']);
  expect(days('PTY-01').sort()).toEqual(DAYS.slice(1));

  const { dated, undated, notes } = asOfOf(knowledge, run, false);
  const reference = Object.keys(knowledge.files.texts).filter(
    // What `peers/` ships defines what is measured, as rules do; it states no figures.
    (path) => !/^(catalogue|composites|peers)\//.test(path) && path !== 'lists/rates.yaml',
  );
  const named = [
    ...dated.filter((path) => !path.endsWith('rates.yaml')),
    ...undated.map((text) => text.split(' ')[0]),
  ];
  expect(named.sort()).toEqual(reference.sort());
  expect(dated).toEqual(
    expect.arrayContaining(['thresholds/mx.yaml', 'lists/wages.yaml', 'lists/holidays.yaml']),
  );
  expect(dated.some((path) => path.endsWith('rates.yaml'))).toBe(true);
  for (const path of ['lists/vasps.yaml', 'lists/border-municipalities.yaml', 'lexicons/es.yaml'])
    expect(undated.find((text) => text.startsWith(path))).toMatch(/\(as of \d{4}-\d{2}-\d{2}\)$/);
  expect(notes[0]).toMatch(/^2 of 4 party records do not say from when they hold/);
  expect(asOfOf(knowledge, run, true).notes.join('\n')).toMatch(/on which each row came in/);
});

/** Cash at a counter in Canada: by whom, into whose account, on whose behalf. */
function cash(day: string, hour: number, by: string, to: string, forWhom?: string): TransactionInput {
  const onBehalfOf = forWhom === undefined ? {} : { onBehalfOf: [{ ref: forWhom, refScheme: 'rfc' }] };
  return row(`${day}T${hour}:00:00-05:00`, `${day}-${hour}-${by}-${to}`, to, {
    kind: 'cash_deposit',
    rail: 'cash',
    channel: 'branch',
    instrument: 'cash',
    settled: { amount: '5000.00', ccy: 'CAD' },
    places: [{ role: 'branch', country: 'CA' }],
    conductors: [{ ref: by, refScheme: 'rfc', ...onBehalfOf }],
  });
}

test('cash in Canada is added up by who acts, who gets it and on whose behalf, each by itself, and from the first day known on', async () => {
  const knowledge = onlyOf(await knowledgeOf(), ['AML-01-AGG'], '');
  const of = (year: string) => [
    cash(`${year}-02-05`, 10, 'k1', 'A'),
    cash(`${year}-02-05`, 15, 'k1', 'B'),
    cash(`${year}-02-12`, 10, 'k2', 'C'),
    cash(`${year}-02-12`, 15, 'k3', 'C'),
    cash(`${year}-02-19`, 10, 'k4', 'D', 'p'),
    cash(`${year}-02-19`, 15, 'k5', 'E', 'p'),
    cash(`${year}-02-26`, 10, 'k6', 'F', 'q'),
    cash(`${year}-02-26`, 15, 'k7', 'G', 'r'),
  ];
  const kinds = async (year: string) =>
    (await tried(knowledge, of(year))).signals.map(({ observedOn }) => observedOn.replace(/:.*$/, '')).sort();
  expect(await kinds('2024')).toEqual(['beneficiary', 'conductor', 'onBehalfOf']);
  expect(await kinds('2026')).toEqual(['beneficiary', 'conductor', 'onBehalfOf']);
  expect(await kinds('2021')).toEqual([]);
});
