/**
 * S11. Young people made to move money. Accounts opened in a few days from one telephone receive sums of strangers and
 * pass nearly all on to one hub within hours; the hub pays each a little on Fridays, and a relative of an official
 * monthly, as does a bar of the same people.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { type Account, barHours, type Party, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S11 } from '../scenario-parameters.ts';
import { civilOf, HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { outsider } from '../world.ts';

const HOMES: readonly Town[] = [TOWNS.culiacan, TOWNS.tijuana, TOWNS.reynosa, TOWNS.acapulco];
/** Those not yet of age in the simulated years. */
const MINOR_FROM = 2008;

class ForcedMules implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly town: Town;
  private readonly youths: readonly Account[];
  private readonly hub: Account;
  private readonly relative: Account;
  private readonly bar: Account;
  private readonly shops: readonly Account[];
  private readonly cyclesPerWeek: number;
  private readonly passShare: number;
  private readonly payMxn: number;
  private readonly bribeMxn: number;
  private readonly hours: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S11.weeks);
    this.town = rng.pick(HOMES);
    const { town } = this;
    const bank = draft.bank('MX');
    const hub = draft.person('collector', { town, birthYears: [1979, 1996] });
    this.hub = draft.account(hub, draft.otherBank('MX', bank));
    const official = draft.person('official', {
      town,
      birthYears: [1966, 1985],
      sector: 'SCIAN:9312',
      onRecord: { occupation: rng.chance(0.6) ? 'police' : 'public_official', pep: true },
    });
    draft.account(official, bank);
    const relative = draft.person('official', { town, birthYears: [1966, 1990], onRecord: { pep: true } });
    relate(official, relative, 'spouse');
    this.relative = draft.account(relative, draft.bank('MX'));
    this.bar = draft.account(
      draft.entity('front', {
        town,
        kind: 'entity',
        name: 'Bar La Brisa',
        sector: 'SCIAN:7224',
        owners: [hub],
        licence: 'late_venue',
        onRecord: { openingHours: barHours() },
      }),
      draft.bank('MX'),
    );
    // Evasive: the money runs through shops, partly in cash.
    this.shops = draft.isEvasive
      ? [1, 2, 3].map((i) =>
          draft.account(
            draft.entity('front', { town, kind: 'entity', name: `Abarrotes ${i}`, sector: 'SCIAN:4611' }),
            bank,
          ),
        )
      : [];
    const opened = draft.start - rng.int(4, 25);
    const device = `d-${draft.id}`;
    this.youths = Array.from({ length: draft.draw('youths', S11.youths) }, (_, i) => {
      const birthYear = rng.whole(S11.birthYears);
      const party = this.youth(birthYear);
      const openedAt = opened + (i % S11.openingDays);
      const product = birthYear >= MINOR_FROM ? ('youth' as const) : ('nivel_2' as const);
      return draft.account(party, bank, { opened: openedAt, product, device });
    });
    this.cyclesPerWeek = draft.draw('cyclesPerWeek', S11.cyclesPerWeek);
    this.passShare = draft.drawShare('passShare', S11.passShare);
    this.payMxn = draft.draw('payMxn', S11.payMxn);
    this.bribeMxn = draft.draw('bribeMxn', S11.bribeMxn);
    this.hours = draft.draw('hours', S11.hours);
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    for (const youth of this.youths)
      if (this.rng.chance(this.cyclesPerWeek / 7)) this.pass(youth, day, ledger);
    if (weekdayOf(day) === 5) for (const youth of this.youths) this.payFriday(youth, day, ledger);
    if (civilOf(day).dayOfMonth === 4) this.bribe(this.hub, 1, day, ledger);
    if (civilOf(day).dayOfMonth === 18) this.bribe(this.bar, 0.7, day, ledger);
  }

  /** A minor is a victim and nothing else; those of age are held just the same, and both. */
  private youth(birthYear: number): Party {
    const role = birthYear >= MINOR_FROM ? 'victim' : 'coerced';
    return this.draft.person(role, {
      town: this.town,
      birthYears: [birthYear, birthYear],
      onRecord: { occupation: 'student' },
    });
  }

  private pass(youth: Account, day: number, ledger: Ledger): void {
    const { rng, town } = this;
    const parts = rng.int(1, 3);
    const total = rng.real(S11.passMxn);
    let at = momentOf(town.zone, day, rng.int(500, 1_100));
    let held = 0;
    for (let i = 0; i < parts; i++) {
      const amount = roundUnits(total / parts, 50);
      at += rng.int(2, 80) * MINUTE_MS;
      held += amount;
      ledger.transfer({
        at,
        from: outsider(rng, 'MX', false),
        to: youth,
        amount,
        ccy: 'MXN',
        rail: 'spei',
        zone: town.zone,
      });
    }
    const onward = Math.round((held * this.passShare) / 1_000) * 1_000;
    const to = this.shops.length > 0 && rng.chance(0.7) ? rng.pick(this.shops) : this.hub;
    const out = at + Math.round(rng.real([0.25, 1]) * this.hours * HOUR_MS);
    if (this.draft.isEvasive && rng.chance(0.4)) {
      ledger.cashWithdrawal({
        at: out,
        account: youth,
        amount: Math.min(900_000, Math.floor(onward / 10_000) * 10_000),
        ccy: 'MXN',
        town,
        channel: 'atm',
        outlet: rng.int(1, 4),
      });
      return;
    }
    this.spei(youth, to, onward, out, ledger);
  }

  private payFriday(youth: Account, day: number, ledger: Ledger): void {
    const { rng, town } = this;
    const amount = roundUnits(this.payMxn * rng.real([0.92, 1.08]), 50);
    this.spei(this.hub, youth, amount, momentOf(town.zone, day, rng.int(900, 1_300)), ledger);
  }

  private bribe(from: Account, share: number, day: number, ledger: Ledger): void {
    const { rng, town } = this;
    const amount = roundUnits(this.bribeMxn * share * rng.real([0.9, 1.1]), 500);
    this.spei(from, this.relative, amount, momentOf(town.zone, day, rng.int(700, 1_200)), ledger);
  }

  private spei(from: Account, to: Account, amount: number, at: number, ledger: Ledger): void {
    const rail = from.institution === to.institution ? 'mx_on_us' : 'spei';
    ledger.transfer({ at, from, to, amount, ccy: 'MXN', rail, zone: this.town.zone });
  }
}

export const FORCED_MULES: CaseDefinition = {
  kind: 'S11',
  title: 'Young people made to pass money to a hub that pays an official',
  form: 'minors_in_crime',
  expected: ['CRM-03', 'AML-03', 'OFF-01'],
  mustNotFire: [],
  build: (draft) => new ForcedMules(draft),
};
