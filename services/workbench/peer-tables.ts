/**
 * Tables of peers out of history (SEMANTICS §13): the engine that runs in production takes the rows in, with each definition as a rule
 * that never fires, and is asked of every account what such a rule says as of its last event of the day.
 */
import { stringify } from 'yaml';
import type { SilentReading } from '../../pipelines/detect/detector.ts';
import { subjectKeyText } from '../../pipelines/detect/subjects.ts';
import { AMONG, peerRule } from '../../rules/compiler/index.ts';
import { civilDay, DAY_MS, dateOfDay } from '../../rules/reference/civil-day.ts';
import { PeerTableBuilder } from '../../rules/reference/peer-table.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { PeerFile, PeerTableFile } from '../../schemas/peers.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import type { Trial } from './trial.ts';

/** Accounts asked at a time: readings are objects, and are gone before the next ones. */
const ACCOUNTS_AT_ONCE = 1_024;
/** Definitions in one go, each a rule of its own number. */
export const DEFINITIONS_MAX = 99;

const idOf = (index: number): string => `PER-${String(index).padStart(2, '0')}`;

/** The definitions as a set of rules, with the reference data of `knowledge`. @throws RastroError RAS-RULES-REFUSED */
export function peerKnowledge(knowledge: Knowledge, definitions: readonly PeerFile[]): Knowledge {
  const kept = Object.entries(knowledge.files.texts).filter(
    ([path]) => !/^(catalogue|composites)\//.test(path) || path === 'composites/playbook.yaml',
  );
  const rules = definitions.map((definition, i): [string, string] => [
    `catalogue/laundering/${idOf(i)}-${definition.name}.yaml`,
    stringify({ ...peerRule(definition, idOf(i)), cases: [] }),
  ]);
  return compileKnowledge({ ...knowledge.files, texts: Object.fromEntries([...kept, ...rules]) });
}

/** How far before the end of the day each definition reads. */
function windowsOf(knowledge: Knowledge, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const rule = knowledge.ruleSet.rules.find(({ id }) => id === idOf(i));
    return rule?.longestWindowMs ?? 0;
  });
}

/** @throws RastroError RAS-RULES-PEERS-DAY where the day, or a window that ends with it, is not whole in the history */
function checkDay(day: string, { firstMs, lastMs, stopped }: TrialSpan, longestMs: number): void {
  const refuse = (detail: string) => new RastroError('RAS-RULES-PEERS-DAY', { day, detail });
  const endMs = endOfDay(day);
  const dayOf = (timeMs: number) => dateOfDay(Math.floor(timeMs / DAY_MS));
  if (stopped !== null) throw refuse(`only a part of the history was read (--limit-${stopped})`);
  if (firstMs === null || lastMs === null) throw refuse('there is no history');
  if (lastMs < endMs) throw refuse(`the history ends on ${dayOf(lastMs)}, before the day is over`);
  if (firstMs >= endMs - longestMs + DAY_MS)
    throw refuse(`the history begins on ${dayOf(firstMs)}, the windows on ${dayOf(endMs - longestMs)}`);
}

export interface TrialSpan {
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly stopped: string | null;
}

/** The first moment after a day, as `--day` names it. @throws RastroError RAS-CLI-BAD-OPTION */
export function endOfDay(day: string): number {
  const number = civilDay(day);
  if (number === null)
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: '--day',
      value: day,
      expected: 'a date, as 2026-03-01',
    });
  return (number + 1) * DAY_MS;
}

/** What an account is measured at, and whom it is compared with; null where it is nobody's peer. */
function measuredBy(
  { evaluation }: SilentReading,
  { measure }: PeerFile,
  fromMs: number,
): { readonly group: readonly string[]; readonly value: number | bigint } | null {
  if (evaluation.eventTime < fromMs) return null;
  if (evaluation.benign.find(({ id }) => id === AMONG)?.result !== 'failed') return null;
  const group = evaluation.peers?.[0]?.group ?? null;
  const value = evaluation.features.find(({ name }) => name === measure)?.value ?? null;
  if (group === null || value === null || typeof value === 'boolean') return null;
  return { group, value: typeof value === 'string' ? BigInt(value) : value };
}

/**
 * The tables of a complete day, one a definition, from a trial of `peerKnowledge` that has taken in all of the history.
 * @throws RastroError RAS-RULES-PEERS-DAY, RAS-RULES-PEERS-GROUPS
 */
export async function peerTables(
  trial: Pick<Trial, 'accounts' | 'silentReadings'>,
  parts: {
    readonly knowledge: Knowledge;
    readonly definitions: readonly PeerFile[];
    readonly day: string;
    readonly span: TrialSpan;
  },
): Promise<PeerTableFile[]> {
  const { knowledge, definitions, day, span } = parts;
  const windows = windowsOf(knowledge, definitions.length);
  checkDay(day, span, Math.max(...windows));
  const endMs = endOfDay(day);
  const builders = definitions.map((definition) => new PeerTableBuilder(definition));
  const places = new Map(definitions.map((_, i) => [idOf(i), i]));
  let asked: string[] = [];
  const ask = async () => {
    const questions = asked.map((account) => ({
      subjectKey: subjectKeyText('account', account),
      untilMs: endMs - 1,
    }));
    asked = [];
    for (const readings of await trial.silentReadings(questions)) {
      for (const reading of readings) {
        const i = places.get(reading.rule)!;
        const measured = measuredBy(reading, definitions[i]!, endMs - windows[i]!);
        if (measured !== null) builders[i]!.add(measured.group, measured.value);
      }
    }
  };
  for (const account of trial.accounts()) {
    asked.push(account);
    if (asked.length >= ACCOUNTS_AT_ONCE) await ask();
  }
  await ask();
  return builders.map((builder) => builder.table(day));
}
