/**
 * The institutions of the simulated world. All are invented. A submitting institution reports every movement of its
 * own accounts; the others are seen only as counterparties of those that do.
 */
import type { Coverage } from '../../schemas/enumerations.ts';

export interface Institution {
  readonly id: string;
  readonly country: string;
  readonly kind: 'bank' | 'mto' | 'vasp' | 'chain';
  readonly submits: boolean;
  readonly coverage: Coverage;
  /** Digits that begin its account numbers, from ranges that no real register assigns. */
  readonly code: string;
  /** Its rows say from which device a customer acted. */
  readonly givesSessions: boolean;
}

/** One bank in each country. */
const WITH_SESSIONS: ReadonlySet<string> = new Set(['mx-alba', 'us-mesa', 'ca-tamarack']);

const institution = (
  id: string,
  country: string,
  kind: Institution['kind'],
  submits: boolean,
  code: string,
): Institution => ({
  id,
  country,
  kind,
  submits,
  coverage: kind === 'mto' ? 'product_only' : submits ? 'full_account' : 'counterparty_view',
  code,
  givesSessions: WITH_SESSIONS.has(id),
});

export const INSTITUTIONS = {
  alba: institution('mx-alba', 'MX', 'bank', true, '971'),
  cobre: institution('mx-cobre', 'MX', 'bank', true, '972'),
  duna: institution('mx-duna', 'MX', 'bank', false, '973'),
  mesa: institution('us-mesa', 'US', 'bank', true, '990000019'),
  harbor: institution('us-harbor', 'US', 'bank', true, '990000022'),
  prairie: institution('us-prairie', 'US', 'bank', false, '990000035'),
  tamarack: institution('ca-tamarack', 'CA', 'bank', true, '981'),
  sablon: institution('ca-sablon', 'CA', 'bank', true, '982'),
  cordell: institution('ca-cordell', 'CA', 'bank', false, '983'),
  girosol: institution('mto-girosol', 'US', 'mto', true, 'GS'),
  envialto: institution('mto-envialto', 'US', 'mto', true, 'EA'),
  pasolargo: institution('mto-pasolargo', 'US', 'mto', false, 'PL'),
  nodo: institution('vasp-nodo', 'US', 'vasp', true, 'NODO'),
  lumen: institution('vasp-lumen', 'MX', 'vasp', false, 'LUMEN'),
  chainview: institution('chain-view', 'US', 'chain', true, 'CHAIN'),
} as const satisfies Readonly<Record<string, Institution>>;

const ALL: readonly Institution[] = Object.values(INSTITUTIONS);

/** Every institution that a simulation's rows may come from or name by role; the rest are anonymous banks. */
export const institutionList = (): readonly Institution[] => ALL;

/** Submitting banks of a country. */
export function submittingBanks(country: string): readonly Institution[] {
  return ALL.filter((each) => each.kind === 'bank' && each.country === country && each.submits);
}

/** The bank of a country that does not submit. */
export function silentBank(country: string): Institution {
  return ALL.find((each) => each.kind === 'bank' && each.country === country && !each.submits)!;
}
