/**
 * Who the persons of an alert are, each with reasons. Suspicion follows the money; protection wins.
 *
 * A natural person whom nothing attributes control or collection to is `potential_victim`. A person becomes
 * `suspected_controller` only where the signals of two other persons say so, or, with low confidence, of one. A subject
 * who is both keeps both roles and is protected; anybody else who is both stands there as the one to protect. What is not
 * known about a person protects them.
 */

import type { RuleLookup } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import {
  type Family,
  type PartyKind,
  PROTECTED_ROLES,
  ROLES_TO_PROTECT,
  type Role,
} from '../../schemas/enumerations.ts';
import type { Localized } from '../../schemas/errors/define.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { CheckedComposite } from './composites.ts';
import type { AlertVersion } from './episodes.ts';
import { type PartyIndex, sideKeys } from './evidence.ts';
import { fill } from './text.ts';
import { ROLE_REASONS } from './texts.ts';

export type AlertParty = Alert['roles'][number];
export type Confidence = AlertParty['confidence'];

/** What the evidence transactions say of a party: the last row that names it. */
export interface PartyFacts {
  readonly kind: PartyKind | null;
  readonly bank: string | null;
  readonly survivorSafe: boolean;
  /** Accounts seen, each with every holder that a row names for it. */
  readonly accounts: ReadonlyMap<string, ReadonlySet<string>>;
}

const NO_FACTS: PartyFacts = { kind: null, bank: null, survivorSafe: false, accounts: new Map() };

/** Families that speak of control of another's money or of collecting it. */
const CONTROL_FAMILIES: ReadonlySet<Family> = new Set(['CTL', 'COL']);
/** Others whose signals make a person a suspected controller, and from how many on confidence is high. */
const CONTROLLER_MIN_OTHERS = 2;
const CONTROLLER_SURE_OTHERS = 3;
/** Different rules on a protected person from which the role is held with medium confidence. */
const PROTECTED_MEDIUM_RULES = 2;

const NATURAL_KINDS: ReadonlySet<PartyKind> = new Set(['person', 'sole_trader', 'unknown']);
/** Which of several attributed roles is told first. */
const ROLE_RANK: readonly Role[] = [
  'suspected_controller',
  'facilitator',
  'suspected_buyer',
  'victim_family_payer',
  'potential_victim',
  'unknown',
];

/** Facts about every party of the index, from transactions in total order. */
export function partyFactsOf(
  transactions: readonly EvidenceTransaction[],
  parties: PartyIndex,
): ReadonlyMap<string, PartyFacts> {
  const facts = new Map<string, PartyFacts & { accounts: Map<string, Set<string>> }>();
  for (const row of transactions) {
    const sides = [
      { side: row.stamp.debtor, holders: row.debtor?.holders },
      { side: row.stamp.creditor, holders: row.creditor?.holders },
    ];
    for (const { side, holders } of sides) {
      const party = sideKeys(side, [])
        .map((key) => parties.get(key))
        .find((found) => found !== undefined);
      if (party === undefined) continue;
      const known = facts.get(party);
      const accounts = known?.accounts ?? new Map<string, Set<string>>();
      if (side.accountKey !== undefined) {
        const joint = accounts.get(side.accountKey) ?? new Set<string>();
        for (const { ref } of holders ?? []) joint.add(parties.get(ref) ?? ref);
        accounts.set(side.accountKey, joint.add(party));
      }
      facts.set(party, {
        kind: side.kind ?? known?.kind ?? null,
        bank: side.bank ?? known?.bank ?? null,
        survivorSafe: (side.survivorSafe ?? false) || (known?.survivorSafe ?? false),
        accounts,
      });
    }
  }
  return facts;
}

/** An unknown kind is treated as a natural person: a mistake that way harms nobody. */
function mayBeNatural(facts: PartyFacts): boolean {
  return facts.kind === null || NATURAL_KINDS.has(facts.kind);
}

interface Given {
  readonly role: Role;
  readonly others: Set<string>;
  readonly reasons: Map<string, Localized>;
}

/** Roles that the signals give to `subject`, each with the other holders behind it and the rules' reasons. */
function rolesGiven(version: AlertVersion, subject: string, rules: RuleLookup): Map<Role, Given> {
  const given = new Map<Role, Given>();
  for (const { signal } of version.behind) {
    for (const attribution of signal.attributions) {
      if (attribution.subject !== subject || attribution.weight <= 0) continue;
      const entry: Given = given.get(attribution.role) ?? {
        role: attribution.role,
        others: new Set(),
        reasons: new Map(),
      };
      given.set(attribution.role, entry);
      if (signal.observedHolder !== subject) entry.others.add(signal.observedHolder);
      const index = Number(attribution.why.split('#')[1] ?? 0);
      const why = rules.at(signal.rule, signal.eventTime)?.file.attributions[index]?.why;
      if (why !== undefined) entry.reasons.set(attribution.why, why);
    }
  }
  return given;
}

function confidenceOf(others: number): Confidence {
  return others >= CONTROLLER_SURE_OTHERS ? 'high' : others >= CONTROLLER_MIN_OTHERS ? 'medium' : 'low';
}

/** The role under which suspicion falls on the alert's subject. */
function suspectedRole(composite: CheckedComposite, given: Map<Role, Given>) {
  const roles = [...new Set<Role>([...given.keys(), composite.file.subjectRole])].sort(
    (a, b) => ROLE_RANK.indexOf(a) - ROLE_RANK.indexOf(b),
  );
  for (const role of roles) {
    if (PROTECTED_ROLES.has(role)) continue;
    const others = given.get(role)?.others.size ?? 0;
    const reasons = [...(given.get(role)?.reasons.values() ?? [])];
    if (role === 'suspected_controller' && others === 0) continue;
    if (others >= CONTROLLER_MIN_OTHERS) reasons.push(fill(ROLE_REASONS.severalPersons, { persons: others }));
    else if (others === 1) reasons.push(ROLE_REASONS.onePerson);
    else reasons.push(ROLE_REASONS.ownHistory);
    return { role, confidence: confidenceOf(others), reasons };
  }
  return { role: 'unknown' as const, confidence: 'low' as const, reasons: [ROLE_REASONS.ownHistory] };
}

