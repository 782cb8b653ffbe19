/**
 * Tables of peers out of a feed, against the same said slowly from its lines: exact, the same bytes on every way, refused for a
 * day that is not whole; and a signal says which of them it was compared with. The feed is seeded (`RASTRO_SEED`).
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../pipelines/simulate/random.ts';
import { peerTableText } from '../../../rules/reference/peer-table.ts';
import { peerMeasureHash, peerTableHash } from '../../../rules/reference/peers.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { PartyRecordInput } from '../../../schemas/party.ts';
import type { PeerTableFile } from '../../../schemas/peers.ts';
import { type TransactionInput, transactionInput } from '../../../schemas/transaction.ts';
import { loadMapping } from '../../../services/feeds/mappings.ts';
import { onlyOf } from '../../../services/workbench/only.ts';
import { peerKnowledge, peerTables } from '../../../services/workbench/peer-tables.ts';
import type { TrialLimits } from '../../../services/workbench/trial.ts';
import { TrialData, type TrialSource } from '../../../services/workbench/trial-data.ts';
import { type Knowledge, loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { rastro } from '../../support/cli.ts';
import { ROOT } from '../../support/project.ts';
import { ndjson } from '../../support/small-world.ts';

const SEED = Number(process.env['RASTRO_SEED'] ?? 20_261_121);
const WIDE: TrialLimits = { rows: 1e9, ms: 600_000, bytes: 1e12 };
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 12);
/** Of 130 days of history, the 120th. */
const DAY = '2026-04-30';
const END = Date.UTC(2026, 4, 1);
const BANK = 'bank-a';
const SECTORS = ['SCIAN:722412', 'SCIAN:722412', 'SCIAN:812110', 'SCIAN:812110', 'SCIAN:111'] as const;
const ACCOUNTS = 170;
/** What a definition asks: `rules/peers/cash_share.yaml`. */
const ASKED = { receipts: 8, windowMs: 90 * DAY_MS, accounts: 30, quantiles: [500, 900, 950, 990] };

interface Line {
  readonly account: number;
  readonly at: number;
  readonly minor: number;
  readonly isCash: boolean;
}

const sectorOf = (account: number): string | null =>
  account % 17 === 0 ? null : account % 40 === 1 ? 'SCIAN:236' : SECTORS[account % SECTORS.length]!;
const isPerson = (account: number): boolean => account % 23 === 0;

function parties(): PartyRecordInput[] {
  return Array.from({ length: ACCOUNTS }, (_, i): PartyRecordInput => {
    const sector = sectorOf(i);
    return {
      institution: BANK,
      ref: `b${i}`,
      refScheme: 'rfc',
      kind: isPerson(i) ? 'person' : 'entity',
      ...(sector === null ? {} : { sector }),
      accounts: [{ scheme: 'none', token: `A${i}`, bank: BANK, coverage: 'full_account' }],
    };
  });
}

function rowOf({ account, at, minor, isCash }: Line, id: string): TransactionInput {
  const own = { account: { scheme: 'none' as const, token: `A${account}`, bank: BANK } };
  const common = {
    institution: BANK,
    id,
    occurredAt: new Date(at).toISOString().replace('.000Z', 'Z'),
    offsetSource: 'institution' as const,
    settled: { amount: (minor / 100).toFixed(2), ccy: 'MXN' },
    creditor: own,
  };
  const cash = { kind: 'cash_deposit', rail: 'cash', channel: 'branch', instrument: 'cash' } as const;
  const transfer = {
    kind: 'transfer',
    rail: 'spei',
    channel: 'mobile',
    instrument: 'account',
    debtor: { account: { scheme: 'none' as const, token: 'CUSTOMER', bank: 'bank-c' } },
  } as const;
  return transactionInput.parse({ ...common, ...(isCash ? cash : transfer) });
}

