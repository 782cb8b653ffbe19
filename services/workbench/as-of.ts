/** What a trial takes as it was at the time of each event, and what has no history and is taken as it is today. */
import { parse } from 'yaml';
import type { Knowledge } from '../workspace/knowledge.ts';
import type { TrialOutcome } from './trial.ts';

/** Kinds of reference files whose entries say from when they hold. */
const DATED: ReadonlySet<string> = new Set(['wages', 'rates', 'holidays', 'thresholds', 'peer_table']);

export interface AsOf {
  /** Read as of the event. */
  readonly dated: readonly string[];
  /** The same for every event, whenever it was. */
  readonly undated: readonly string[];
  readonly notes: readonly string[];
}

export function asOfOf(
  knowledge: Knowledge,
  outcome: Pick<TrialOutcome, 'parties'>,
  isHistory: boolean,
): AsOf {
  const dated: string[] = [];
  const undated: string[] = [];
  for (const [path, text] of Object.entries(knowledge.files.texts)) {
    if (/^(catalogue|composites)\//.test(path)) continue;
    const { kind, version } = parse(text) as { kind?: string; version?: string };
    // A definition says what is measured; the tables made by it have days.
    if (kind === 'peers') continue;
    if (kind === 'rates' && knowledge.files.rates !== null) continue;
    if (DATED.has(kind ?? '')) dated.push(path);
    else undated.push(`${path} (as of ${String(version ?? 'an unknown date')})`);
  }
  const { rates } = knowledge.files;
  if (rates !== null) dated.push(rates.name);
  const { all, dated: withDate } = outcome.parties;
  const notes = [
    ...(all > withDate
      ? [`${all - withDate} of ${all} party records do not say from when they hold: they hold always`]
      : []),
    ...(isHistory
      ? [
          'rates, lists and lexicons that rows were stamped with are those of the day on which each row came in',
        ]
      : []),
    'rules and composites are those of the folder for every event, whatever was in force then',
  ];
  return { dated, undated, notes };
}
