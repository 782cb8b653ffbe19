/**
 * The second hop of the money, end to end under the shipped rules: two people whose takings end with a collector, who passes most of it on.
 * The payee gets an alert that says so, and nobody does who moves money for a living, is a minor, or may be the one to protect.
 */
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../schemas/alert.ts';
import type { Side, Transaction } from '../../../schemas/transaction.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { type Arriving, engineLines, partitionedLines } from '../../support/partition-play.ts';
import { standingOf } from '../../support/planted-alerts.ts';
import { OPTIONS } from '../../support/stream-comparison.ts';
import { rowHash } from '../../support/stream-transactions.ts';
import { FEEDS } from '../../support/stream-values.ts';
import { BEYOND, BOSS, COLLECTOR, feederKey, type Story, twoHops } from '../../support/two-hops.ts';

const HOP = 'SEX-09-HOP';
const knowledge = await loadKnowledge();

const standing = (story: Story = {}) => standingOf(twoHops(story), knowledge);
const about = (alerts: readonly Alert[], subject: string) =>
  alerts.filter((alert) => alert.subject === subject);
/** The worst for any of them: suspected of anything, scored, or to be restrained. */
const named = (alerts: readonly Alert[], subject: string) =>
  alerts.filter(({ roles }) => roles.some((party) => party.subject === subject));

describe('two people, a collector, and whoever gets it in the end', () => {
  test('the payee has an alert that came over two hops, at half of the weight', async () => {
    const { alerts, signals } = await standing();
    expect(about(alerts, COLLECTOR).map(({ typology }) => typology)).toContain('K-SEX-CONTROL');
    const [alert, ...more] = about(alerts, BOSS);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ typology: 'K-SEX-CONTROL' });

    const hop = signals.find(({ rule }) => rule === HOP)!;
    expect(hop).toMatchObject({
      observedHolder: COLLECTOR,
      attributions: [
        { subject: BOSS, role: 'suspected_controller', weight: 0.5 },
        { subject: COLLECTOR, role: 'suspected_controller', weight: 0 },
      ],
    });
    const parts = new Map(alert!.scoreParts.map((part) => [part.rule, part]));
    expect(parts.get(HOP)).toMatchObject({ via: 'own', attributionMilli: 500, signalId: hop.id });
    // What the collector's signals rest on comes along, at the same share, and under whom it was observed on.
    for (const rule of ['SEX-08', 'SEX-01']) {
      expect(parts.get(rule)).toMatchObject({ via: 'companion', attributionMilli: 500 });
      expect([feederKey(0), feederKey(1)]).toContain(parts.get(rule)?.observedOn);
    }
    for (const part of alert!.scoreParts) expect(part.attributionMilli).toBeLessThanOrEqual(500);

    expect(alert!.why.en).toContain(
      `reached over two hops of the money, through ${COLLECTOR}, who collects: at 0.5 of the weight`,
    );
    expect(alert!.why.es).toContain('dos saltos del dinero');
    expect(alert!.why.fr).toContain('deux sauts de l’argent');
    expect(alert!.narrative.en).toContain('the second hop of the money');
    const roles = alert!.roles.map((party) => [party.subject, party.role, party.protected, party.confidence]);
    expect(roles[0]).toEqual([BOSS, 'suspected_controller', false, 'low']);
    expect(roles).toContainEqual([COLLECTOR, 'suspected_controller', false, 'low']);
    for (const i of [0, 1])
      expect(roles).toContainEqual([feederKey(i), 'potential_victim', true, expect.anything()]);
    // The rows of all three steps are its evidence.
    const ids = alert!.transactions.map(({ id }) => id);
    for (const step of ['cash-0-', 'hand-1-', 'on-'])
      expect(ids.some((id) => id.startsWith(step))).toBe(true);
    expect(alert!.actions.filter(({ kind }) => kind === 'restraint_referral')).toEqual([]);
  });

  test('a collector with whom it stays leads to nobody', async () => {
    const { alerts, signals } = await standing({ isKept: true });
    expect(about(alerts, COLLECTOR)).not.toEqual([]);
    expect(signals.filter(({ rule }) => rule === HOP)).toEqual([]);
    expect(named(alerts, BOSS)).toEqual([]);
  });

  test('one person who hands over is nobody to follow', async () => {
    const { alerts } = await standing({ feeders: 1 });
    expect(named(alerts, BOSS)).toEqual([]);
  });

  test('it goes no further than two hops', async () => {
    const { alerts } = await standing({ goesOn: true });
    expect(about(alerts, BOSS)).toHaveLength(1);
    expect(named(alerts, BEYOND)).toEqual([]);
  });

  test.each<[string, Side]>([
    ['a transmitter', { kind: 'entity', licences: ['msb'] }],
    ['a payment processor', { kind: 'entity', licences: ['psp'] }],
    ['an exchange', { kind: 'entity', licences: ['vasp'] }],
    ['a transmitter by its kind', { kind: 'msb' }],
    ['a bank', { kind: 'bank_own' }],
    ['an authority', { kind: 'tax_or_social_security' }],
  ])('%s is infrastructure: it is paid, and never suspected', async (_what, payee) => {
    const { alerts, signals } = await standing({ payee });
    expect(about(alerts, COLLECTOR)).not.toEqual([]);
    expect(signals.filter(({ rule }) => rule === HOP)).toEqual([]);
    expect(named(alerts, BOSS)).toEqual([]);
  });

  test('a minor who is paid is never suspected', async () => {
    const { alerts } = await standing({ payee: { ageBand: '16_17' } });
    expect(about(alerts, COLLECTOR)).not.toEqual([]);
    expect(named(alerts, BOSS)).toEqual([]);
  });

  test('a payee whose own history says that they may be the one to protect is never suspected', async () => {
    const { alerts, signals } = await standing({ isPayeeShaped: true });
    // The signal stands, and is the collector's; it does not come to the payee.
    expect(signals.some(({ rule }) => rule === HOP)).toBe(true);
    expect(signals.some(({ rule, observedHolder }) => rule === 'SEX-08' && observedHolder === BOSS)).toBe(
      true,
    );
    for (const alert of about(alerts, BOSS)) expect(alert.scoreMilli).toBe(0);
    for (const alert of named(alerts, BOSS))
      for (const party of alert.roles.filter(({ subject }) => subject === BOSS))
        expect(party.protected).toBe(true);
  });

  test('a collector of whom a later signal says that they may be the one to protect is named as such to the payee, too', async () => {
    const before = await standing();
    const { alerts, signals } = await standing({ isCollectorShapedLater: true });
    const hop = signals.find(({ rule }) => rule === HOP)!;
    const shaped = signals.filter(
      ({ rule, observedHolder }) => rule === 'SEX-08' && observedHolder === COLLECTOR,
    );
    expect(shaped.length).toBeGreaterThan(0);
    for (const { openedAt, attributions } of shaped) {
      expect(openedAt).toBeGreaterThan(hop.eventTime);
      expect(attributions.map(({ subject }) => subject)).not.toContain(BOSS);
    }
    expect(hop.holderProtectedAs).toBe('potential_victim');
    const [alert] = about(alerts, BOSS);
    const [earlier] = about(before.alerts, BOSS);
    // The alert is the same; it rests on nothing of what came later.
    expect([alert?.id, alert?.version, alert?.eventTime]).toEqual([
      earlier?.id,
      earlier?.version,
      earlier?.eventTime,
    ]);
    const partiesOf = (some: typeof alert) => some!.roles.filter(({ subject }) => subject === COLLECTOR);
    expect(partiesOf(earlier)).toMatchObject([{ role: 'suspected_controller', protected: false }]);
    expect(partiesOf(alert)).toMatchObject([
      { role: 'potential_victim', confidence: 'low', protected: true },
    ]);
  });
});

