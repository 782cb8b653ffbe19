/**
 * Which of the simulated cases are found, by scenario and variant: an alert on somebody on whom suspicion rightly falls by
 * construction, the time until it stood, and whom it harmed. Cases are drawn anew, so many of each; around them there are
 * few others, so this says nothing of how often ordinary people are disturbed (`clean-population` does).
 *
 * What would make it wrong: constants that the generator shares with the rules (a test forbids it), an engine that reads
 * the truth (it cannot), a case that another case of the same world helps to find (they share infrastructure only).
 * Everything here is synthetic and says nothing about real people.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deriveSeed } from '../../pipelines/simulate/random.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { SCENARIO_KINDS, type ScenarioKind, VARIANTS, type Variant } from '../../pipelines/simulate/truth.ts';
import { contentHash } from '../../schemas/ids.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { type CaseVerdict, judge } from '../../services/cli/demo-verdict.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkResult, sizeOf } from '../harness/benchmark.ts';
import { evaluate } from './evaluation.ts';
import { type ScenarioRow, scenariosPage } from './scenarios-page.ts';

const PAGE = join(packageRoot(), 'benchmarks', 'scenarios.md');
const DAY_MS = 86_400_000;
const DAYS = 240;
const PEOPLE = 60;
/** Recall on plain cases that is to be reached. */
const PLAIN_RECALL = 0.8;
/** How far apart recall on labour and on sexual exploitation may lie. */
const FORM_GAP = 0.2;

/** The scenarios of the two forms whose recall is compared. */
const FORMS_COMPARED: Readonly<Record<'labour' | 'sexual', readonly ScenarioKind[]>> = {
  labour: ['S4', 'S5'],
  sexual: ['S1', 'S2', 'S3'],
};

async function measure(
  kind: ScenarioKind,
  variant: Variant,
  count: number,
  seed: number,
  knowledge: Knowledge,
): Promise<ScenarioRow> {
  const simulation = simulate({
    seed: deriveSeed(seed, kind, variant),
    people: PEOPLE,
    days: DAYS,
    exactly: [{ kind, variant, count }],
  });
  const evaluation = await evaluate(simulation, knowledge);
  const verdicts = judge(simulation.truth, evaluation.alerts, evaluation.signals, evaluation.pseudonyms);
  const found = verdicts.filter(({ alerts }) => alerts.length > 0);
  const days = found.map((verdict) => daysUntilFound(verdict)).sort((a, b) => a - b);
  const people = verdicts.flatMap((verdict) => verdict.case.subjects.filter((one) => one.protected));
  const isBoth = (one: (typeof people)[number]): boolean => one.standing === 'both';
  return {
    kind,
    variant,
    title: verdicts[0]?.case.title ?? '',
    cases: verdicts.length,
    found: found.length,
    medianDays: days[Math.floor(days.length / 2)] ?? null,
    protectedPeople: people.filter((one) => !isBoth(one)).length,
    harmed: new Set(verdicts.flatMap(({ harmed }) => harmed)).size,
    bothPeople: people.filter(isBoth).length,
    harmedBoth: new Set(verdicts.flatMap(({ harmedBoth }) => harmedBoth)).size,
    typologies: [...new Set(found.flatMap(({ alerts }) => alerts.map(({ typology }) => typology)))].sort(),
  };
}

/** In event time: from the first day of the behaviour to the row that opened the first alert. */
function daysUntilFound(verdict: CaseVerdict): number {
  const opened = Math.min(...verdict.alerts.map(({ openedAt }) => openedAt));
  return Math.max(0, Math.round((opened - Date.parse(verdict.case.from)) / DAY_MS));
}

const recallOf = (rows: readonly ScenarioRow[]): number => {
  const cases = rows.reduce((total, row) => total + row.cases, 0);
  return cases === 0 ? 0 : rows.reduce((total, row) => total + row.found, 0) / cases;
};

