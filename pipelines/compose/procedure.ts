/**
 * What can be done about an alert: what vanishes when, whom to ask, which clocks run, who is competent, which actions.
 *
 * The texts come from the playbook. What may be proposed on whom is decided here and cannot be loosened by data:
 * no restraint on an account that a protected person holds, alone or with others; listing (LPB) in Mexico alone, with
 * the caution on its contested legal basis (jurisprudence 2a./J. 46/2018 and 2a./J. 101/2024).
 */

import type { EvaluationContext } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { ActionKind, Playbook, TransactionSelector } from '../../schemas/playbook.ts';
import type { CheckedComposite } from './composites.ts';
import type { AlertVersion } from './episodes.ts';
import { DAY_MS } from './freshness.ts';
import { type AlertParty, type PartyFacts, protectedParties } from './roles.ts';
import { eachLang } from './text.ts';

/** Entries of each list of an alert's procedure. */
export const PROCEDURE_ENTRIES_MAX = 64;
const HOUR_MS = 3_600_000;
/** A deadline of n business days is looked for this many calendar days ahead per business day. */
const BUSINESS_DAY_SEARCH = 5;
const WEEK_DAYS = 7;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

type Country = Alert['jurisdictions'][number];
const COUNTRIES: readonly Country[] = ['CA', 'MX', 'US'];

/** All that the procedure is decided from. */
export interface ProcedureInput {
  readonly composite: CheckedComposite;
  readonly version: AlertVersion;
  readonly subject: string;
  readonly roles: readonly AlertParty[];
  readonly facts: ReadonlyMap<string, PartyFacts>;
  /** Evidence in total order. */
  readonly transactions: readonly EvidenceTransaction[];
  readonly jurisdictions: readonly Country[];
  readonly playbook: Playbook;
  readonly evaluation: EvaluationContext;
}

/** Countries that the evidence touches. */
export function countriesSeen(transactions: readonly EvidenceTransaction[]): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const t of transactions) {
    for (const country of [t.stamp.debtor.country, t.stamp.creditor.country])
      if (country !== undefined) seen.add(country);
    for (const place of t.places ?? []) if (place.country !== undefined) seen.add(place.country);
  }
  return seen;
}

/** The composite's countries among those seen; all of them where the evidence names none. */
export function jurisdictionsOf(
  composite: CheckedComposite,
  transactions: readonly EvidenceTransaction[],
): Country[] {
  const seen = countriesSeen(transactions);
  const own = COUNTRIES.filter((country) => composite.file.jurisdictions.includes(country));
  const found = own.filter((country) => seen.has(country));
  return found.length > 0 ? found : own;
}

function selects(selector: TransactionSelector, t: EvidenceTransaction): boolean {
  const { kinds, rails, channels } = selector;
  return (
    (kinds?.includes(t.kind) ?? true) &&
    (rails?.includes(t.rail) ?? true) &&
    (channels?.includes(t.channel) ?? true)
  );
}

/** Per institution the next date on which a matching piece of evidence is usually lost. */
function perishablesOf({ composite, playbook, transactions, version }: ProcedureInput): Alert['perishables'] {
  const out: Alert['perishables'] = [];
  for (const key of composite.file.perishables) {
    const entry = playbook.perishables[key];
    if (entry === undefined) continue;
    const next = new Map<string, number>();
    for (const t of transactions) {
      const expiresAt = t.stamp.eventTime + entry.lifetimeDays * DAY_MS;
      // In total order, so the first that is not yet lost is the next to go.
      if (expiresAt > version.eventTime && selects(entry.appliesTo, t) && !next.has(t.institution))
        next.set(t.institution, expiresAt);
    }
    for (const [where, expiresAt] of next) out.push({ what: entry.what, where, expiresAt });
  }
  return out
    .sort((a, b) => a.expiresAt - b.expiresAt || compareUtf8(a.where, b.where))
    .slice(0, PROCEDURE_ENTRIES_MAX);
}

/** Institutions by the part they play, each sorted. */
function institutionsBy({ transactions, roles, subject }: ProcedureInput) {
  const subjectBank = new Set<string>();
  const observed = new Set<string>();
  for (const { subject: party, bank } of roles) {
    if (bank !== null) (party === subject ? subjectBank : observed).add(bank);
  }
  const reporting = new Set(transactions.map((t) => t.institution));
  const counterparty = new Set<string>();
  for (const { stamp } of transactions)
    for (const { bank } of [stamp.debtor, stamp.creditor])
      if (bank !== undefined && !subjectBank.has(bank) && !observed.has(bank)) counterparty.add(bank);
  const sorted = (set: ReadonlySet<string>) => [...set].sort(compareUtf8);
  return {
    subject_bank: sorted(subjectBank),
    observed_bank: sorted(observed),
    counterparty_bank: sorted(counterparty),
    reporting_institution: sorted(reporting),
  } as const;
}

function asksOf(input: ProcedureInput): Alert['asks'] {
  const { composite, playbook, transactions, version } = input;
  const institutions = institutionsBy(input);
  const out: Alert['asks'] = [];
  const firstAt = transactions[0]?.stamp.eventTime ?? version.openedAt;
  for (const key of composite.file.asks) {
    const entry = playbook.asks[key];
    if (entry === undefined) continue;
    const anyRow = Object.keys(entry.appliesTo).length === 0;
    if (!anyRow && !transactions.some((t) => selects(entry.appliesTo, t))) continue;
    for (const to of institutions[entry.to])
      out.push({
        to,
        what: entry.what,
        from: firstAt - entry.lookbackDays * DAY_MS,
        until: version.eventTime + entry.lookaheadDays * DAY_MS,
      });
  }
  return out.slice(0, PROCEDURE_ENTRIES_MAX);
}

