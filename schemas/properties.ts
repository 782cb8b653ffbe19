/**
 * Supplied properties: what an event would say if the graph of accounts or the crypto engine stood beside the feed. No feed
 * carries them and no evaluator works them out, so only a rule of status `waiting` may read one: it says what it needs, its
 * cases set it, and the engine leaves the rule out.
 */
import type { EventField } from './field.ts';

/** As of the event; `cluster` is about what accounts share, `pattern` about chains of payments, `taint` about coins. */
export const PROPERTIES = {
  'cluster.accountsByPhone': count("Accounts of different customers that share the holder's phone"),
  'cluster.accountsByAddress': count("Accounts of different customers that share the holder's address"),
  'cluster.accountsByDevice': count("Accounts of different customers that share the holder's device"),
  'cluster.accountsByIntroducer': count("Accounts of different customers brought by the holder's introducer"),
  'cluster.accountsBySignatory': count("Accounts of different customers that share the holder's signatory"),
  'cluster.openedTogether': count(
    'Accounts of the largest of these groups opened within 45 days of each other',
  ),
  'cluster.entitiesBySignatory': count("Entities that share the holder's signatory"),
  'cluster.entitiesByAddress': count("Entities that share the holder's address"),
  'cluster.clientsByIp': count('Customers whose sessions come from the IP address of this one'),
  'cluster.sharesWithEmployer': flag(
    "The other side shares an owner, an address, a phone or a signatory with the holder's employer or recruiter",
  ),
  'pattern.gatherAccounts': count('Accounts from which money gathers on the account'),
  'pattern.abroadMilli': milli('Share of the gathered money that leaves the country'),
  'pattern.cycleHops': count('Payments of the cycle that brings money back to the account'),
  'pattern.cycleReturnMilli': milli('Share of the money sent out that the cycle brings back'),
  'pattern.routeNodes': count('Places along a route paid in order from south to north'),
  'pattern.peelLinks': count('Links of a chain that peels off a part at each of them'),
  'pattern.peelMilli': milli('Share of the amount that each link of the chain peels off'),
  'pattern.hops': count('Accounts that the money went through up to here'),
  'pattern.hopSpanMs': duration('From the first of these hops to the last'),
  'pattern.relayMatchMilli': milli('Share of an amount that came in and left again to somebody else'),
  'pattern.relaySpanMs': duration('From coming in to leaving again'),
  'pattern.otherIdentity': flag('The same person acts under another identity'),
  'pattern.linkedOfficial': flag('The money reaches an official, or close family of one'),
  'taint.mixerMilli': milli('Share of the coins that went through a mixer'),
  'taint.csamMilli': milli(
    'Share of the coins that come from or go to sellers of child sexual abuse material',
  ),
  'taint.illicitMilli': milli('Share of the coins that come from or go to tagged services'),
  'taint.hops': count('Transfers between the wallet and the nearest tagged service'),
  'tag.counterparty': {
    type: 'set',
    needs: null,
    note: 'Tag classes of the other side: mixer, csam, darknet, escort_platform, scam_compound, otc, unregistered_msb, guarantee_platform, sanctioned',
  },
  'tag.contactInAds': flag('A keyed contact of the account equals one in advertisements for commercial sex'),
} as const satisfies Readonly<Record<string, EventField>>;

export type PropertyName = keyof typeof PROPERTIES;

function count(note: string) {
  return { type: 'int', needs: null, unit: 'count', note } as const;
}

function milli(note: string) {
  return { type: 'int', needs: null, unit: 'milli', note } as const;
}

function duration(note: string) {
  return { type: 'int', needs: null, unit: 'ms', note } as const;
}

function flag(note: string) {
  return { type: 'bool', needs: null, note } as const;
}
