/** Closed lists of what few feeds tell of sessions, wallets and parties. */

/** What somebody does for a living, as far as a rule asks: who may open doors, and whose nights or cash are explained. */
export const OCCUPATIONS = [
  'other',
  'student',
  'unemployed',
  'police',
  'immigration_officer',
  'public_official',
  'bank_staff',
  'notary',
  'lawyer',
  'medical',
  'farm_worker',
  'domestic_worker',
  'driver',
  'night_work',
  'recruiter',
] as const;

/** Where a session comes from. */
export const IP_CLASSES = ['residential', 'mobile', 'vpn', 'tor', 'hosting'] as const;

/** Who holds the key of a wallet. */
export const CUSTODIES = ['hosted', 'unhosted', 'unknown'] as const;
