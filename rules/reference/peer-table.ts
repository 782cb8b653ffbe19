/**
 * Makes a table of peers from what was measured: exact quantiles by nearest rank, group by group (SEMANTICS §13). The same values in
 * whatever order make the same text, byte for byte.
 */
import { RastroError } from '../../schemas/errors/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { PEER_GROUPS_MAX, type PeerFile, type PeerTableFile } from '../../schemas/peers.ts';
import { peerMeasureHash, peerTableHash, quantileRank } from './peers.ts';

type Measured = number | bigint;

export class PeerTableBuilder {
  readonly #definition: PeerFile;
  /** Values by group: a number an account, no more of it. */
  readonly #groups = new Map<string, Measured[]>();

  constructor(definition: PeerFile) {
    this.#definition = definition;
  }

  /** One account's value; `group` in the order of the definition's fields. */
  add(group: readonly string[], value: Measured): void {
    const key = JSON.stringify(group);
    const values = this.#groups.get(key);
    if (values === undefined) this.#groups.set(key, [value]);
    else values.push(value);
  }

  /** The table of a day. @throws RastroError RAS-RULES-PEERS-GROUPS */
  table(day: string): PeerTableFile {
    const { name, version, minAccounts, quantiles } = this.#definition;
    const kept = [...this.#groups].filter(([, values]) => values.length >= minAccounts);
    if (kept.length > PEER_GROUPS_MAX)
      throw new RastroError('RAS-RULES-PEERS-GROUPS', { name, count: kept.length, limit: PEER_GROUPS_MAX });
    let accounts = 0;
    for (const values of this.#groups.values()) accounts += values.length;
    const said = {
      kind: 'peer_table' as const,
      name,
      day,
      version,
      definition: peerMeasureHash(this.#definition),
      accounts,
      groupsTooSmall: this.#groups.size - kept.length,
      quantiles,
      groups: kept
        .sort(([a], [b]) => compareUtf8(a, b))
        .map(([key, values]) => ({
          of: JSON.parse(key) as string[],
          accounts: values.length,
          values: quantilesOf(values, quantiles).map(written),
        })),
    };
    return { ...said, sha256: peerTableHash(said) };
  }
}

/** The ceil(q·n/1000)-th smallest value for each q. */
export function quantilesOf(values: readonly Measured[], quantilesMilli: readonly number[]): Measured[] {
  const ascending = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return quantilesMilli.map((each) => ascending[quantileRank(each, ascending.length) - 1] as Measured);
}

const written = (value: Measured): number | string => (typeof value === 'bigint' ? String(value) : value);

const FILE = /^peers\/([a-z0-9_]+)\.(\d{4}-\d{2}-\d{2})\.yaml$/;

/** Path of a table's file under the rules root. */
export function peerTablePath({ name, day }: Pick<PeerTableFile, 'name' | 'day'>): string {
  return `peers/${name}.${day}.yaml`;
}

/** Which table a file is, by its path under the rules root; undefined where it is none. */
export function peerTableOf(path: string): Pick<PeerTableFile, 'name' | 'day'> | undefined {
  const [, name, day] = FILE.exec(path) ?? [];
  return name === undefined || day === undefined ? undefined : { name, day };
}

/** The file of a table: one group a line, the hash last of what stands before them. JSON is YAML. */
export function peerTableText(table: PeerTableFile): string {
  const { groups, sha256, ...head } = table;
  const lines = Object.entries({ ...head, sha256 }).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}\n`,
  );
  const rows = groups.map((group) => `  - ${JSON.stringify(group)}\n`);
  return `${lines.join('')}groups:${rows.length === 0 ? ' []\n' : `\n${rows.join('')}`}`;
}