/** The end of the n-th business day after `startMs`; without a table Monday to Friday count. */
function businessDaysAfter(startMs: number, count: number, country: Country, context: EvaluationContext) {
  let day = Math.floor(startMs / DAY_MS);
  let left = count;
  for (let i = 0; left > 0 && i < (count + 1) * BUSINESS_DAY_SEARCH; i++) {
    day++;
    const weekday = (day + EPOCH_WEEKDAY) % WEEK_DAYS;
    if (context.isBusinessDay(country, day) ?? (weekday !== 0 && weekday !== 6)) left--;
  }
  return (day + 1) * DAY_MS - 1;
}

function clocksOf({
  composite,
  playbook,
  version,
  jurisdictions,
  evaluation,
}: ProcedureInput): Alert['clocks'] {
  const out: Alert['clocks'] = [];
  const starts = version.openedAt;
  for (const entry of Object.values(playbook.clocks)) {
    if (!jurisdictions.includes(entry.country)) continue;
    if (entry.forms !== undefined && !entry.forms.includes(composite.file.form)) continue;
    if (entry.lifeSafetyOnly && !version.score.lifeSafety) continue;
    const { amount, unit } = entry.within;
    const due =
      unit === 'business_day' && amount > 0
        ? businessDaysAfter(starts, amount, entry.country, evaluation)
        : starts + amount * (unit === 'hour' ? HOUR_MS : DAY_MS);
    out.push({ law: entry.law, country: entry.country, starts, due, verified: entry.verified });
  }
  return out.sort((a, b) => a.due - b.due || compareUtf8(a.law, b.law)).slice(0, PROCEDURE_ENTRIES_MAX);
}

function routingOf({ composite, playbook, transactions, jurisdictions }: ProcedureInput): Alert['routing'] {
  const crossBorder = countriesSeen(transactions).size > 1;
  return Object.values(playbook.routing)
    .filter(
      (entry) =>
        jurisdictions.includes(entry.country) &&
        (entry.forms?.includes(composite.file.form) ?? true) &&
        (crossBorder || !entry.crossBorderOnly),
    )
    .map(({ country, authority, why }) => ({ country, authority, why }))
    .slice(0, PROCEDURE_ENTRIES_MAX);
}

/** Accounts of the subject that no protected person holds, joint holders included; the subject where none is known. */
export function restrainable(
  subject: string,
  facts: ReadonlyMap<string, PartyFacts>,
  guarded: ReadonlySet<string>,
): string[] {
  if (guarded.has(subject)) return [];
  const accounts = [...(facts.get(subject)?.accounts ?? [])];
  if (accounts.length === 0) return [subject];
  return accounts
    .filter(([, holders]) => ![...holders].some((holder) => guarded.has(holder)))
    .map(([account]) => account)
    .sort(compareUtf8);
}

/** An alert of one other person's leg, or of none, is too thin to ask for restraint. */
const RESTRAINT_CONFIDENCE: ReadonlySet<AlertParty['confidence']> = new Set(['medium', 'high']);
const RESTRAINT_ROLES: ReadonlySet<AlertParty['role']> = new Set(['suspected_controller', 'facilitator']);

function actionsOf(
  input: ProcedureInput,
  perishables: Alert['perishables'],
  asks: Alert['asks'],
): Alert['actions'] {
  const { roles, subject, facts, playbook, jurisdictions, version } = input;
  const out: Alert['actions'] = [];
  const propose = (kind: ActionKind, targets: readonly string[]) => {
    const entry = playbook.actions[kind];
    if (!entry.countries.some((country) => jurisdictions.includes(country))) return;
    const why =
      entry.caution === undefined
        ? entry.why
        : eachLang((lang) => `${entry.why[lang]} ${entry.caution?.[lang] ?? ''}`);
    for (const on of targets) out.push({ kind, on, why });
  };
  const distinct = (items: readonly string[]) => [...new Set(items)].sort(compareUtf8);

  propose('refer', [subject]);
  propose('request_information', distinct(asks.map((ask) => ask.to)));
  propose('preserve_evidence', distinct(perishables.map((entry) => entry.where)));
  const suspected = roles.find((party) => party.subject === subject);
  const targets = restrainable(subject, facts, protectedParties(roles));
  if (suspected === undefined || !RESTRAINT_ROLES.has(suspected.role)) return out;
  // Closing a suspected account tips off its holder; asking to keep it open does no harm while the case is thin.
  propose('keep_open_letter', targets);
  if (RESTRAINT_CONFIDENCE.has(suspected.confidence) && version.score.level === 'high') {
    propose('restraint_referral', targets);
    propose('lpb_proposal', targets);
  }
  return out.slice(0, PROCEDURE_ENTRIES_MAX);
}

/** The procedural part of an alert. */
export function procedureOf(
  input: ProcedureInput,
): Pick<Alert, 'perishables' | 'asks' | 'clocks' | 'routing' | 'actions'> {
  const perishables = perishablesOf(input);
  const asks = asksOf(input);
  return {
    perishables,
    asks,
    clocks: clocksOf(input),
    routing: routingOf(input),
    actions: actionsOf(input, perishables, asks),
  };
}
