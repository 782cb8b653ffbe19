import { describe, expect, it } from 'vitest';
import { deriveKeys } from '../../../../pipelines/ingest/keys.ts';
import { normaliseName, normalisePhone } from '../../../../pipelines/ingest/normalise.ts';
import { Pseudonymiser } from '../../../../pipelines/ingest/pseudonym.ts';
import {
  openOriginal,
  openVaultEntry,
  sealOriginal,
  sealVaultEntry,
} from '../../../../pipelines/ingest/vault.ts';
import { pseudonym } from '../../../../schemas/identity.ts';
import { testKeys } from '../../../support/ingest.ts';

const fresh = () => new Pseudonymiser(testKeys);

describe('pseudonyms', () => {
  it('meet for one identifier however it is spelled, and have the contract’s form', () => {
    const p = fresh();
    const key = p.account('clabe', '002010077777777771');
    expect(pseudonym.safeParse(key).success).toBe(true);
    expect(p.account('clabe', ' 0020 1007 7777 7777 71')).toBe(key);
    expect(p.account('iban', 'gb33 bukb 2020')).toBe(p.account('iban', 'GB33BUKB2020'));
    expect(p.account('zelle', 'Ana@Example.com')).toBe(p.account('interac', 'ana@example.com '));
    expect(p.account('zelle', '+1 (619) 555-0100')).toBe(p.account('phone', '16195550100'));
    expect(p.account('chain', `0x${'Ab'.repeat(20)}`)).toBe(p.account('chain', `0x${'ab'.repeat(20)}`));
    expect(p.party('curp', 'xexx 010101 hnexxxa4', 'bank-a')).toBe(
      p.party('curp', 'XEXX010101HNEXXXA4', 'bank-b'),
    );
  });

  it('keep different things apart', () => {
    const p = fresh();
    const keys = [
      p.account('none', '1'),
      p.account('wallet', '1'),
      p.account('chain', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT'),
      p.account('chain', '1boatslrhtknngkdxeeobr76b53lettpyt'),
      p.party('customer', '1', 'bank-a'),
      p.party('customer', '1', 'bank-b'),
      p.party('document', '1', 'bank-a'),
      p.token('ter', 'bank-a', '1'),
      p.token('ter', 'bank-b', '1'),
      p.token('agt', 'bank-a', '1'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('are one key for one person in every role', () => {
    const p = fresh();
    expect(p.party(undefined, '42', 'bank-a')).toBe(p.party('customer', '42', 'bank-a'));
    expect(p.party(undefined, 'document:AB-12', 'bank-a')).toBe(p.party('document', 'ab12', 'bank-b'));
  });

  it('depend on the secret, and the key id names it', () => {
    const other = deriveKeys(Buffer.alloc(32, 8));
    expect(new Pseudonymiser(other).account('clabe', '1')).not.toBe(fresh().account('clabe', '1'));
    expect(other.pseudonymKeyId).not.toBe(testKeys.pseudonymKeyId);
    expect(
      new Set([testKeys.pseudonym, testKeys.vault, testKeys.raw].map((key) => key.toString('hex'))).size,
    ).toBe(3);
    expect(() => deriveKeys(Buffer.alloc(31))).toThrow(RangeError);
  });

  it('compare surnames without accents, case and punctuation', () => {
    const p = fresh();
    expect(p.surname('Peña')).toBe(p.surname(' PENA '));
    expect(p.surname('De la Cruz')).toBe(p.surname('de la  cruz'));
    expect(p.surname('García')).not.toBe(p.surname('Gracia'));
    expect(p.surname(' -- ')).toBeNull();
    expect(normaliseName('Núñez-O’Brien')).toBe('NUNEZ O BRIEN');
    expect(p.account('clabe', 'none')).not.toBe(p.account('clabe', 'unknown'));
    expect(normalisePhone('00 52 1 664 555 0100')).toBe('526645550100');
  });
});

describe('vault', () => {
  it('gets each identifier and name once, and opens them again', () => {
    const p = fresh();
    const account = p.account('clabe', '002010077777777771');
    p.account('clabe', '002010077777777771');
    const holder = p.party('customer', '42', 'bank-a');
    p.name(holder, 'Persona Inventada');
    p.name(holder, 'Persona Inventada');
    p.surname('Inventada');
    const entries = p.takeVaultEntries();
    expect(entries.map((entry) => [entry.pseudonym, openVaultEntry(testKeys.vault, entry)])).toEqual([
      [account, 'clabe:002010077777777771'],
      [holder, 'customer@bank-a:42'],
      [p.nameKey(holder), 'Persona Inventada'],
    ]);
    expect(p.takeVaultEntries()).toEqual([]);
  });

  it('seals equal content to equal bytes, so that sending again adds nothing', () => {
    const once = sealVaultEntry(testKeys.vault, 'acc', 'acc_x', 'secret');
    expect(sealVaultEntry(testKeys.vault, 'acc', 'acc_x', 'secret')).toEqual(once);
    expect(sealVaultEntry(testKeys.vault, 'acc', 'acc_x', 'Secret').ciphertext).not.toBe(once.ciphertext);
    expect(sealVaultEntry(testKeys.vault, 'acc', 'acc_y', 'secret').ciphertext).not.toBe(once.ciphertext);
    expect(once.ciphertext).not.toContain(Buffer.from('secret').toString('base64').slice(0, 6));
  });

  it('does not open with another key, under another name, or after a change', () => {
    const entry = sealVaultEntry(testKeys.vault, 'acc', 'acc_x', 'secret');
    const changed = Buffer.from(entry.ciphertext, 'base64');
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const attempts = [
      () => openVaultEntry(testKeys.raw, entry),
      () => openVaultEntry(testKeys.vault, { ...entry, pseudonym: 'acc_y' }),
      () => openVaultEntry(testKeys.vault, { ...entry, kind: 'par' }),
      () => openVaultEntry(testKeys.vault, { ...entry, ciphertext: changed.toString('base64') }),
      () => openVaultEntry(testKeys.vault, { ...entry, ciphertext: 'AAAA' }),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(/RAS-FEED-VAULT-OPEN/);
  });

  it('keeps originals of each institution under its own key', () => {
    const line = Buffer.from([0, 255, 10, 65]);
    const sealed = sealOriginal(testKeys.raw, 'bank-a', line);
    expect(openOriginal(testKeys.raw, 'bank-a', sealed)).toEqual(line);
    expect(() => openOriginal(testKeys.raw, 'bank-b', sealed)).toThrow(/RAS-FEED-VAULT-OPEN/);
    expect(
      openOriginal(testKeys.raw, 'bank-a', sealOriginal(testKeys.raw, 'bank-a', Buffer.alloc(0))),
    ).toHaveLength(0);
  });
});
