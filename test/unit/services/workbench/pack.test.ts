/** A pack of rules is refused unless all of it is what was signed. */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockOf } from '../../../../services/workbench/lock.ts';
import {
  keyFingerprint,
  openPack,
  PACK_LIMITS,
  packText,
  readKey,
} from '../../../../services/workbench/pack.ts';
import { loadKnowledge, readKnowledgeFiles } from '../../../../services/workspace/knowledge.ts';
import { ROOT } from '../../../support/project.ts';

const knowledge = await loadKnowledge();
const lock = lockOf(knowledge, join(ROOT, 'rules'));
const { texts } = await readKnowledgeFiles();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const named = { name: 'fiu-north', version: '1.4.0' };
const text = packText(knowledge, { named, lock, texts, key: privateKey });

interface Pack {
  manifest: { files: Record<string, string>; version: string; ruleSet: string };
  signature: string;
  texts: Record<string, string>;
}
const LIST = 'lists/vasps.yaml';

/** What opening says of the pack with a change. */
function refusal(change: (pack: Pack) => void): { code: string; params: { detail: string } } {
  const pack = JSON.parse(text) as Pack;
  change(pack);
  try {
    openPack(Buffer.from(JSON.stringify(pack)), 'x.json', publicKey);
  } catch (error) {
    return error as { code: string; params: { detail: string } };
  }
  throw new Error('it was opened');
}

test('what was packed comes out, compiled to the same set', () => {
  const opened = openPack(Buffer.from(text), 'x.json', publicKey);
  expect(opened.texts).toEqual(texts);
  expect(opened.knowledge.ruleSet.hash).toBe(knowledge.ruleSet.hash);
  expect(opened.manifest).toMatchObject({ ...named, lock });
});

test('equal content and key make the same bytes', () => {
  expect(packText(knowledge, { named, lock, texts, key: privateKey })).toBe(text);
});

describe('refused', () => {
  test('a changed text', () => {
    const { code, params } = refusal((pack) => {
      pack.texts[LIST] += '# more\n';
    });
    expect([code, params.detail]).toEqual(['RAS-RULES-PACK-INVALID', `${LIST} was changed`]);
  });

  test('a text that is missing, and one that was not signed', () => {
    expect(refusal((pack) => delete pack.texts[LIST]).params.detail).toBe(`${LIST} is missing`);
    const added = refusal((pack) => {
      pack.texts['lists/more.yaml'] = '';
    });
    expect(added.params.detail).toBe('lists/more.yaml was not signed');
  });

  test('a changed manifest, a changed signature, another key', () => {
    const version = refusal((pack) => {
      pack.manifest.version = '1.4.1';
    });
    const signature = refusal((pack) => {
      pack.signature = `A${pack.signature.slice(1)}` === pack.signature ? 'B' : `A${pack.signature.slice(1)}`;
    });
    for (const { code } of [version, signature]) expect(code).toBe('RAS-RULES-PACK-SIGNATURE');
    const other = generateKeyPairSync('ed25519');
    expect(() => openPack(Buffer.from(text), 'x.json', other.publicKey)).toThrow(
      expect.objectContaining({ code: 'RAS-RULES-PACK-SIGNATURE' }),
    );
  });

  test.each([
    '../x.yaml',
    'lists/../../x.yaml',
    '/etc/x.yaml',
    'lists/.x.yaml',
    'other/x.yaml',
    'lists/x.js',
  ])('a path that leads elsewhere: %s', (path) => {
    const { code } = refusal((pack) => {
      pack.manifest.files[path] = '0'.repeat(64);
    });
    expect(code).toBe('RAS-RULES-PACK-INVALID');
  });

  test('what is no pack, and what is too large', () => {
    for (const bytes of [
      Buffer.from('not json'),
      Buffer.from([0xff, 0xfe]),
      Buffer.alloc(PACK_LIMITS.BYTES + 1),
    ])
      expect(() => openPack(bytes, 'x.json', publicKey)).toThrow(
        expect.objectContaining({ code: 'RAS-RULES-PACK-INVALID' }),
      );
  });
});

describe('keys', () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;

  test('a fingerprint is that of the public half', () => {
    expect(keyFingerprint(privateKey)).toBe(keyFingerprint(readKey(pem, 'public', 'key.pub')));
  });

  test('a public key does not sign, and another sort of key is refused', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      type: 'spki',
      format: 'pem',
    });
    const refused = expect.objectContaining({ code: 'RAS-RULES-PACK-KEY' });
    expect(() => readKey(pem, 'private', 'key.pub')).toThrow(refused);
    expect(() => readKey(rsa as string, 'public', 'rsa.pub')).toThrow(refused);
    expect(() => readKey('nothing', 'public', 'x')).toThrow(refused);
  });
});
