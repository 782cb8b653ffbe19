/** A line of a party file to the keyed record that the directory holds. */
import { parseAmount } from '../../schemas/money.ts';
import type { PartyRecord, PartyRecordInput } from '../../schemas/party.ts';
import { parseMoment } from './event-time.ts';
import type { Pseudonymiser } from './pseudonym.ts';
import { type Fault, fault } from './row-faults.ts';
import { surnameKeys } from './row-tree.ts';
import type { VaultEntry } from './vault.ts';

/** `validFromMs` of a record that has always been so: the earliest instant of the language. */
export const ALWAYS_MS = -8_640_000_000_000_000;

export type CanonicalParty =
  | { readonly ok: true; readonly record: PartyRecord; readonly vaultEntries: readonly VaultEntry[] }
  | { readonly ok: false; readonly rejects: readonly Fault[] };

/** Keys a party record that satisfies `partyRecordInput`. A validity begins at 00:00 UTC of its date. */
export function canonicaliseParty(input: PartyRecordInput, pseudonyms: Pseudonymiser): CanonicalParty {
  const income = monthlyIn(input);
  const rejects = [...dateFaults(input), ...(income !== undefined && 'code' in income ? [income] : [])];
  if (rejects.length > 0) return { ok: false, rejects };

  const {
    ref,
    refScheme,
    validFrom,
    name,
    surnames,
    accounts,
    employers,
    relationships,
    beneficialOwners,
    declaredMonthlyIn: _income,
    ...rest
  } = input;
  const party = (value: string, scheme?: PartyRecordInput['refScheme']) =>
    pseudonyms.party(scheme, value, input.institution);
  const partyKey = party(ref, refScheme);
  const kinTokens = surnameKeys(surnames, pseudonyms);
  if (name !== undefined && name !== '') pseudonyms.name(partyKey, name);

  const record: PartyRecord = {
    ...rest,
    partyKey,
    validFromMs: validFrom === undefined ? ALWAYS_MS : (parseMoment(validFrom)?.ms ?? ALWAYS_MS),
    accounts: accounts.map((account) => ({
      ...account,
      token: pseudonyms.account(account.scheme, account.token),
    })),
    ...(income === undefined || 'code' in income ? {} : { declaredMonthlyIn: income }),
    ...(kinTokens === undefined ? {} : { kinTokens }),
    ...(employers === undefined ? {} : { employers: employers.map((each) => party(each)) }),
    ...(relationships === undefined
      ? {}
      : { relationships: relationships.map((each) => ({ ...each, ref: party(each.ref, each.refScheme) })) }),
    ...(beneficialOwners === undefined
      ? {}
      : { beneficialOwners: beneficialOwners.map((each) => ({ ...each, ref: party(each.ref) })) }),
  };
  return { ok: true, record, vaultEntries: pseudonyms.takeVaultEntries() };
}

/** The declared income in minor units, or what is wrong with it. */
function monthlyIn({ declaredMonthlyIn }: PartyRecordInput): PartyRecord['declaredMonthlyIn'] | Fault {
  if (declaredMonthlyIn === undefined) return undefined;
  const { amount, ccy } = declaredMonthlyIn;
  const parsed = parseAmount(amount, ccy);
  return parsed.ok ? { minor: String(parsed.minor), ccy } : fault('declaredMonthlyIn', parsed.code, amount);
}

/** Dates that no calendar has, or that lie outside the years of any account. */
function dateFaults(input: PartyRecordInput): Fault[] {
  const dates: [string, string | undefined][] = [
    ['validFrom', input.validFrom],
    ['incorporated', input.incorporated],
    ...(input.nameChanges ?? []).map((day, i): [string, string] => [`nameChanges.${i}`, day]),
    ...input.accounts.flatMap((account, i): [string, string | undefined][] => [
      [`accounts.${i}.opened`, account.opened],
      [`accounts.${i}.closed`, account.closed],
    ]),
  ];
  return dates.flatMap(([field, date]) =>
    date !== undefined && Number.isNaN(Date.parse(date)) ? [fault(field, 'RAS-FEED-TIME-INVALID', date)] : [],
  );
}
