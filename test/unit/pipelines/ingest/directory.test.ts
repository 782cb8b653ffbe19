import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageBandIn, Directory, licencesOn } from '../../../../pipelines/ingest/directory.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../../../pipelines/ingest/party-record.ts';
import { Pseudonymiser } from '../../../../pipelines/ingest/pseudonym.ts';
import { openVaultEntry } from '../../../../pipelines/ingest/vault.ts';
import { type PartyRecord, partyRecord, partyRecordInput } from '../../../../schemas/party.ts';
import { testKeys } from '../../../support/ingest.ts';

const account = (token: string, bank = 'bank-a') => ({ scheme: 'none' as const, token, bank });
const record = (
  partyKey: string,
  validFromMs: number,
  tokens: string[],
  changes: Partial<PartyRecord> = {},
): PartyRecord => ({
  partyKey,
  validFromMs,
  institution: 'bank-a',
  accounts: tokens.map((token) => account(token)),
  ...changes,
});

describe('directory', () => {
  it('finds the holder as of the event', () => {
    const directory = Directory.from([
      record('par_1', 100, ['acc_1']),
      record('par_1', 200, []),
      record('par_2', 200, ['acc_1']),
    ]);
    const holder = (time: number) => directory.holdingOf('acc_1', time)?.partyKey ?? null;
    expect([holder(99), holder(100), holder(199), holder(200)]).toEqual([null, 'par_1', 'par_1', 'par_2']);
    expect(directory.holdingOf('acc_9', 100)).toBeNull();
  });

  it('gives a joint account to the longest holder, whatever the order of arrival', () => {
    const records = [
      record('par_2', 100, ['acc_1']),
      record('par_1', 150, ['acc_1']),
      record('par_0', 50, ['acc_1'], { institution: 'bank-b' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: 3 }), (shuffled) => {
        const directory = Directory.from(shuffled);
        expect(directory.holdingOf('acc_1', 60)?.partyKey).toBe('par_0');
        expect(directory.holdingOf('acc_1', 200)?.partyKey).toBe('par_2');
      }),
    );
  });

  it('merges what several institutions know of one person and unlists no other bank’s account', () => {
    const directory = Directory.from([
      record('par_1', 100, ['acc_1'], { kind: 'person', birthYear: 2000 }),
      record('par_1', 200, ['acc_2'], { institution: 'bank-b', birthYear: 2001, survivorSafe: true }),
    ]);
    expect(directory.holdingOf('acc_1', 300)?.partyKey).toBe('par_1');
    expect(directory.factsOf('par_1', 150)).toMatchObject({
      kind: 'person',
      birthYear: 2000,
      survivorSafe: undefined,
    });
    expect(directory.factsOf('par_1', 300)).toMatchObject({
      kind: 'person',
      birthYear: 2001,
      survivorSafe: true,
    });
    expect(directory.factsOf('par_1', 50)).toBeNull();
  });

  it('names what changed, and nothing when nothing did', () => {
    const directory = new Directory();
    expect(directory.apply(record('par_1', 100, ['acc_1']))).toEqual({
      accounts: ['acc_1'],
      parties: ['par_1'],
    });
    expect(directory.apply(record('par_1', 100, ['acc_1']))).toEqual({ accounts: [], parties: [] });
    expect(directory.apply(record('par_1', 200, ['acc_2'])).accounts).toEqual(['acc_1', 'acc_2']);
    expect(directory.apply(record('par_1', 100, ['acc_3'])).accounts).toEqual(['acc_1', 'acc_3']);
    expect(directory.holdingOf('acc_1', 150)).toBeNull();
    expect(directory.holdingOf('acc_3', 150)?.partyKey).toBe('par_1');
  });

  it('survives being written down', () => {
    const directory = Directory.from([
      record('par_1', 100, ['acc_1'], { kind: 'person' }),
      record('par_2', 50, ['acc_1']),
    ]);
    const again = Directory.from(JSON.parse(JSON.stringify(directory)) as PartyRecord[]);
    expect(again.size).toBe(2);
    expect(again.holdingOf('acc_1', 120)).toEqual(directory.holdingOf('acc_1', 120));
    expect(again.factsOf('par_1', 120)).toEqual(directory.factsOf('par_1', 120));
  });

  it('bands ages at 14, 16, 18, 21 and 25, on the side that protects', () => {
    const bands = [13, 14, 15, 16, 17, 18, 19, 21, 22, 25, 26].map((years) => ageBandIn(2025, 2025 - years));
    expect(bands).toEqual([
      'under_14',
      'under_14',
      '14_15',
      '14_15',
      '16_17',
      '16_17',
      '18_20',
      '18_20',
      '21_24',
      '21_24',
      '25_plus',
    ]);
    expect(ageBandIn(2025, 2025)).toBe('under_14');
  });

  it('drops licences that have run out', () => {
    const licences = [{ kind: 'msb' as const, validTo: '2025-01-31' }, { kind: 'vasp' as const }];
    expect(licencesOn(licences, '2025-01-31')).toEqual(['msb', 'vasp']);
    expect(licencesOn(licences, '2025-02-01')).toEqual(['vasp']);
  });
});

describe('party records', () => {
  it('become keys, and names and identifiers go to the vault', () => {
    const pseudonyms = new Pseudonymiser(testKeys);
    const input = partyRecordInput.parse({
      ref: '42',
      institution: 'bank-a',
      validFrom: '2025-01-02',
      name: 'Persona Inventada Prueba',
      surnames: ['Inventada', 'Prueba'],
      kind: 'person',
      relationships: [{ ref: 'AB-1', refScheme: 'document', kind: 'kin' }],
      employers: ['77'],
      accounts: [{ scheme: 'clabe', token: '002010077777777771', opened: '2024-05-06' }],
    });
    const result = canonicaliseParty(input, pseudonyms);
    if (!result.ok) throw new Error('rejected');
    expect(partyRecord.safeParse(result.record).error).toBeUndefined();
    expect(result.record).toMatchObject({
      partyKey: pseudonyms.party('customer', '42', 'bank-a'),
      validFromMs: Date.UTC(2025, 0, 2),
      employers: [pseudonyms.party('customer', '77', 'bank-a')],
      relationships: [{ ref: pseudonyms.party('document', 'ab1', 'elsewhere'), kind: 'kin' }],
      accounts: [{ token: pseudonyms.account('clabe', '002010077777777771') }],
    });
    expect(result.record.kinTokens).toHaveLength(2);
    const text = JSON.stringify(result.record);
    for (const secret of ['Inventada', '00201007', 'AB-1']) expect(text).not.toContain(secret);
    expect(result.vaultEntries.map((entry) => openVaultEntry(testKeys.vault, entry))).toContain(
      'Persona Inventada Prueba',
    );
  });

  it('without a date have always been so', () => {
    const input = partyRecordInput.parse({ ref: '42', institution: 'bank-a' });
    const result = canonicaliseParty(input, new Pseudonymiser(testKeys));
    expect(result.ok && result.record.validFromMs).toBe(ALWAYS_MS);
  });
});