export const scenarios: Benchmark = {
  name: 'scenarios',
  what: 'synthetic cases found, by scenario and variant: alerts on true subjects, days until then, people harmed',
  options: {
    cases: { default: 20, smoke: 1, what: 'cases of each scenario, plain' },
    others: {
      default: 20,
      smoke: 1,
      what: 'cases of each scenario in each variant that hides, is cut, or lacks fields',
    },
    seed: { default: 17, smoke: 17, what: 'seed of the worlds' },
    write: { default: 1, smoke: 0, what: '1: benchmarks/scenarios.md is written anew' },
    only: { default: 0, smoke: 3, what: 'the number of one scenario; 0: all' },
  },
  nodeFlags: () => ['--max-old-space-size=3000'],
  async run(context) {
    const seed = sizeOf(context, 'seed');
    const plain = sizeOf(context, 'cases');
    const others = sizeOf(context, 'others');
    const only = sizeOf(context, 'only');
    const knowledge = await loadKnowledge();
    const kinds = SCENARIO_KINDS.filter((kind) => only === 0 || kind === `S${only}`);
    const rows: ScenarioRow[] = [];
    for (const kind of kinds)
      for (const variant of VARIANTS) {
        context.progress(`${kind} ${variant}`);
        rows.push(await measure(kind, variant, variant === 'base' ? plain : others, seed, knowledge));
      }
    if (sizeOf(context, 'write') === 1) await writeFile(PAGE, scenariosPage(rows, { seed, days: DAYS }));
    return results(rows, seed, only === 0);
  },
};

function results(rows: readonly ScenarioRow[], seed: number, isWhole: boolean): BenchmarkResult[] {
  const resultHash = contentHash(rows);
  const harmed = rows.reduce((total, row) => total + row.harmed, 0);
  const each = rows.map(
    (row): BenchmarkResult => ({
      name: `scenarios/${row.kind}-${row.variant}`,
      value: row.cases === 0 ? 0 : row.found / row.cases,
      unit: 'share of synthetic cases found',
      seed,
      resultHash,
      details: {
        cases: row.cases,
        found: row.found,
        medianDays: row.medianDays ?? 'none found',
        harmed: row.harmed,
        protectedPeople: row.protectedPeople,
        harmedBoth: row.harmedBoth,
        bothPeople: row.bothPeople,
        typologies: row.typologies.join(' '),
      },
    }),
  );
  const harm: BenchmarkResult = {
    name: 'scenarios/harmed',
    value: harmed,
    unit: 'protected people with a score or a proposed restraint (synthetic)',
    seed,
    resultHash,
    goal: { value: 0, better: 'less' },
    details: { protectedPeople: rows.reduce((total, row) => total + row.protectedPeople, 0) },
  };
  if (!isWhole) return [...each, harm];
  const plain = rows.filter((row) => row.variant === 'base');
  // A scenario of which not one case in any variant is found has no live composite: it is listed, not averaged.
  const live = plain.filter((row) => rows.some((one) => one.kind === row.kind && one.found > 0));
  const formRecall = (kinds: readonly ScenarioKind[]): number =>
    recallOf(plain.filter((row) => kinds.includes(row.kind)));
  const labour = formRecall(FORMS_COMPARED.labour);
  const sexual = formRecall(FORMS_COMPARED.sexual);
  return [
    ...each,
    harm,
    {
      name: 'scenarios/plain',
      value: recallOf(live),
      unit: 'share of plain synthetic cases found, over scenarios that any alert finds',
      seed,
      resultHash,
      goal: { value: PLAIN_RECALL, better: 'more' },
      details: {
        scenarios: live.map(({ kind }) => kind).join(' '),
        without: plain
          .filter((row) => !live.includes(row))
          .map(({ kind }) => kind)
          .join(' '),
      },
    },
    {
      name: 'scenarios/labour-against-sexual',
      value: Math.abs(labour - sexual),
      unit: 'difference of recall on plain synthetic cases',
      seed,
      resultHash,
      goal: { value: FORM_GAP, better: 'less' },
      details: { labour, sexual },
    },
  ];
}
