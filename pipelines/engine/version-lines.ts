/**
 * Versions of signals as lines. Those of one signal say nearly the same, and their evidence only grows: each is written as what differs
 * from the one before. So the line of a version depends on the two alone, and is written once however often it is sent.
 */
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import { type BareVersion, bareVersion, type PackedRef, versionLine } from '../../schemas/signal-messages.ts';
import { applied, deltaOf } from './delta.ts';

/** A version as it is read: with what the next one builds on. */
export interface ReadVersion {
  readonly signal: Signal;
  /** References that the versions up to this one brought; others may follow behind `until`. */
  readonly refs: TransactionRef[];
  readonly until: number;
}

/** References that versions of a signal bring, in the order in which they do. */
interface RefTable {
  readonly refs: TransactionRef[];
  readonly places: Map<string, number>;
  /** The same, by object: versions share theirs. */
  readonly known: WeakMap<TransactionRef, number>;
}

interface WrittenVersion {
  /** What was written of the version before: the line says what differs from that. */
  readonly after: WrittenVersion | undefined;
  readonly line: string;
  readonly table: RefTable;
  readonly until: number;
}

/** The lines of the versions of a signal, and the references of all of them. */
export interface WrittenSignal {
  readonly lines: readonly string[];
  readonly refs: readonly TransactionRef[];
}

/** Without the references of its evidence, which are not asked for: they may have to be written out. */
function bareOf(signal: Signal): BareVersion {
  const { evidence, ...rest } = signal;
  const { signals, count, hash } = evidence;
  return { ...rest, evidence: { ...(signals === undefined ? {} : { signals }), count, hash } };
}

const keyOf = ({ institution, id, version }: TransactionRef) => `${institution}\u0000${id}\u0000${version}`;

function tableOf(refs: readonly TransactionRef[]): RefTable {
  const table: RefTable = { refs: [], places: new Map(), known: new WeakMap() };
  for (const ref of refs) placeIn(table, ref);
  return table;
}

function placeIn({ refs, places, known }: RefTable, ref: TransactionRef): number {
  const found = known.get(ref);
  if (found !== undefined) return found;
  const key = keyOf(ref);
  let place = places.get(key);
  if (place === undefined) {
    place = refs.push(ref) - 1;
    places.set(key, place);
  }
  known.set(ref, place);
  return place;
}

export class VersionWriter {
  /** What was written of a version, while somebody holds it. */
  readonly #written = new WeakMap<Signal, WrittenVersion>();

  /** `versions`: of one signal, oldest first; at least one. */
  write(versions: readonly Signal[]): WrittenSignal {
    const lines: string[] = [];
    let last: WrittenVersion | undefined;
    let before: Signal | undefined;
    for (const version of versions) {
      const known = this.#written.get(version);
      const isKnown = known !== undefined && known.after === last;
      const written: WrittenVersion = isKnown ? known : writtenVersion(version, before, last);
      if (!isKnown) this.#written.set(version, written);
      lines.push(written.line);
      last = written;
      before = version;
    }
    return { lines, refs: last?.table.refs.slice(0, last.until) ?? [] };
  }
}

function writtenVersion(
  version: Signal,
  before: Signal | undefined,
  after: WrittenVersion | undefined,
): WrittenVersion {
  const until = after?.until ?? 0;
  // Another version may have gone on from the one before: what follows it then is not what this one brings.
  const isShared = after !== undefined && after.table.refs.length === until;
  const table = isShared ? after.table : tableOf(after?.table.refs.slice(0, until) ?? []);
  const ranges: number[] = [];
  let next = -1;
  for (const ref of version.evidence.transactions) {
    const place = placeIn(table, ref);
    if (place === next) (ranges[ranges.length - 1] as number)++;
    else ranges.push(place, 1);
    next = place + 1;
  }
  const brought = table.refs
    .slice(until)
    .map(({ institution, id, version: v }): PackedRef => [institution, id, v]);
  const bare = bareOf(version);
  const delta = deltaOf(before === undefined ? null : bareOf(before), bare) ?? null;
  return { after, line: JSON.stringify([delta, ranges, brought]), table, until: table.refs.length };
}

function referred(
  ranges: readonly number[],
  refs: readonly TransactionRef[],
  until: number,
): TransactionRef[] {
  const out: TransactionRef[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] as number;
    for (let at = from; at < Math.min(until, from + (ranges[i + 1] ?? 0)); at++)
      out.push(refs[at] as TransactionRef);
  }
  return out;
}

/**
 * The version of a line. Of most nobody asks for the evidence: it is written out for who does, and takes no memory.
 *
 * @throws where it is none.
 */
export function readVersion(json: unknown, before: ReadVersion | undefined): ReadVersion {
  const [delta, ranges, brought] = versionLine.parse(json);
  const base = before === undefined ? null : bareOf(before.signal);
  const { evidence, ...rest } = bareVersion.parse(delta === null ? base : applied(base, delta));
  const known = before?.until ?? 0;
  const refs = before?.refs.length === known ? before.refs : (before?.refs.slice(0, known) ?? []);
  for (const [institution, id, version] of brought) refs.push({ institution, id, version });
  const until = refs.length;
  const signal: Signal = {
    ...rest,
    evidence: {
      get transactions() {
        return referred(ranges, refs, until);
      },
      ...evidence,
    },
  };
  return { signal, refs, until };
}
