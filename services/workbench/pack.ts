/**
 * A catalogue as one file that can be handed on: the texts of all files that make a rule set, each with its SHA-256, the lock
 * with its versions, and an Ed25519 signature over all of it. Plain JSON: a reader sees what is inside, and nothing of it is
 * run. The signature is over hashes, so that it can be checked before a single text is read.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { RastroError } from '../../schemas/errors/index.ts';
import { canonicalJson } from '../../schemas/ids.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { type RulesLock, rulesLock } from './lock.ts';

/** Named limits of a pack: it comes from elsewhere. */
export const PACK_LIMITS = {
  /** Bytes of the whole; the shipped catalogue has about one million. */
  BYTES: 32 * 1024 * 1024,
  FILES: 2_500,
  /** Bytes of one file. */
  FILE_BYTES: 1024 * 1024,
} as const;

const SHA256 = /^[0-9a-f]{64}$/;
/** No part of a path begins with a dot: nothing leads out of the folder, nothing is hidden in it. */
const PATH =
  /^(catalogue|composites|lists|lexicons|thresholds|peers)(\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,4}\.yaml$/;

const manifest = z.strictObject({
  format: z.literal('rastro-rules-pack'),
  formatVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** Hash of the compiled rule set. */
  ruleSet: z.string().regex(SHA256),
  lock: rulesLock,
  /** SHA-256 of each file by its path. */
  files: z.record(z.string().regex(PATH), z.string().regex(SHA256)),
});
export type PackManifest = z.infer<typeof manifest>;

const pack = z.strictObject({
  manifest,
  /** Ed25519 over the canonical JSON of the manifest, base64. */
  signature: z.string().max(128),
  texts: z.record(z.string().regex(PATH), z.string()),
});

export interface PackName {
  readonly name: string;
  readonly version: string;
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
const signed = (content: PackManifest) => Buffer.from(canonicalJson(content), 'utf8');

/** The first 16 hex digits of the SHA-256 of a public key: what two people compare over the telephone. */
export function keyFingerprint(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  const spki = half.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 16);
}

/** An Ed25519 key in PEM. @throws RastroError RAS-RULES-PACK-KEY */
export function readKey(pem: string, kind: 'private' | 'public', file: string): KeyObject {
  const refuse = (detail: string, cause?: unknown) =>
    new RastroError('RAS-RULES-PACK-KEY', { file, detail }, { cause });
  let key: KeyObject;
  try {
    key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw refuse(`it is no ${kind} key`, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refuse(`it is ${String(key.asymmetricKeyType)}`);
  return key;
}

export interface PackParts {
  readonly named: PackName;
  readonly lock: RulesLock;
  /** All files as they are read from the folder, rules with their cases. */
  readonly texts: Readonly<Record<string, string>>;
  readonly key: KeyObject;
}

/** The text of a pack of the knowledge, the same for the same content and key. @throws ZodError on a name or version of another form */
export function packText(knowledge: Knowledge, parts: PackParts): string {
  const { texts } = parts;
  const content = manifest.parse({
    format: 'rastro-rules-pack',
    formatVersion: 1,
    ...parts.named,
    ruleSet: knowledge.ruleSet.hash,
    lock: parts.lock,
    files: Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, sha256(text)])),
  });
  const signature = sign(null, signed(content), parts.key).toString('base64');
  return `${JSON.stringify({ manifest: content, signature, texts }, null, 1)}\n`;
}

export interface OpenedPack {
  readonly manifest: PackManifest;
  /** By path under the rules root. */
  readonly texts: Readonly<Record<string, string>>;
  readonly knowledge: Knowledge;
}

/**
 * Checks a pack: limits, shape, signature, every hash, and that its rules compile to the set that it names.
 * @throws RastroError RAS-RULES-PACK-INVALID, RAS-RULES-PACK-SIGNATURE, RAS-RULES-REFUSED
 */
export function openPack(bytes: Uint8Array, file: string, key: KeyObject): OpenedPack {
  const invalid = (detail: string, cause?: unknown) =>
    new RastroError('RAS-RULES-PACK-INVALID', { file, detail }, { cause });
  if (bytes.byteLength > PACK_LIMITS.BYTES) throw invalid(`${bytes.byteLength} bytes > ${PACK_LIMITS.BYTES}`);
  let parsed: z.infer<typeof pack>;
  try {
    parsed = pack.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    throw invalid(issue === undefined ? 'it is no JSON' : `${issue.path.join('.')}: ${issue.message}`, cause);
  }
  const { manifest: content, texts } = parsed;
  if (!verify(null, signed(content), key, Buffer.from(parsed.signature, 'base64')))
    throw new RastroError('RAS-RULES-PACK-SIGNATURE', { file, detail: keyFingerprint(key) });
  const paths = Object.keys(content.files);
  if (paths.length > PACK_LIMITS.FILES) throw invalid(`${paths.length} files > ${PACK_LIMITS.FILES}`);
  const foreign = Object.keys(texts).find((path) => content.files[path] === undefined);
  if (foreign !== undefined) throw invalid(`${foreign} was not signed`);
  for (const path of paths) {
    const text = texts[path];
    if (text === undefined) throw invalid(`${path} is missing`);
    if (Buffer.byteLength(text) > PACK_LIMITS.FILE_BYTES)
      throw invalid(`${path}: ${Buffer.byteLength(text)} bytes > ${PACK_LIMITS.FILE_BYTES}`);
    if (sha256(text) !== content.files[path]) throw invalid(`${path} was changed`);
  }
  const knowledge = compileKnowledge({ texts, rates: null }, { cases: true });
  if (knowledge.ruleSet.hash !== content.ruleSet) throw invalid('its rules are another set than it names');
  return { manifest: content, texts, knowledge };
}
