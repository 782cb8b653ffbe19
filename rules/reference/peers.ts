/**
 * Peers as of an event (SEMANTICS §13): definitions of what is measured of whom, and tables of exact quantiles, one a complete UTC
 * day. A table is found by the day and the values of the group's fields; nobody's account is in it.
 */
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { PEER_TABLE_DAYS, PEER_TABLES_MAX, type PeerFile, type PeerTableFile } from '../../schemas/peers.ts';
import { civilDay, DAY_MS, lastAtOrBefore } from './civil-day.ts';

/** A quantile of a group, with the table that says so. */
export interface PeerQuantile {
  readonly value: bigint | number;
  readonly day: string;
  readonly accounts: number;
}

export interface Peers {
  readonly definitions: ReadonlyMap<string, PeerFile>;
  /** The quantile in force at an event time; null where no table, group or quantile says. Throws a RangeError on an unknown name. */
  at(name: string, quantileMilli: number, group: readonly string[], eventTimeMs: number): PeerQuantile | null;
}

type Group = PeerTableFile['groups'][number];

/** The tables of one definition, by the time from which each holds. */
interface Tables {
  readonly fromMs: readonly number[];
  readonly tables: readonly { readonly file: PeerTableFile; readonly groups: ReadonlyMap<string, Group> }[];
}

const keyOf = (group: readonly string[]): string => JSON.stringify(group);

/** Hash of what a definition measures, of whom: tables made by an equal one may stand side by side. */
export function peerMeasureHash(definition: PeerFile): string {
  const { title, sources, version, ...measured } = definition;
  return contentHash(measured);
}

/** Hash of all that a table says. */
export function peerTableHash(table: Omit<PeerTableFile, 'sha256'>): string {
  const { sha256, ...said } = table as PeerTableFile;
  return contentHash(said);
}

/** Rank, from 1, of the nearest-rank quantile of `n` values: ceil(q·n/1000), in integers. */
export function quantileRank(quantileMilli: number, n: number): number {
  return Math.ceil((quantileMilli * n) / 1_000);
}

/** @throws RastroError RAS-RULES-REFERENCE-INVALID */
export function createPeers(definitions: readonly PeerFile[], tables: readonly PeerTableFile[] = []): Peers {
  const byName = new Map<string, PeerFile>();
  for (const definition of definitions) {
    if (byName.has(definition.name))
      throw invalid(`peers/${definition.name}.yaml`, 'there is another definition of this name');
    byName.set(definition.name, definition);
  }
  const found = new Map<string, PeerTableFile[]>();
  for (const table of tables) {
    checkTable(table, byName.get(table.name));
    found.set(table.name, [...(found.get(table.name) ?? []), table]);
  }
  const ordered = new Map([...found].map(([name, files]) => [name, tablesOf(name, files)]));
  return {
    definitions: byName,
    at(name, quantileMilli, group, eventTimeMs) {
      if (!byName.has(name)) throw new RangeError(`no peers ${name}`);
      const known = ordered.get(name);
      const index = known === undefined ? -1 : lastAtOrBefore(known.fromMs, eventTimeMs);
      if (known === undefined || index < 0) return null;
      if (eventTimeMs >= (known.fromMs[index] as number) + PEER_TABLE_DAYS * DAY_MS) return null;
      const { file, groups } = known.tables[index]!;
      const entry = groups.get(keyOf(group));
      const value = entry?.values[file.quantiles.indexOf(quantileMilli)];
      if (entry === undefined || value === undefined) return null;
      const exact = typeof value === 'string' ? BigInt(value) : value;
      return { value: exact, day: file.day, accounts: entry.accounts };
    },
  };
}

function tablesOf(name: string, files: readonly PeerTableFile[]): Tables {
  if (files.length > PEER_TABLES_MAX)
    throw invalid(`peers/${name}.yaml`, `${files.length} tables > ${PEER_TABLES_MAX}`);
  const sorted = [...files].sort((a, b) => compareUtf8(a.day, b.day));
  const twice = sorted.find(({ day }, i) => day === sorted[i - 1]?.day);
  if (twice !== undefined) throw invalid(`peers/${name}.yaml`, `there are two tables of ${twice.day}`);
  return {
    fromMs: sorted.map(({ day }) => ((civilDay(day) as number) + 1) * DAY_MS),
    tables: sorted.map((file) => ({
      file,
      groups: new Map(file.groups.map((group) => [keyOf(group.of), group])),
    })),
  };
}

function checkTable(table: PeerTableFile, definition: PeerFile | undefined): void {
  const refused = (detail: string) => invalid(`peers/${table.name}.${table.day}.yaml`, detail);
  if (definition === undefined) throw refused('there is no definition of this name');
  if (table.sha256 !== peerTableHash(table))
    throw refused('it is not what was written: its hash is another one');
  if (table.definition !== peerMeasureHash(definition))
    throw refused(`it was made by another definition (version ${table.version}): make it again`);
  const keys = new Set(table.groups.map(({ of }) => keyOf(of)));
  if (keys.size < table.groups.length) throw refused('a group is there twice');
  for (const { of, accounts, values } of table.groups) {
    if (of.length !== definition.by.length) throw refused(`a group has ${of.length} values`);
    if (values.length !== table.quantiles.length) throw refused(`a group has ${values.length} quantiles`);
    if (accounts < definition.minAccounts) throw refused('a group is smaller than the definition allows');
    if (
      definition.unit !== 'share' &&
      values.some((value) => typeof value === 'number' && !Number.isSafeInteger(value))
    )
      throw refused('a quantile is no integer');
  }
}

function invalid(file: string, detail: string): RastroError {
  return new RastroError('RAS-RULES-REFERENCE-INVALID', { file, detail });
}