/** What counts in the end, and the rows that say so, withdrawn and amended ones among them. */
function feed(): { readonly lines: readonly Line[]; readonly rows: readonly TransactionInput[] } {
  const random = new Random(SEED);
  const lines: Line[] = [];
  const rows: TransactionInput[] = [];
  for (let account = 0; account < ACCOUNTS; account++) {
    // Some accounts are idle for the last hundred days, some have too few receipts.
    const days = account % 29 === 5 ? 20 : 130;
    const count = account % 19 === 3 ? 6 : 12 + Math.floor(random.float() * 20);
    const habit = 0.8 * random.float();
    for (let i = 0; i < count; i++) {
      const at = START + Math.floor(((i + random.float()) / count) * days * 24) * 3_600_000;
      const line = {
        account,
        at,
        minor: 100 * (1 + Math.floor(random.float() * 900)),
        isCash: random.float() < habit,
      };
      const id = `r${account}-${i}`;
      rows.push(rowOf(line, id));
      const fate = random.float();
      if (fate < 0.05) rows.push(transactionInput.parse({ ...rowOf(line, id), version: 2, op: 'withdraw' }));
      else if (fate < 0.1) {
        lines.push({ ...line, minor: 5_000 });
        rows.push(transactionInput.parse({ ...rowOf({ ...line, minor: 5_000 }, id), version: 2 }));
      } else lines.push(line);
    }
  }
  return { lines, rows };
}

/** SEMANTICS §13, line by line: groups with their sizes and quantiles. */
function slowly(
  lines: readonly Line[],
): { readonly of: string[]; readonly accounts: number; readonly values: number[] }[] {
  const groups = new Map<string, number[]>();
  for (let account = 0; account < ACCOUNTS; account++) {
    const known = lines.filter((line) => line.account === account && line.at < END);
    const last = Math.max(...known.map(({ at }) => at));
    const sector = sectorOf(account);
    if (sector === null || isPerson(account) || last < END - ASKED.windowMs) continue;
    const seen = known.filter(({ at }) => at > last - ASKED.windowMs);
    if (seen.length < ASKED.receipts) continue;
    const sum = (some: readonly Line[]) => some.reduce((total, { minor }) => total + minor, 0);
    const share = sum(seen.filter(({ isCash }) => isCash)) / sum(seen);
    groups.set(sector, [...(groups.get(sector) ?? []), share]);
  }
  return [...groups]
    .filter(([, values]) => values.length >= ASKED.accounts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([sector, values]) => ({
      of: [sector],
      accounts: values.length,
      values: ASKED.quantiles.map(
        (quantile) =>
          values
            .filter(
              (value) => 1_000 * values.filter((other) => other <= value).length >= quantile * values.length,
            )
            .sort((a, b) => a - b)[0]!,
      ),
    }));
}

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const { lines, rows } = feed();
let knowledge: Knowledge;
let source: TrialSource & { kind: 'feed' };
let serial = 0;

async function withData<T>(
  work: (data: TrialData) => Promise<T>,
  limits: Partial<TrialLimits> = {},
): Promise<T> {
  const own = path(`trial-${serial++}`);
  mkdirSync(own);
  const data = new TrialData(own, source, { ...WIDE, ...limits });
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}

async function tablesOf(day: string, limits: Partial<TrialLimits> = {}): Promise<PeerTableFile[]> {
  const definitions = [knowledge.reference.peers.definitions.get('cash_share')!];
  const measured = peerKnowledge(knowledge, definitions);
  return withData(async (data) => {
    let tables: PeerTableFile[] = [];
    await data.run(measured, undefined, async (trial, span) => {
      tables = await peerTables(trial, { knowledge: measured, definitions, day, span });
    });
    return tables;
  }, limits);
}

const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing',
    (error: unknown) => {
      if (RastroError.is(error))
        return `${error.code} ${String(error.params['detail'] ?? error.params['value'])}`;
      throw error;
    },
  );

beforeAll(async () => {
  console.info(`seed ${SEED}`);
  writeFileSync(path('rows.ndjson'), ndjson(rows));
  writeFileSync(path('parties.ndjson'), ndjson(parties()));
  knowledge = await loadKnowledge();
  source = {
    kind: 'feed',
    files: [path('rows.ndjson')],
    bytes: 0,
    parties: [path('parties.ndjson')],
    mapping: await loadMapping('canonical'),
    partiesMapping: await loadMapping('canonical-parties'),
  };
});

