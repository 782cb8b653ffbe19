/**
 * Tables of peers put in force beside the rules that are in force: every set that holds from the day after on gets them, and is
 * otherwise what it was. No folder of rules is needed, and nothing else of one comes into force on the way.
 */
import { type SetInForce, setAt } from '../../rules/compiler/index.ts';
import { civilDay, DAY_MS, dateOfDay } from '../../rules/reference/civil-day.ts';
import { peerTableOf, peerTablePath, peerTableText } from '../../rules/reference/peer-table.ts';
import { peerMeasureHash } from '../../rules/reference/peers.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { PEER_TABLE_DAYS, type PeerTableFile } from '../../schemas/peers.ts';
import { compileKnowledge, type Knowledge, type KnowledgeFiles } from '../workspace/knowledge.ts';

type Sets = readonly SetInForce<Knowledge>[];

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
    const table = peerTableOf(path);
    return table !== undefined && table.day >= day ? [table.name] : [];
  });
  return [...reference.peers.definitions.keys()].every((name) => tables.includes(name));
}

/** The set in force on the day after, whose definitions are to be measured; undefined where none was in force by then. */
export function measuredSet(sets: Sets, day: string): Knowledge | undefined {
  return setAt(sets, heldFromMs(day));
}

interface Wanted {
  readonly files: KnowledgeFiles;
  readonly activeFrom: number;
}

/** What is to be put in force, by event time, not compiled yet. @throws RastroError RAS-RULES-PEERS-OTHER */
function wantedOf(sets: Sets, tables: readonly PeerTableFile[]): Wanted[] {
  const [first] = tables;
  if (first === undefined) return [];
  const fromMs = heldFromMs(first.day);
  const holding = sets.flatMap(({ set, inForce }): Wanted[] => {
    if (inForce.untilMs <= fromMs) return [];
    const { definitions } = set.reference.peers;
    const own = tables.filter(({ name, definition }) => {
      const known = definitions.get(name);
      return known !== undefined && peerMeasureHash(known) === definition;
    });
    if (own.length === 0) return [];
    const activeFrom = Math.max(inForce.fromMs, fromMs);
    const kept = Object.entries(set.files.texts).filter(([path]) => {
      const day = peerTableOf(path)?.day;
      return day === undefined || heldFromMs(day) + PEER_TABLE_DAYS * DAY_MS > activeFrom;
    });
    const texts = Object.fromEntries([
      ...kept,
      ...own.map((table) => [peerTablePath(table), peerTableText(table)] as const),
    ]);
    return [{ files: { ...set.files, texts }, activeFrom }];
  });
  if (holding.length === 0) throw new RastroError('RAS-RULES-PEERS-OTHER', { day: first.day });
  return holding.filter(({ files, activeFrom }) => setAt(sets, activeFrom)?.hash !== contentHash(files));
}

const compiled = ({ files, activeFrom }: Wanted): Knowledge => compileKnowledge(files, { activeFrom });

/**
 * The sets to be put in force, by event time: those that hold at some time from the day after on and have a definition that measures
 * what a table says, with these tables and without such as hold no more by then. Sets that have them already are left out.
 * @throws RastroError RAS-RULES-PEERS-OTHER where no set has such a definition
 */
export function withTables(sets: Sets, tables: readonly PeerTableFile[]): Knowledge[] {
  return wantedOf(sets, tables).map(compiled);
}

/**
 * The set to be recorded next, until there is none. The earliest comes last: whoever is broken off leaves the day without tables, and
 * whoever comes again completes the others.
 * @throws RastroError as `withTables`
 */
export function nextWithTables(sets: Sets, tables: readonly PeerTableFile[]): Knowledge | undefined {
  return wantedOf(sets, tables).slice(-1).map(compiled)[0];
}
