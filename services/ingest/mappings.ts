/**
 * Mappings that institutions may name: the shipped ones, and those of a folder of the operator, which win. Each is kept as it was
 * read until its file changes.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { loadMapping, shippedMappings } from '../feeds/mappings.ts';
import { INGEST_LIMITS } from './limits.ts';

/** A name is never a path. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const SUFFIX = '.yaml';
/** Of a shipped mapping, which changes with the program only. */
const SHIPPED = 'shipped';

interface Known {
  readonly mapping: Mapping;
  /** Of the file that it was read from. */
  readonly version: string;
}

export class Mappings {
  readonly #folder: string | null;
  readonly #known = new Map<string, Known>();

  /** `folder` need not be there. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  async names(): Promise<string[]> {
    const own = this.#folder === null ? [] : await readdir(this.#folder).catch(() => []);
    const names = own.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
    return [...new Set([...names.filter((name) => NAME.test(name)), ...(await shippedMappings())])].sort();
  }

  /** @throws RastroError RAS-HTTP-MAPPING-UNKNOWN; RAS-FEED-MAPPING-INVALID where the operator's file is wrong */
  async load(name: string): Promise<Mapping> {
    const known = this.#known.get(name);
    const found = NAME.test(name) ? await this.#find(name) : undefined;
    if (found === undefined) {
      this.#known.delete(name);
      const names = (await this.names()).join(', ');
      throw new RastroError('RAS-HTTP-MAPPING-UNKNOWN', { mapping: name.slice(0, 64), known: names });
    }
    const { version, from } = found;
    if (known?.version === version) return known.mapping;
    const mapping = await loadMapping(from);
    if (this.#known.size >= INGEST_LIMITS.MAPPINGS_KNOWN) this.#known.clear();
    this.#known.set(name, { mapping, version });
    return mapping;
  }

  /** Where the mapping is to be read from. */
  async #find(name: string): Promise<{ version: string; from: string } | undefined> {
    if (this.#folder !== null) {
      const from = join(this.#folder, `${name}${SUFFIX}`);
      const file = await stat(from).catch(() => undefined);
      if (file !== undefined) return { version: `${file.mtimeMs} ${file.size} ${file.ino}`, from };
    }
    const isShipped = this.#known.get(name)?.version === SHIPPED || (await shippedMappings()).includes(name);
    return isShipped ? { version: SHIPPED, from: name } : undefined;
  }
}
