/**
 * One case being set up: its own random stream and number block, the parameters it drew, its people. Nothing in it
 * depends on any other case, so adding one never changes the rest.
 */
import type { Form } from '../../schemas/enumerations.ts';
import type { Actor } from './daily-life.ts';
import { INSTITUTIONS, type Institution, silentBank, submittingBanks } from './institutions.ts';
import { drawSurnames } from './names.ts';
import { POPULATION } from './parameters.ts';
import {
  type Account,
  type AccountOptions,
  createEntity,
  createPerson,
  type EntityOptions,
  type IdBlock,
  openAccount,
  type Party,
  type PersonOptions,
} from './people.ts';
import type { CountryCode } from './places.ts';
import { deriveSeed, Random, type Range } from './random.ts';
import { CLEAR, DROPPABLE, type Lens } from './rows.ts';
import { dateText } from './time.ts';
import {
  type CaseKind,
  isProtected,
  standingOf,
  type TruthCase,
  type TruthRole,
  type TruthSubject,
  type Variant,
} from './truth.ts';
import { caseIds, type World } from './world.ts';

/** What a kind of case is, and how one is set up. */
export interface CaseDefinition {
  readonly kind: CaseKind;
  readonly title: string;
  readonly form: Form | null;
  readonly expected: readonly string[];
  readonly mustNotFire: readonly string[];
  build(draft: CaseDraft): Actor;
}

/** How often a case without usable times occurs among those with missing fields. */
const DATE_ONLY_SHARE = 0.4;

export class CaseDraft {
  readonly id: string;
  readonly definition: CaseDefinition;
  readonly variant: Variant;
  readonly seed: number;
  readonly rng: Random;
  readonly world: World;
  readonly lens: Lens;
  readonly parties: Party[] = [];
  readonly parameters: Record<string, number> = {};
  /** First day and the day after the last. */
  start: number;
  end: number;
  private readonly ids: IdBlock;
  private readonly roles: { party: Party; role: TruthRole }[] = [];

  constructor(
    definition: CaseDefinition,
    variant: Variant,
    index: number,
    seed: number,
    world: World,
    simulatedDays: number,
  ) {
    this.id = `${definition.kind}-${String(index + 1).padStart(3, '0')}`;
    this.definition = definition;
    this.variant = variant;
    this.seed = deriveSeed(seed, 'case', definition.kind, index);
    this.rng = new Random(this.seed);
    this.world = world;
    this.ids = caseIds(index);
    this.start = world.from;
    this.end = world.from + simulatedDays;
    this.lens = variant === 'missing' ? this.drawLens() : CLEAR;
  }

  get isBase(): boolean {
    return this.variant === 'base';
  }

  get isEvasive(): boolean {
    return this.variant === 'evasive';
  }

  /** A whole number of the range, remembered as a parameter of the case. */
  draw(name: string, range: Range): number {
    const value = this.rng.whole(range);
    this.parameters[name] = value;
    return value;
  }

  /** A real number of the range, remembered to four decimals. */
  drawShare(name: string, range: Range): number {
    const value = Math.round(this.rng.real(range) * 10_000) / 10_000;
    this.parameters[name] = value;
    return value;
  }

  /** Limits the behaviour to some weeks of the simulation, at the earliest from a day on. */
  span(weeks: Range, earliest = this.start): void {
    const length = this.draw('weeks', weeks) * 7;
    const from = Math.min(Math.max(earliest, this.start + 3), Math.max(this.start, this.end - length));
    const slack = Math.max(0, this.end - length - from);
    this.start = from + this.rng.int(0, Math.min(slack, 35));
    this.end = Math.min(this.end, this.start + length);
  }

  covers(day: number): boolean {
    return day >= this.start && day < this.end;
  }

  /** A bank that submits. */
  bank(country: CountryCode): Institution {
    return this.rng.pick(submittingBanks(country));
  }

  /** Another bank than the given one: in a truncated case the one that does not submit. */
  otherBank(country: CountryCode, than: Institution): Institution {
    if (this.variant === 'truncated') return silentBank(country);
    return this.rng.pick(submittingBanks(country).filter((each) => each !== than));
  }

  operator(): Institution {
    return this.rng.chance(0.5) ? INSTITUTIONS.girosol : INSTITUTIONS.envialto;
  }

  /** Another operator than the given one: in a truncated case the one that does not submit. */
  otherOperator(than: Institution): Institution {
    if (this.variant === 'truncated') return INSTITUTIONS.pasolargo;
    return than === INSTITUTIONS.girosol ? INSTITUTIONS.envialto : INSTITUTIONS.girosol;
  }

  /** Two surnames as they are spread in Mexico. */
  surnames(): readonly string[] {
    return drawSurnames(this.rng, true);
  }

  person(role: TruthRole, options: PersonOptions): Party {
    return this.enrol(createPerson(this.rng, this.ids, options), role);
  }

  entity(role: TruthRole, options: EntityOptions): Party {
    return this.enrol(createEntity(this.ids, options), role);
  }

  /** An account opened a while before the simulation unless told otherwise. */
  account(owner: Party, institution: Institution, options: Partial<AccountOptions> = {}): Account {
    const opened = this.world.from - this.rng.whole(POPULATION.accountAgeDays);
    return openAccount(this.ids, owner, institution, { opened, ...options });
  }

  truth(transactions: number): TruthCase {
    const { definition } = this;
    return {
      id: this.id,
      kind: definition.kind,
      isLookalike: definition.form === null,
      variant: this.variant,
      seed: this.seed,
      title: definition.title,
      form: definition.form,
      from: dateText(this.start),
      to: dateText(this.end - 1),
      subjects: this.roles.filter(({ party }) => party.accounts.length > 0).map(subjectOf),
      expected: definition.expected,
      mustNotFire: definition.mustNotFire,
      parameters: this.parameters,
      transactions,
    };
  }

  private enrol(party: Party, role: TruthRole): Party {
    this.parties.push(party);
    this.roles.push({ party, role });
    return party;
  }

  private drawLens(): Lens {
    if (this.rng.chance(DATE_ONLY_SHARE)) return { dateOnly: true, drops: [] };
    return { dateOnly: false, drops: this.rng.sample(DROPPABLE, 2) };
  }
}

/** What the truth says of a party that has an account. */
export function subjectOf({ party, role }: { party: Party; role: TruthRole }): TruthSubject {
  return {
    ref: party.ref,
    refScheme: party.refScheme,
    institution: party.accounts[0]!.institution.id,
    accounts: party.accounts.flatMap((account) => {
      const own = { institution: account.institution.id, scheme: account.scheme, token: account.token };
      if (account.handle === undefined) return [own];
      return [own, { institution: account.institution.id, ...account.handle }];
    }),
    role,
    standing: standingOf(role),
    protected: isProtected(role),
  };
}