describe('tables of a complete day', () => {
  test('are what the lines say, quantile by quantile, and hold nothing of an account', async () => {
    const [table] = await tablesOf(DAY);
    const wanted = slowly(lines);
    expect(wanted.length).toBe(3);
    expect(new Set(wanted.flatMap(({ values }) => values)).size).toBeGreaterThan(9);
    expect(table!.groups).toEqual(wanted);
    expect(table!.groupsTooSmall).toBeGreaterThan(0);
    expect(Object.keys(table!.groups[0]!)).toEqual(['of', 'accounts', 'values']);
    expect(peerTableText(table!)).not.toMatch(/acc_|par_|A\d/);
  });

  test('are refused where the history is not whole', async () => {
    expect(await refusalOf(tablesOf('2026-05-20'))).toMatch(/^RAS-RULES-PEERS-DAY the history ends on/);
    expect(await refusalOf(tablesOf('2026-03-01'))).toMatch(
      /^RAS-RULES-PEERS-DAY the history begins on 2026-01-01/,
    );
    expect(await refusalOf(tablesOf(DAY, { rows: 100 }))).toMatch(/^RAS-RULES-PEERS-DAY only a part/);
    expect(await refusalOf(tablesOf('30 April'))).toMatch(/^RAS-CLI-BAD-OPTION 30 April/);
  });

  test('by command: files of the same bytes, that rules read once they lie beside them', async () => {
    const own = path('our-rules');
    cpSync(join(ROOT, 'rules'), own, { recursive: true, filter: (name) => !name.endsWith('.ts') });
    const command = (out: string) =>
      rastro(
        ['rules', 'peers', path('rows.ndjson'), '--parties', path('parties.ndjson'), '--rules', own].concat([
          '--day',
          DAY,
          '--only',
          'cash_share',
          '--out',
          out,
        ]),
        { isLong: true, cwd: folder },
      );
    expect(await command(path('first'))).toMatchObject({
      code: 0,
      out: expect.stringContaining('cash_share'),
    });
    // The rows in another order, in a folder that has a table already.
    writeFileSync(path('rows.ndjson'), ndjson([...rows].reverse()));
    expect(await command(join(own, 'peers'))).toMatchObject({ code: 0 });
    const name = `cash_share.${DAY}.yaml`;
    expect(readdirSync(path('first'))).toEqual([name]);
    const text = readFileSync(path(join('first', name)), 'utf8');
    expect(readFileSync(join(own, 'peers', name), 'utf8')).toBe(text);
    const [table] = await tablesOf(DAY);
    expect(text).toBe(peerTableText(table!));

    // A table is in no lock, and changes what the set is.
    const lock = await rastro(['rules', 'lock', '--rules', own]);
    expect(lock.code).toBe(0);
    expect(readFileSync(join(own, 'rules.lock.json'), 'utf8')).not.toContain(name);
    expect(readFileSync(join(own, 'rules.lock.json'), 'utf8')).toContain('peers/cash_share.yaml');
    const others = await loadKnowledge({ rulesDir: own });
    expect(others.hash).not.toBe(knowledge.hash);
    expect(others.ruleSet.hash).toBe(knowledge.ruleSet.hash);
    const bars = others.evaluation.peerAt?.('cash_share', 950, ['SCIAN:722412'], END);
    expect(bars).toMatchObject({
      day: DAY,
      value: table!.groups.find(({ of }) => of[0] === 'SCIAN:722412')!.values[2],
    });

    // One changed figure, and the set is refused.
    writeFileSync(join(own, 'peers', name), text.replace('"accounts":', '"accounts":1'));
    expect(await refusalOf(loadKnowledge({ rulesDir: own }))).toMatch(
      /^RAS-RULES-REFERENCE-INVALID it is not/,
    );
    expect(existsSync(join(own, 'peers', name))).toBe(true);
  });
});

describe('a signal of a rule that compares with peers', () => {
  const kept = (rules: Knowledge) =>
    withData(async (data) => (await data.run(onlyOf(rules, ['SEX-14'], ''))).signals);

  test('says which quantile of whom, of which day and of how many accounts it was compared with', async () => {
    const group = { of: ['SCIAN:722412'], accounts: 41, values: [0.1, 0.4, 0.5, 0.7] };
    const table = { ...(await tablesOf(DAY))[0]!, groups: [group] };
    const own = path('bar-rules');
    cpSync(join(ROOT, 'rules'), own, { recursive: true, filter: (name) => !name.endsWith('.ts') });
    // From the day after the history's complete one on: forty round deposits and twenty-five transfers, 0.6 in cash.
    const bars = Array.from({ length: 65 }, (_, i) => {
      const at = END + Math.floor((i / 65) * 30 * 24) * 3_600_000;
      return rowOf({ account: 0, at, minor: 200_000, isCash: i % 13 < 8 }, `bar-${i}`);
    });
    writeFileSync(path('bar.ndjson'), ndjson(bars));
    const opened = [
      {
        scheme: 'none' as const,
        token: 'A0',
        bank: BANK,
        coverage: 'full_account' as const,
        opened: '2020-01-01',
      },
    ];
    const party = { ...parties()[0]!, kind: 'entity' as const, sector: 'SCIAN:722412', accounts: opened };
    writeFileSync(path('bar-parties.ndjson'), ndjson([party]));
    source = { ...source, files: [path('bar.ndjson')], parties: [path('bar-parties.ndjson')] };

    expect(await kept(await loadKnowledge({ rulesDir: own }))).toEqual([]);
    writeFileSync(
      join(own, 'peers', `cash_share.${DAY}.yaml`),
      peerTableText({ ...table, sha256: peerTableHash(table) }),
    );
    const [signal] = await kept(await loadKnowledge({ rulesDir: own }));
    expect(signal?.peers).toEqual([
      {
        param: 'usual_cash_share',
        table: 'cash_share',
        quantileMilli: 950,
        group: ['SCIAN:722412'],
        value: 0.5,
        unit: 'share',
        day: DAY,
        accounts: 41,
      },
    ]);
    expect(signal?.benign).toContainEqual({ id: 'peers', result: 'passed' });
  });
});

