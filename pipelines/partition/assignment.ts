/**
 * Which member of a group works on which partitions: balanced, and as close as can be to what each worked on before, because
 * whoever gets a partition rebuilds its state.
 *
 * - Sizes differ by one at most; every partition has exactly one member.
 * - A member that joins n - 1 balanced others gets at most ceil(P / n) partitions, and nothing else moves. When one leaves,
 *   only his partitions move. (Both are properties of what follows, held by tests.)
 * - A function of the members alone: in whatever order they are listed, the answer is the same.
 *
 * Partition p stands for partition p of every topic that is dealt by subject, so that these stay together.
 */

/** A member, and what it says that it worked on. */
export interface ClaimingMember {
  readonly id: string;
  /** Generation of the group in which `owned` was assigned to it; -1 where it owned nothing yet. */
  readonly generation: number;
  /** Partitions; what is out of range or there twice does not count. */
  readonly owned: readonly number[];
}

const UNCLAIMED = -1;

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The member whose claim on each partition counts: that of the newest generation, because a member that slept through
 * generations does not know what was given away meanwhile. Of two in one generation, which only a damaged claim can bring
 * about, the first by id.
 */
function claimants(members: readonly ClaimingMember[], partitions: number): Int32Array {
  const claimant = new Int32Array(partitions).fill(UNCLAIMED);
  members.forEach((member, at) => {
    for (const partition of member.owned) {
      if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) continue;
      const other = claimant[partition] as number;
      if (other === UNCLAIMED || (members[other] as ClaimingMember).generation < member.generation) {
        claimant[partition] = at;
      }
    }
  });
  return claimant;
}

/**
 * Partitions of each member, ascending.
 * @throws RangeError without members, or where two have the same id.
 */
export function assignPartitions(
  group: readonly ClaimingMember[],
  partitions: number,
): ReadonlyMap<string, readonly number[]> {
  const members = [...group].sort((a, b) => byUnits(a.id, b.id));
  if (members.length === 0) throw new RangeError('partitions need a member');
  if (members.some((member, at) => member.id === members[at - 1]?.id)) {
    throw new RangeError('two members have the same id');
  }
  const claimant = claimants(members, partitions);
  const claims = members.map(() => 0);
  for (const at of claimant) if (at !== UNCLAIMED) claims[at] = (claims[at] as number) + 1;

  // The places above the mean go to those that have most already: each can then keep it.
  const fair = Math.floor(partitions / members.length);
  const larger = partitions % members.length;
  const places = members.map(() => fair);
  members
    .map((_, at) => at)
    .sort((a, b) => (claims[b] as number) - (claims[a] as number) || a - b)
    .slice(0, larger)
    .forEach((at) => {
      places[at] = fair + 1;
    });

  const assigned = members.map((): number[] => []);
  const free: number[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const at = claimant[partition] as number;
    const own = at === UNCLAIMED ? undefined : (assigned[at] as number[]);
    if (own !== undefined && own.length < (places[at] as number)) own.push(partition);
    else free.push(partition);
  }
  let next = 0;
  assigned.forEach((own, at) => {
    const missing = (places[at] as number) - own.length;
    own.push(...free.slice(next, next + missing));
    next += missing;
    own.sort((a, b) => a - b);
  });
  return new Map(members.map((member, at) => [member.id, assigned[at] as number[]]));
}
