/** What the fast readers hand on, and the leaves that are checked when the whole row is known. */
import type { LeafShape, ObjectShape } from '../shape.ts';
import { memberSeed, ROOT_SEED, type ShapeWalk } from '../shape-walk.ts';

/** A record read without the library: its tree, and the fingerprint of every leaf but the late ones. */
export interface ScannedTree {
  readonly tree: Record<string, unknown>;
  readonly a: number;
  readonly b: number;
}

/** Members of the root that defaults and mappings may still fill in or change. */
const LATE: ReadonlySet<string> = new Set([
  'version',
  'op',
  'status',
  'occurredPrecision',
  'offsetSource',
  'refScheme',
]);

export const isLate = (member: string): boolean => LATE.has(member);

interface RootLeaf {
  readonly key: string;
  readonly shape: LeafShape;
  readonly seed: number;
}

/** Completes the fingerprint of a scanned tree once its defaults stand. */
export class LateLeaves {
  readonly #leaves: RootLeaf[] = [];
  #id: RootLeaf | null = null;

  constructor(root: ObjectShape) {
    for (const member of root.members.values()) {
      if (member.shape.kind !== 'leaf') continue;
      const leaf = { key: member.key, shape: member.shape, seed: memberSeed(ROOT_SEED, member) };
      if (isLate(member.key)) this.#leaves.push(leaf);
      else if (member.key === 'id') this.#id = leaf;
    }
  }

  /** Leaves the fingerprint of the whole tree in the walk; false where a late leaf is wrong. */
  complete(walk: ShapeWalk, { tree, a, b }: ScannedTree): boolean {
    walk.a = a;
    walk.b = b;
    for (const { key, shape, seed } of this.#leaves) {
      const value = tree[key];
      if (value !== undefined && walk.leaf(shape, value, seed) !== null) return false;
    }
    return true;
  }

  /** Adds an id that was derived from the content. */
  addId(walk: ShapeWalk, id: unknown): void {
    if (this.#id !== null) walk.leaf(this.#id.shape, id, this.#id.seed);
  }
}