describe('tables put in force where the history is', () => {
  const dataDir = path('data');
  const last = Math.max(...rows.map(({ occurredAt }) => Date.parse(occurredAt!)));
  const day = new Date(last - DAY_MS).toISOString().slice(0, 10);
  const from = `${new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)}T00:00:00.000Z`;
  const peers = (...more: readonly string[]) =>
    rastro(['rules', 'peers', '--from-store', '--publish', '--json', '--data-dir', dataDir, ...more], {
      isLong: true,
      cwd: folder,
    });

  test('of the latest day that is over, without a date; a second time nothing is done', async () => {
    writeFileSync(path('rows.ndjson'), ndjson(rows));
    const run = ['--data-dir', dataDir, 'run', path('rows.ndjson'), '--parties', path('parties.ndjson')];
    expect(await rastro(run, { isLong: true, cwd: folder })).toMatchObject({ code: 0 });

    const first = await peers();
    expect(first.code, first.err).toBe(0);
    const said = JSON.parse(first.out) as { tables: PeerTableFile[]; activeFrom: string[]; day: string };
    expect([said.day, said.activeFrom]).toEqual([day, [from]]);
    expect(said.tables.map(({ name }) => name)).toEqual(['cash_on_stays', 'cash_share', 'payroll_share']);
    expect(said.tables[1]!.groups.length).toBeGreaterThan(1);

    const again = await peers();
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { day, tables: [], activeFrom: [] }]);
    const history = await rastro(['rules', 'history', '--data-dir', dataDir, '--json'], { isLong: true });
    expect(history.out).toContain(`peers/cash_share.${day}.yaml`);
    // A run without --rules keeps them.
    expect(await rastro(run, { isLong: true, cwd: folder })).toMatchObject({ code: 0 });
    expect(JSON.parse((await peers()).out)).toMatchObject({ tables: [] });
  });

  test('of the definitions that are in force by the day measured, not of those of yesterday', async () => {
    const later = path('later-rules');
    cpSync(join(ROOT, 'rules'), later, { recursive: true, filter: (name) => !name.endsWith('.ts') });
    const definition = join(later, 'peers', 'cash_share.yaml');
    const shipped = readFileSync(definition, 'utf8');
    writeFileSync(definition, shipped.replace('minAccounts: 30', 'minAccounts: 31'));
    const other = path('other-data');
    const inOther = (...args: readonly string[]) =>
      rastro([...args, '--data-dir', other], { isLong: true, cwd: folder });
    writeFileSync(path('rows.ndjson'), ndjson(rows));
    const all = [
      ['run', path('rows.ndjson'), '--parties', path('parties.ndjson')],
      ['rules', 'activate', later, '--from', '2026-06-01'],
    ];
    for (const args of all) expect(await inOther(...args)).toMatchObject({ code: 0 });

    const first = await inOther('rules', 'peers', '--from-store', '--publish', '--json');
    expect(first.code, first.err).toBe(0);
    const said = JSON.parse(first.out) as { tables: PeerTableFile[]; activeFrom: string[]; day: string };
    expect(said.day).toBe(day);
    expect(said.tables.map(({ name }) => name)).toEqual(['cash_on_stays', 'cash_share', 'payroll_share']);
    expect(said.tables[1]!.definition).toBe(
      peerMeasureHash(knowledge.reference.peers.definitions.get('cash_share')!),
    );
    expect(said.activeFrom).toEqual([from, '2026-06-01T00:00:00.000Z']);
    const again = await inOther('rules', 'peers', '--from-store', '--publish');
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('are in force already')]);
  });
});
