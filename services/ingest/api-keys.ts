/**
 * API keys of institutions: `ras_<id>_<secret>`, a secret of 256 random bits, of which only the SHA-256 is kept. A secret of that
 * size cannot be guessed from its hash, so no slow hash is needed. Several keys of one institution may be valid at a time,
 * which is how they are changed without a gap.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RastroError } from '../../schemas/errors/index.ts';
import { epochMs, identifier } from '../../schemas/identity.ts';
import { makeFolder } from '../config/folder.ts';
import { INGEST_LIMITS } from './limits.ts';

/** `submit`: hand in. `read`: ask what became of it. */
export const SCOPES = ['submit', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** Anybody, and writing by a group. A group may read: orchestrators hand files to a process by its group. */
const TOO_OPEN = 0o027;
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const KEY = /^ras_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

const storedKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  institution: identifier,
  /** Hex SHA-256 of the secret. */
  secretHash: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)).min(1),
  createdMs: epochMs,
  expiresMs: epochMs,
  revokedMs: epochMs.nullable(),
});
export type StoredKey = z.infer<typeof storedKey>;

const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(storedKey).max(INGEST_LIMITS.KEYS) });

/** The keys of a file; none where there is no file. @throws RastroError RAS-KEYS-FILE */
export async function readKeys(path: string): Promise<readonly StoredKey[]> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & TOO_OPEN) !== 0)
      throw new RastroError('RAS-KEYS-FILE', { path, detail: `mode ${(mode & 0o777).toString(8)}` });
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    if (RastroError.is(error)) throw error;
    throw new RastroError('RAS-KEYS-FILE', { path, detail: String((error as NodeJS.ErrnoException).code) });
  }
  try {
    return keyFile.parse(JSON.parse(text)).keys;
  } catch (cause) {
    throw new RastroError('RAS-KEYS-FILE', { path, detail: 'not as `rastro keys` writes it' }, { cause });
  }
}

/** Replaces the file in one step. @throws RastroError RAS-CONFIG-FOLDER */
export async function writeKeys(path: string, keys: readonly StoredKey[]): Promise<void> {
  makeFolder(dirname(path));
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { mode: 0o600 });
  await rename(next, path);
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export interface NewKey {
  readonly institution: string;
  readonly scopes: readonly Scope[];
  readonly nowMs: number;
  readonly expiresMs: number;
}

/** A key and what is kept of it. The key itself is shown once and never again. */
export function makeKey({ institution, scopes, nowMs, expiresMs }: NewKey): {
  key: string;
  stored: StoredKey;
} {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const stored = {
    id,
    institution,
    secretHash: hashOf(secret).toString('hex'),
    scopes: [...scopes],
    createdMs: nowMs,
    expiresMs,
    revokedMs: null,
  };
  return { key: `ras_${id}_${secret}`, stored };
}

export const isValid = (key: StoredKey, nowMs: number): boolean =>
  nowMs < key.expiresMs && (key.revokedMs === null || nowMs < key.revokedMs);

/** Keys of a file, read again when it has changed. */
export class ApiKeys {
  readonly #path: string;
  readonly #nowMs: () => number;
  #byId = new Map<string, StoredKey>();
  #changed = Number.NaN;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(path: string, nowMs: () => number) {
    this.#path = path;
    this.#nowMs = nowMs;
  }

  /** The key of an `Authorization` header, if it is valid now. Takes as long whether the id is known or not. */
  async find(authorization: string | undefined): Promise<StoredKey | undefined> {
    await this.#look();
    const [, id = '', secret = ''] = KEY.exec(authorization?.replace(/^Bearer /i, '') ?? '') ?? [];
    const key = this.#byId.get(id);
    const hash = hashOf(secret);
    const isEqual = timingSafeEqual(
      hash,
      key === undefined ? hashOf('') : Buffer.from(key.secretHash, 'hex'),
    );
    return key !== undefined && isEqual && isValid(key, this.#nowMs()) ? key : undefined;
  }

  /** Nobody is judged by keys that are still being read. */
  async #look(): Promise<void> {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedMs >= INGEST_LIMITS.KEYS_LOOK_MS) {
      this.#lookedMs = nowMs;
      this.#reading = this.#read();
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const changed = await stat(this.#path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (changed === this.#changed) return;
    this.#byId = new Map((await readKeys(this.#path)).map((key) => [key.id, key]));
    this.#changed = changed;
  }
}
