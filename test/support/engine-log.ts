/**
 * Reads V8's log (`--log-ic --log-deopt --logfile=...`): which sites of which functions have seen too many shapes for the
 * engine to tell apart (megamorphic), and where optimised code was thrown away.
 *
 * A line of the log is a record, its fields are separated by commas:
 *   code-creation,<type>,<kind>,<us>,<address>,<bytes>,<name file:line:col>,<...>,<state>
 *   code-move,<from>,<to>
 *   <kind>IC,<pc>,<us>,<line>,<col>,<old state>,<new state>,<shape>,<name>,...      N is megamorphic
 *   code-deopt,<us>,<bytes>,<address>,<...>,<...>,<kind>,<place>,<reason>
 */

export interface MegamorphicSite {
  /** `function file:line:col` */
  readonly owner: string;
  /** `line:col` of the site. */
  readonly place: string;
  /** Name of what is read or written, where it has one. */
  readonly property: string;
}

export interface Deoptimisation {
  readonly owner: string;
  /** `file:line:col`, in the owner or in what was inlined into it. */
  readonly place: string;
  readonly reason: string;
  /** After the script named by the marker was compiled. */
  readonly isWarm: boolean;
}

interface Code {
  readonly start: number;
  readonly end: number;
  readonly owner: string;
  /** Rises with every piece of code. */
  readonly number: number;
}

/** Code by address. The log names addresses of functions; the garbage collector moves them, and reuses them. */
class CodeMap {
  readonly #byStart = new Map<number, Code>();
  #sorted: Code[] | undefined;
  #number = 0;
  #bytesMax = 0;

  add(start: number, bytes: number, owner: string): void {
    this.#byStart.set(start, { start, end: start + bytes, owner, number: this.#number++ });
    this.#bytesMax = Math.max(this.#bytesMax, bytes);
    this.#sorted = undefined;
  }

  move(from: number, to: number): void {
    const code = this.#byStart.get(from);
    if (code === undefined) return;
    this.#byStart.delete(from);
    this.add(to, code.end - code.start, code.owner);
  }

  /** Nobody says that code has gone: of all that lay over the address, what came last is there. */
  ownerOf(pc: number): string | undefined {
    this.#sorted ??= [...this.#byStart.values()].sort((a, b) => a.start - b.start);
    let low = 0;
    for (let high = this.#sorted.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.start <= pc) low = middle + 1;
      else high = middle;
    }
    let found: Code | undefined;
    for (let i = low - 1; i >= 0 && this.#sorted[i]!.start > pc - this.#bytesMax; i--) {
      const code = this.#sorted[i]!;
      if (pc < code.end && (found === undefined || code.number > found.number)) found = code;
    }
    return found?.owner;
  }
}

const IC_LINE = /^\w+IC,/;
const CREATION_MIN_FIELDS = 8;

/** `marker`: text in the script whose compilation says that the process is warm. */
export function readEngineLog(
  lines: Iterable<string>,
  marker: string,
): { sites: MegamorphicSite[]; deoptimisations: Deoptimisation[]; isMarked: boolean } {
  const code = new CodeMap();
  const sites = new Map<string, MegamorphicSite>();
  const deoptimisations: Deoptimisation[] = [];
  let isMarked = false;
  for (const line of lines) {
    if (line.startsWith('code-creation,')) {
      const fields = line.split(',');
      if (fields.length < CREATION_MIN_FIELDS) continue;
      code.add(Number(fields[4]), Number(fields[5]), fields[6]!);
    } else if (line.startsWith('code-move,')) {
      const [, from, to] = line.split(',');
      code.move(Number(from), Number(to));
    } else if (line.startsWith('script-source,')) {
      // The script that compiles the marker holds its text too; only the one compiled has no name.
      if (line.includes(marker) && line.includes(',<unknown>,')) isMarked = true;
    } else if (line.startsWith('code-deopt,')) {
      const fields = line.split(',');
      deoptimisations.push({
        owner: code.ownerOf(Number(fields[3])) ?? 'unknown',
        place: /<([^>]*)>/.exec(line)?.[1] ?? '',
        reason: fields[fields.length - 1]!,
        isWarm: isMarked,
      });
    } else if (IC_LINE.test(line)) {
      const [, pc, , at, column, , state, , property = ''] = line.split(',');
      if (state !== 'N') continue;
      const owner = code.ownerOf(Number(pc)) ?? 'unknown';
      const place = `${at}:${column}`;
      sites.set(`${owner} ${place}`, { owner, place, property });
    }
  }
  return { sites: [...sites.values()], deoptimisations, isMarked };
}
