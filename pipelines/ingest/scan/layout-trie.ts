/**
 * All layouts of a file as one tree: what layouts have in common at their beginning is scanned once, and where they part
 * the next fixed bytes decide. Each stretch without a parting is run as a program, and as a generated function once it has
 * shown to be in use.
 */
import type { Scan } from './cells.ts';
import type { JsonLayout, Slot } from './json-layout.ts';
import { SCAN_LIMITS } from './limits.ts';
import { objectScan, type Step } from './scan-code.ts';
import { programOf, runProgram } from './step-program.ts';

/** One stretch: steps, then others, or the end of a layout with what its owner keeps of it. */
class Branch<T> {
  steps: Step[];
  program: Int32Array;
  scan: Scan | null = null;
  uses = 0;
  children: Branch<T>[] = [];
  end: { readonly of: T } | null = null;

  constructor(steps: Step[]) {
    this.steps = steps;
    this.program = programOf(steps);
  }

  keepOnly(steps: Step[]): void {
    this.steps = steps;
    this.program = programOf(steps);
    this.scan = null;
    this.uses = 0;
    this.end = null;
  }
}

const sameStep = (a: Step, b: Step): boolean =>
  a.value?.kind === b.value?.kind &&
  a.value?.cell === b.value?.cell &&
  a.literal.length === b.literal.length &&
  a.literal.every((byte, i) => byte === b.literal[i]);

/** What is to be read of a slot. */
export type ReadSlot = (slot: Slot) => NonNullable<Step['value']>;

function stepsOf(layout: JsonLayout, readSlot: ReadSlot): Step[] {
  return layout.literals.map((literal, i) => {
    const slot = layout.slots[i];
    return { literal, value: slot === undefined ? null : readSlot(slot) };
  });
}

export class LayoutTrie<T> {
  readonly #roots: Branch<T>[] = [];
  #layouts = 0;
  #functions = 0;

  get isFull(): boolean {
    return this.#layouts >= SCAN_LIMITS.LAYOUTS;
  }

  /** Adds a layout that `find` has not found. What is kept of it is handed back by `find`. */
  add(layout: JsonLayout, readSlot: ReadSlot, kept: T): void {
    this.#layouts += 1;
    this.#insert(this.#roots, stepsOf(layout, readSlot), kept);
  }

  #insert(siblings: Branch<T>[], steps: readonly Step[], kept: T): void {
    const first = steps[0];
    // A layout that is here already: a value kept its record from being read.
    if (first === undefined) return;
    const branch = siblings.find((each) => sameStep(each.steps[0] as Step, first));
    if (branch === undefined) {
      this.#append(siblings, steps, kept);
      return;
    }
    let common = 0;
    while (
      common < branch.steps.length &&
      common < steps.length &&
      sameStep(branch.steps[common] as Step, steps[common] as Step)
    ) {
      common += 1;
    }
    if (common < branch.steps.length) {
      const tail = new Branch<T>(branch.steps.slice(common));
      tail.children = branch.children;
      tail.end = branch.end;
      branch.keepOnly(branch.steps.slice(0, common));
      branch.children = [tail];
    }
    this.#insert(branch.children, steps.slice(common), kept);
  }

  #append(siblings: Branch<T>[], steps: readonly Step[], kept: T): void {
    const head = new Branch<T>(steps.slice(0, SCAN_LIMITS.CELLS_PER_FUNCTION));
    siblings.push(head);
    const rest = steps.slice(SCAN_LIMITS.CELLS_PER_FUNCTION);
    if (rest.length === 0) head.end = { of: kept };
    else this.#append(head.children, rest, kept);
  }

  #generate(branch: Branch<T>): void {
    if (this.#functions >= SCAN_LIMITS.FUNCTIONS) return;
    this.#functions += 1;
    branch.scan = objectScan(branch.steps);
  }

  /** What is kept of the layout that the record has, its cells filled in; null where it has none of them. */
  find(bytes: Uint8Array, view: DataView, start: number, stop: number, cells: Int32Array): T | null {
    let siblings = this.#roots;
    let at = start;
    for (;;) {
      let found: Branch<T> | null = null;
      for (let i = 0; i < siblings.length; i++) {
        const branch = siblings[i] as Branch<T>;
        const { scan } = branch;
        const next =
          scan === null
            ? runProgram(branch.program, bytes, view, at, stop, cells)
            : scan(bytes, view, at, stop, cells);
        if (next === -1) continue;
        if (i > 0) {
          // What is met often moves to the front.
          siblings[i] = siblings[i - 1] as Branch<T>;
          siblings[i - 1] = branch;
        }
        if (scan === null && ++branch.uses === SCAN_LIMITS.GENERATE_AFTER) this.#generate(branch);
        found = branch;
        at = next;
        break;
      }
      if (found === null) return null;
      if (found.end !== null) return found.end.of;
      siblings = found.children;
    }
  }
}
