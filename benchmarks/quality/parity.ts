/**
 * The parity gate: of those who receive remittances, people of municipalities in which many speak an indigenous language
 * must not be alerted on, or signalled, much more often than the rest. Which municipalities these are is known to the
 * generator's table alone; the engine cannot read it.
 */
import { INDIGENOUS_LANGUAGE_MUNICIPALITIES } from '../../pipelines/simulate/places.ts';
import type { Simulation } from '../../pipelines/simulate/simulate.ts';
import type { Evaluation } from './evaluation.ts';

/** The rate in those municipalities may be so many times that of the rest. */
const MOST_RATIO = 1.2;
/** Standard errors above the allowed ratio that chance does not explain. */
const BEYOND_CHANCE = 2.33;

interface Shares {
  flagged: number;
  flaggedHit: number;
  rest: number;
  restHit: number;
}

export interface Parity {
  readonly alerted: Shares;
  readonly signalled: Shares;
}

const noShares = (): Shares => ({ flagged: 0, flaggedHit: 0, rest: 0, restHit: 0 });
export const emptyParity = (): Parity => ({ alerted: noShares(), signalled: noShares() });

/** Counts the recipients of one cohort in; returns the people who have an account in it. */
export function addParity(parity: Parity, simulation: Simulation, evaluation: Evaluation): number {
  const { pseudonyms } = evaluation;
  const alerted = new Set(evaluation.alerts.map(({ subject }) => subject));
  const signalled = new Set(
    evaluation.signals.flatMap((signal) =>
      signal.attributions.filter(({ weight }) => weight > 0).map(({ subject }) => subject),
    ),
  );
  const people = new Set<string>();
  const recipients = new Map<string, boolean>();
  for (const party of simulation.parties) {
    const key = pseudonyms.party(party.refScheme, party.ref, party.institution);
    if (party.kind === 'person' || party.kind === 'sole_trader') people.add(key);
    const home = party.homePlace;
    // Whoever banks with an operator and lives in Mexico is paid there.
    if (home?.country !== 'MX' || !party.accounts.some(({ scheme }) => scheme === 'mto_ref')) continue;
    recipients.set(key, INDIGENOUS_LANGUAGE_MUNICIPALITIES.has(home.municipality ?? ''));
  }
  for (const [key, isFlagged] of recipients) {
    addOne(parity.alerted, isFlagged, alerted.has(key));
    addOne(parity.signalled, isFlagged, signalled.has(key));
  }
  return people.size;
}

function addOne(shares: Shares, isFlagged: boolean, isHit: boolean): void {
  if (isFlagged) {
    shares.flagged++;
    if (isHit) shares.flaggedHit++;
  } else {
    shares.rest++;
    if (isHit) shares.restHit++;
  }
}

/** In words: both rates per 1,000 recipients. */
export function ratioOf({ flagged, flaggedHit, rest, restHit }: Shares): string {
  const rate = (hit: number, of: number): string => ((1_000 * hit) / Math.max(1, of)).toFixed(2);
  return `${rate(flaggedHit, flagged)} of 1,000 against ${rate(restHit, rest)} (${flagged} and ${rest} recipients)`;
}

/** What is out of range: a rate above the allowed multiple of the other's by more than chance. */
export function parityFaults(parity: Parity): string[] {
  const faults: string[] = [];
  for (const [what, shares] of Object.entries(parity) as [string, Shares][]) {
    const { flagged, flaggedHit, rest, restHit } = shares;
    if (flagged === 0 || rest === 0) faults.push(`parity (${what}): no recipients on one side`);
    else if (isAbove(flaggedHit, flagged, restHit, rest)) faults.push(`parity (${what}): ${ratioOf(shares)}`);
  }
  return faults;
}

function isAbove(hit: number, of: number, otherHit: number, others: number): boolean {
  const allowed = MOST_RATIO * (otherHit / others);
  const excess = hit / of - allowed;
  const variance = hit / of ** 2 + (MOST_RATIO ** 2 * otherHit) / others ** 2;
  return excess > 0 && excess > BEYOND_CHANCE * Math.sqrt(variance);
}
