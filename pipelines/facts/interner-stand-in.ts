/** Stands in for the interner of `pipelines/intern`: the same methods over a Map. */
export interface InternerOptions {
  readonly seed: readonly [number, number];
  readonly initialCapacity?: number;
}

const utf8 = new TextDecoder();

export class Interner {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(_options: InternerOptions) {}

  get size(): number {
    return this.#texts.length;
  }

  get stats(): { readonly slots: number; readonly bytes: number; readonly collisions: number } {
    return { slots: this.#texts.length, bytes: 0, collisions: 0 };
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    return this.internText(utf8.decode(bytes.subarray(start, end)));
  }

  find(bytes: Uint8Array, start: number, end: number): number {
    return this.findText(utf8.decode(bytes.subarray(start, end)));
  }

  internText(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  findText(text: string): number {
    return this.#ids.get(text) ?? -1;
  }

  internAll(bytes: Uint8Array, ends: Int32Array, count: number, out: Int32Array): void {
    for (let i = 0; i < count; i++) out[i] = this.intern(bytes, i === 0 ? 0 : ends[i - 1]!, ends[i]!);
  }

  text(id: number): string {
    return this.#texts[id]!;
  }

  compare(a: number, b: number): number {
    return Buffer.compare(Buffer.from(this.text(a)), Buffer.from(this.text(b)));
  }
}