/** A person whose history fired: the rules that did, and the role these rules give to the holder. */
interface Observed {
  readonly rules: Map<string, Role>;
  bank: string | null;
  /** A rule over this person's signals says that they collect, and names another. */
  collects: boolean;
  /** What signals that the alert does not rest on say of a person who collects. */
  protectedAs: Role | undefined;
}

const NOT_OBSERVED: Observed = { rules: new Map(), bank: null, collects: false, protectedAs: undefined };

function observedHolders(version: AlertVersion, rules: RuleLookup) {
  const observed = new Map<string, Observed>();
  const entryOf = (holder: string): Observed => {
    const known = observed.get(holder);
    if (known !== undefined) return known;
    const entry = { ...NOT_OBSERVED, rules: new Map() };
    observed.set(holder, entry);
    return entry;
  };
  for (const { signal } of version.behind) {
    const entry = entryOf(signal.observedHolder);
    entry.bank ??= signal.observedBank;
    entry.rules.set(signal.rule, signal.holderRole);
    entry.protectedAs ??= signal.holderProtectedAs;
    entry.collects ||= signal.evidence.signals !== undefined && signal.holderRole === 'suspected_controller';
    for (const { rule, eventTime, observedHolder } of signal.companions) {
      const holderRole = rules.at(rule, eventTime)?.holderRole;
      // What comes over the second hop was observed on those before the collector, not on the collector.
      if (holderRole !== undefined)
        entryOf(observedHolder ?? signal.observedHolder).rules.set(rule, holderRole);
    }
  }
  return observed;
}

/** Every party that an alert names, the subject first, then by key; one person may stand there twice. */
export function rolesOf(
  composite: CheckedComposite,
  version: AlertVersion,
  subject: string,
  rules: RuleLookup,
  facts: ReadonlyMap<string, PartyFacts>,
): AlertParty[] {
  const observed = observedHolders(version, rules);
  const own = facts.get(subject) ?? NO_FACTS;
  if (version.score.alone) {
    return [observedRole(subject, observed.get(subject) ?? NOT_OBSERVED, own)];
  }
  const controls = version.score.counted.some(
    (c) => c.via === 'own' && c.partMilli > 0 && CONTROL_FAMILIES.has(c.family),
  );
  const shaped = [...(observed.get(subject)?.rules.values() ?? [])].includes('potential_victim');
  const protectedReasons: Localized[] = [];
  if (shaped) protectedReasons.push(ROLE_REASONS.victimShaped);
  if (!controls && mayBeNatural(own)) protectedReasons.push(ROLE_REASONS.nothingAttributed);
  if (own.survivorSafe) protectedReasons.push(ROLE_REASONS.survivorSafe);

  const suspected = suspectedRole(composite, rolesGiven(version, subject, rules));
  const subjectBank = own.bank ?? observed.get(subject)?.bank ?? null;
  // "Not suspected" is role `unknown` of a protected person.
  const isProtected = protectedReasons.length > 0 || (suspected.role === 'unknown' && mayBeNatural(own));
  const roles: AlertParty[] = [{ subject, ...suspected, protected: isProtected, bank: subjectBank }];
  if (protectedReasons.length > 0) {
    roles.push({
      subject,
      role: 'potential_victim',
      confidence: 'low',
      reasons: [...protectedReasons, ROLE_REASONS.protectionWins],
      protected: true,
      bank: subjectBank,
    });
  }
  for (const holder of [...observed.keys()].sort(compareUtf8)) {
    if (holder === subject) continue;
    roles.push(observedRole(holder, observed.get(holder)!, facts.get(holder) ?? NO_FACTS));
  }
  return roles;
}

function observedRole(
  subject: string,
  { rules: fired, bank, collects, protectedAs }: Observed,
  facts: PartyFacts,
): AlertParty {
  const shaped = [...fired.values()].filter((role) => PROTECTED_ROLES.has(role));
  const natural = mayBeNatural(facts);
  const at = { subject, bank: bank ?? facts.bank };
  const role = ROLES_TO_PROTECT.find((each) => each === protectedAs || shaped.includes(each));
  if (role !== undefined) {
    const confidence = shaped.length >= PROTECTED_MEDIUM_RULES ? 'medium' : 'low';
    const reasons: Localized[] = [ROLE_REASONS.victimShaped];
    if (collects) reasons.push(ROLE_REASONS.passesOn, ROLE_REASONS.protectionWins);
    return { ...at, role, confidence, reasons, protected: true };
  }
  if (collects) {
    const role = 'suspected_controller';
    return {
      ...at,
      role,
      confidence: 'low',
      reasons: [ROLE_REASONS.passesOn],
      protected: facts.survivorSafe,
    };
  }
  if (natural) {
    const reasons = [ROLE_REASONS.nothingAttributed];
    return { ...at, role: 'potential_victim', confidence: 'low', reasons, protected: true };
  }
  return { ...at, role: 'unknown', confidence: 'low', reasons: [ROLE_REASONS.notAPerson], protected: false };
}

/** Parties whom no restraint may touch. */
export function protectedParties(roles: readonly AlertParty[]): ReadonlySet<string> {
  return new Set(roles.filter((party) => party.protected).map((party) => party.subject));
}
