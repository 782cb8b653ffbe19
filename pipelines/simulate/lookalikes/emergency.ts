/**
 * B8. A family emergency: hospital, bail, funeral, a relative sent back. Several sends in two days, by people who have
 * sent to these relatives for months, or to a hospital or a lawyer. In the hard twin (`evasive`) a relative lies hurt in a
 * border town, where nobody of the family ever sent to, and whoever looks after them is paid: from the rows alone nobody can
 * tell it from a ransom, so it is counted apart.
 */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B8 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { HOUR_MS, MINUTE_MS, momentOf } from '../time.ts';
import type { World } from '../world.ts';

class Emergency implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly bank: Account;
  private readonly sender: Account;
  private readonly relative: Account;
  private readonly stranger: Account;
  private readonly clinic: Account;
  private readonly day: number;
  private readonly sends: number;
  private readonly usual: number;
  private readonly wage: number;
  private readonly toInstitution: boolean;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.houston, TOWNS.losAngeles, TOWNS.chicago, TOWNS.atlanta]);
    const party = draft.person('ordinary', { town });
    this.bank = draft.account(party, draft.bank('US'));
    const operator = draft.operator();
    this.sender = draft.account(party, operator);
    const border = [TOWNS.reynosa, TOWNS.juarez];
    const inland = [TOWNS.puebla, TOWNS.oaxaca];
    const home = rng.pick(draft.isEvasive ? inland : [...border, ...inland]);
    this.relative = draft.account(
      draft.person('ordinary', { town: home, surnames: party.surnames }),
      operator,
    );
    const away = draft.isEvasive ? rng.pick(border) : home;
    this.stranger = draft.account(draft.person('ordinary', { town: away }), operator);
    this.clinic = draft.account(
      rng.chance(0.5)
        ? draft.entity('infrastructure', {
            town,
            kind: 'entity',
            name: 'General Clinic',
            sector: 'NAICS:6221',
          })
        : draft.entity('infrastructure', { town, kind: 'entity', name: 'Bail and Law', licence: 'law_firm' }),
      draft.bank('US'),
    );
    this.sends = draft.draw('sends', B8.sends);
    this.usual = draft.draw('usualUsd', B8.usualUsd);
    this.wage = draft.draw('wageUsd', B8.wageUsd) * 100;
    draft.drawShare('highestShare', [0.4, 1]);
    // Late enough for a history of ordinary sends.
    this.day =
      draft.start + Math.round((draft.end - draft.start) * draft.drawShare('historyShare', B8.historyShare));
    this.toInstitution = !draft.isEvasive && rng.chance(0.4);
  }

  act(day: number, ledger: Ledger): void {
    const { rng, world, bank } = this;
    const { town } = bank.owner;
    if (isPayDay('biweekly_even', day)) {
      ledger.transfer({
        at: momentOf(town.zone, day, 300),
        from: world.stages.US.employers[0]!,
        to: bank,
        amount: this.wage,
        ccy: 'USD',
        rail: 'ach',
        channel: 'batch',
        zone: town.zone,
        purpose: 'wage',
      });
      const amount = roundUnits(this.usual * Math.exp(0.2 * rng.normal()), 5);
      this.send(this.relative, amount, momentOf(town.zone, day + 1, rng.int(600, 1_150)), ledger);
    }
    if (rng.chance(0.14))
      ledger.purchase({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account: bank,
        amount: rng.int(700, 8_800),
        ccy: 'USD',
        merchant: rng.pick(world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    if (day === this.day) this.help(day, ledger);
  }

  private help(day: number, ledger: Ledger): void {
    const { rng, bank, clinic } = this;
    const { zone } = bank.owner.town;
    const began = momentOf(zone, day, rng.int(120, 1_380));
    const [low, high] = B8.sendUsd;
    const top = low + (high - low) * this.draft.parameters['highestShare']!;
    for (let i = 0; i < this.sends; i++) {
      const at = began + Math.round((i * 46 * HOUR_MS) / this.sends);
      const amount = roundUnits(rng.real([low, top]), 10);
      if (this.toInstitution) {
        const rail = clinic.institution === bank.institution ? 'us_on_us' : 'rtp';
        ledger.transfer({ at, from: bank, to: clinic, amount, ccy: 'USD', rail, zone, purpose: 'medical' });
      } else this.send(this.draft.isEvasive ? this.stranger : this.relative, amount, at, ledger);
    }
  }

  private send(receiver: Account, amount: number, at: number, ledger: Ledger): void {
    const { rng, sender } = this;
    ledger.remittance({
      at,
      operator: sender.institution,
      sender,
      receiver,
      amount,
      ccy: 'USD',
      from: sender.owner.town,
      to: receiver.owner.town,
      sendAgent: 5,
      payAgent: rng.int(1, 2),
      paidAt: at + rng.int(20, 900) * MINUTE_MS,
      payout: 'cash',
      fundedBy: 'cash',
      relationship: receiver === this.relative ? 'kin' : 'friend',
      purpose: 'family_support',
    });
  }
}

export const EMERGENCY: CaseDefinition = {
  kind: 'B8',
  title: 'Family emergency, bail, funeral',
  form: null,
  expected: [],
  mustNotFire: ['SMU-09'],
  build: (draft) => new Emergency(draft),
};
