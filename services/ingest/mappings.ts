/** Mappings that institutions may name: the shipped ones, and those of a folder of the operator, which win. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { loadMapping, shippedMappings } from '../feeds/mappings.ts';

/** A name is never a path. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const SUFFIX = '.yaml';

export class Mappings {
  readonly #folder: string | null;

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
    if (NAME.test(name)) {
      const own = this.#folder === null ? '' : join(this.#folder, `${name}${SUFFIX}`);
      if (existsSync(own)) return loadMapping(own);
      if ((await shippedMappings()).includes(name)) return loadMapping(name);
    }
    const known = (await this.names()).join(', ');
    throw new RastroError('RAS-HTTP-MAPPING-UNKNOWN', { mapping: name.slice(0, 64), known });
  }
}