test('partitions that own one step each say what one engine says, and take it back with its cause', async () => {
  const provided = new Map(Object.values(FEEDS).map((id) => [id, OPTIONS.providedBy(id)]));
  const arrivals = (rows: readonly Transaction[]): Arriving[] =>
    rows.map((tx) => ({ row: { tx, hash: rowHash(tx), provided: OPTIONS.providedBy(tx.stamp.provided) } }));
  const rows = twoHops();
  // One of the two turns out not to have handed anything over: less than two are left, and nothing is passed on to anybody.
  const undone = (of: readonly Transaction[], prefix: string) =>
    of
      .filter(({ id }) => id.startsWith(prefix))
      .map((tx): Transaction => ({ ...tx, version: 2, op: 'withdraw' }));
  // What comes months later protects the collector in the alert of before, until it turns out not to have been.
  const shaped = twoHops({ isCollectorShapedLater: true });
  const worlds = [
    { rows, isThere: true },
    { rows: [...rows, ...undone(rows, 'hand-1-')], isThere: false },
    { rows: shaped, isThere: true },
    { rows: [...shaped, ...undone(shaped, 'late-')], isThere: true },
  ];
  const said: string[][] = [];
  for (const { rows: all, isThere } of worlds) {
    const expected = await engineLines(knowledge, provided, arrivals(all));
    expect(expected.some((line) => line.includes(HOP))).toBe(isThere);
    said.push(expected);
    for (const [partitions, deaths] of [
      [1, 0],
      [8, 0.02],
    ] as const) {
      const world = { knowledge, partitions, deaths, seed: 5, partBytes: 64 * 1024, isRebuilt: deaths > 0 };
      const tally = { signals: 0, alerts: 0 };
      expect(await partitionedLines(world, provided, arrivals(all), tally)).toEqual(expected);
    }
  }
  const [plain, , protectedThen, notAnyMore] = said;
  expect(protectedThen?.filter((line) => plain?.includes(line))).not.toEqual(plain);
  expect(notAnyMore).toEqual(plain);
}, 300_000);
