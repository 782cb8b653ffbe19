/** Whom a signal protects in the alerts that their own signals lead to, and what reaches them. */
import { expect, test } from 'vitest';
import { protectedAs, withProtection } from '../../../../pipelines/compose/relay.ts';
import type { Role } from '../../../../schemas/enumerations.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import { DAY, signal, T0 } from '../../../support/compose.ts';
import { COLLECTOR, FIRST } from '../../../support/compose-scene.ts';

const of = (holderRole: Role, rest: Partial<Signal> = {}) =>
  signal({ rule: 'SEX-07', family: 'FLW', weight: 3, to: COLLECTOR, holderRole, name: holderRole, rest });

test('a person is to be protected as what their own signals say, whenever they do; an experimental rule says nothing', () => {
  expect(protectedAs(COLLECTOR, [])).toBeUndefined();
  expect(protectedAs(COLLECTOR, [of('unknown'), of('suspected_controller')])).toBeUndefined();
  expect(protectedAs(COLLECTOR, [of('potential_victim', { observedHolder: FIRST })])).toBeUndefined();
  expect(protectedAs(COLLECTOR, [of('potential_victim', { shadow: true })])).toBeUndefined();
  expect(protectedAs(COLLECTOR, [of('victim_family_payer', { leg: true })])).toBe('victim_family_payer');
  const both = [of('victim_family_payer'), of('potential_victim', { eventTime: T0 + 400 * DAY })];
  expect(protectedAs(COLLECTOR, both)).toBe('potential_victim');
  expect(protectedAs(COLLECTOR, both.toReversed())).toBe('potential_victim');
});

test('what names another says so, and what stays with the person does not change', () => {
  const stays = signal({ rule: 'SEX-09', family: 'COL', weight: 5, to: COLLECTOR });
  const goesOn = signal({ rule: 'SEX-09', family: 'COL', weight: 5, on: COLLECTOR, to: FIRST });
  expect(withProtection([stays, goesOn], 'potential_victim')).toEqual([
    stays,
    { ...goesOn, holderProtectedAs: 'potential_victim' },
  ]);
  expect(withProtection([stays, goesOn], undefined)).toEqual([stays, goesOn]);
});
