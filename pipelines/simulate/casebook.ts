/** Which cases a simulation holds: one clean base case of each scenario first, then more by prevalence. */
import { type CaseDefinition, CaseDraft } from './case.ts';
import type { Actor } from './daily-life.ts';
import { COIN_USERS } from './lookalikes/coin-users.ts';
import { EMERGENCY } from './lookalikes/emergency.ts';
import { EQUAL_PAYMENTS } from './lookalikes/equal-payments.ts';
import { EVENING_SELLER } from './lookalikes/evening-seller.ts';
import { FIRST_WAGES } from './lookalikes/first-wages.ts';
import { HOME_TOWN_CLUB } from './lookalikes/home-town-club.ts';
import { INDEPENDENT } from './lookalikes/independent.ts';
import { LAWFUL_CREW } from './lookalikes/lawful-crew.ts';
import { MANY_PLACES } from './lookalikes/many-places.ts';
import { REMITTER } from './lookalikes/remitter.ts';
import { SEASONAL_GROWER } from './lookalikes/seasonal-grower.ts';
import { SHARED_HOUSEHOLD } from './lookalikes/shared-household.ts';
import { SMALL_CREDITS } from './lookalikes/small-credits.ts';
import { VILLAGE_MACHINE } from './lookalikes/village-machine.ts';
import { WINTER_GUESTS } from './lookalikes/winter-guests.ts';
import { PREVALENCE } from './parameters.ts';
import { Random } from './random.ts';
import { Counters, Ledger, type Sink } from './rows.ts';
import { BORDER_CIRCUIT } from './scenarios/border-circuit.ts';
import { EXCHANGER } from './scenarios/exchanger.ts';
import { FACILITATOR } from './scenarios/facilitator.ts';
import { FORCED_MULES } from './scenarios/forced-mules.ts';
import { MOTEL_CIRCUIT } from './scenarios/motel-circuit.ts';
import { PACKAGED_STAY } from './scenarios/packaged-stay.ts';
import { RANSOM } from './scenarios/ransom.ts';
import { RECRUITMENT_DEBT } from './scenarios/recruitment-debt.ts';
import { RING } from './scenarios/ring.ts';
import { SMUGGLING_FUNNEL } from './scenarios/smuggling-funnel.ts';
import { WAGE_KICK_BACK } from './scenarios/wage-kick-back.ts';
import { WITHHELD_WAGES } from './scenarios/withheld-wages.ts';
import { type CaseKind, LOOKALIKE_KINDS, SCENARIO_KINDS, VARIANTS, type Variant } from './truth.ts';
import type { World } from './world.ts';

export const DEFINITIONS: Readonly<Record<CaseKind, CaseDefinition>> = {
  S1: RING,
  S2: BORDER_CIRCUIT,
  S3: MOTEL_CIRCUIT,
  S4: WAGE_KICK_BACK,
  S5: WITHHELD_WAGES,
  S6: RECRUITMENT_DEBT,
  S7: SMUGGLING_FUNNEL,
  S8: RANSOM,
  S9: PACKAGED_STAY,
  S10: FACILITATOR,
  S11: FORCED_MULES,
  S12: EXCHANGER,
  B1: REMITTER,
  B2: EVENING_SELLER,
  B3: INDEPENDENT,
  B4: LAWFUL_CREW,
  B5: SEASONAL_GROWER,
  B6: EQUAL_PAYMENTS,
  B7: MANY_PLACES,
  B8: EMERGENCY,
  B9: WINTER_GUESTS,
  B10: SMALL_CREDITS,
  B11: FIRST_WAGES,
  B12: COIN_USERS,
  H1: SHARED_HOUSEHOLD,
  H2: VILLAGE_MACHINE,
  H3: HOME_TOWN_CLUB,
};

/** A case that will happen: which kind, in which variant, under which number. */
export interface PlannedCase {
  readonly kind: CaseKind;
  readonly variant: Variant;
  readonly index: number;
}

export interface Plan {
  readonly seed: number;
  readonly kinds: readonly CaseKind[];
  readonly prevalence: 'demo' | 'honest';
  readonly variantShares: Readonly<Record<Variant, number>>;
  /** These cases and no others. */
  readonly exactly?: readonly CaseCount[];
}

/** So many cases of one kind in one variant. */
export interface CaseCount {
  readonly kind: CaseKind;
  readonly variant: Variant;
  readonly count: number;
}

/**
 * The first round holds every wanted kind once, as base, in `demo`; rounds beyond it are drawn. Numbers are given in
 * order, so a longer plan begins with the shorter one.
 */
export function planCases(plan: Plan, people: number): PlannedCase[] {
  const rng = new Random(plan.seed);
  const scenarios = SCENARIO_KINDS.filter((kind) => plan.kinds.includes(kind));
  const lookalikes = LOOKALIKE_KINDS.filter((kind) => plan.kinds.includes(kind));
  const planned: PlannedCase[] = [];
  const add = (kind: CaseKind, variant: Variant): void => {
    planned.push({ kind, variant, index: planned.length });
  };
  if (plan.exactly !== undefined) {
    for (const { kind, variant, count } of plan.exactly) for (let i = 0; i < count; i++) add(kind, variant);
    return planned;
  }
  const shares = VARIANTS.map((variant) => plan.variantShares[variant]);
  const anyVariant = (): Variant => VARIANTS[rng.weighted(shares)]!;
  if (plan.prevalence === 'demo') {
    for (const kind of scenarios) add(kind, 'base');
    for (let round = 0; round < PREVALENCE.demoLookalikesPerKind; round++)
      for (const kind of lookalikes) add(kind, 'base');
    const wanted = scenarios.length === 0 ? 0 : Math.round(people / PREVALENCE.demoAccountsPerCase);
    const cases = wanted - scenarios.length;
    for (let i = 0; i < cases; i++) add(scenarios[i % scenarios.length]!, anyVariant());
    return planned;
  }
  const rate = rng.real(PREVALENCE.honestAccountsPerCase);
  const cases = Math.floor(people / rate + rng.float());
  if (scenarios.length > 0) for (let i = 0; i < cases; i++) add(rng.pick(scenarios), anyVariant());
  if (lookalikes.length > 0) {
    const twins = Math.round(people / PREVALENCE.honestAccountsPerLookalike);
    for (let i = 0; i < twins; i++) add(lookalikes[i % lookalikes.length]!, 'base');
  }
  return planned;
}

export interface BuiltCase {
  readonly draft: CaseDraft;
  readonly actor: Actor;
}

export function buildCase(planned: PlannedCase, seed: number, world: World, days: number): BuiltCase {
  const definition = DEFINITIONS[planned.kind];
  const draft = new CaseDraft(definition, planned.variant, planned.index, seed, world, days);
  return { draft, actor: definition.build(draft) };
}

/** How many rows an actor gives over the days, without keeping any. The actor is used up by it. */
export function countRows(
  actors: readonly Actor[],
  lens: CaseDraft['lens'],
  from: number,
  days: number,
): number {
  let count = 0;
  const counting: Sink = (rows) => {
    count += rows.length;
  };
  const ledger = new Ledger(new Counters(), lens, counting);
  for (let day = from; day < from + days; day++) for (const actor of actors) actor.act(day, ledger);
  return count;
}
