/**
 * Tables of peers put in force beside the rules that are in force: every set that holds from the day after on gets them, and is
 * otherwise what it was. No folder of rules is needed, and nothing else of one comes into force on the way.
 */
import { type SetInForce, setAt } from '../../rules/compiler/index.ts';
import { civilDay, DAY_MS, dateOfDay } from '../../rules/reference/civil-day.ts';
import { peerTableText } from '../../rules/reference/peer-table.ts';
import { peerMeasureHash } from '../../rules/reference/peers.ts';
import { PEER_TABLE_DAYS, type PeerTableFile } from '../../schemas/peers.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';

const TABLE = /^peers\/([a-z0-9_]+)\.(\d{4}-\d{2}-\d{2})\.yaml$/;

type Sets = readonly SetInForce<Knowledge>[];

/** Name of a table's file in `peers/`. */
export function peerTableFileName({ name, day }: Pick<PeerTableFile, 'name' | 'day'>): string {
  return `${name}.${day}.yaml`;
}

/** The first moment after a day of a table: from then on it holds. */
export function heldFromMs(day: string): number {
  return ((civilDay(day) as number) + 1) * DAY_MS;
}

/** The last day that is over both in a history whose last event is `lastMs` and at `nowMs`: a row may be of tomorrow. */
export function latestDay(lastMs: number, nowMs: number): string {
  return dateOfDay(Math.floor(Math.min(lastMs, nowMs) / DAY_MS) - 1);
}

/** Whether the set has of each of its definitions a table of that day, or of a later one. */
export function hasTables({ reference, files }: Knowledge, day: string): boolean {
  const tables = Object.keys(files.texts).flatMap((path) => {
    const [, name = '', of = ''] = TABLE.exec(path) ?? [];
    return of >= day ? [name] : [];
  });
  return [...reference.peers.definitions.keys()].every((name) => tables.includes(name));
}

/** The set in force on the day after, whose definitions are to be measured; undefined where none was in force by then. */
export function measuredSet(sets: Sets, day: string): Knowledge | undefined {
  return setAt(sets, heldFromMs(day));
}

/**
 * The sets to be put in force: those that hold at some time from the day after on and have a definition that measures what a table
 * says, with these tables and without such as hold no more by then.
 */
export function withTables(sets: Sets, tables: readonly PeerTableFile[]): Knowledge[] {
  const [first] = tables;
  if (first === undefined) return [];
  const fromMs = heldFromMs(first.day);
  return sets.flatMap(({ set, inForce }): Knowledge[] => {
    if (inForce.untilMs <= fromMs) return [];
    const { definitions } = set.reference.peers;
    const own = tables.filter(({ name, definition }) => {
      const known = definitions.get(name);
      return known !== undefined && peerMeasureHash(known) === definition;
    });
    if (own.length === 0) return [];
    const activeFrom = Math.max(inForce.fromMs, fromMs);
    const kept = Object.entries(set.files.texts).filter(([path]) => {
      const day = TABLE.exec(path)?.[2];
      return day === undefined || heldFromMs(day) + PEER_TABLE_DAYS * DAY_MS > activeFrom;
    });
    const texts = Object.fromEntries([
      ...kept,
      ...own.map((table) => [`peers/${peerTableFileName(table)}`, peerTableText(table)] as const),
    ]);
    return [compileKnowledge({ ...set.files, texts }, { activeFrom })];
  });
}
