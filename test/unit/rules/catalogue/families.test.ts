/** The family of every indicator is the assigned one: caps, levels and the two families of an alert rest on it. */
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../../schemas/enumerations.ts';
import { loadCatalogue } from './catalogue.ts';

const ASSIGNED: Readonly<Record<Family, string>> = {
  CTL: 'SEX-08 LAB-02 LAB-03 LAB-05 LAB-09 LAB-10 LAB-12 DEB-02 CRM-02 CST-05 OFF-01 INS-02',
  COL:
    'SEX-09 SEX-21 CST-06 OCS-04 OCS-07 OCS-11 LAB-04 DEB-01 DEB-03 DEB-05 SMU-01 SMU-03 SMU-04 SMU-05 ADO-02 ' +
    'ORG-01 OFF-02 AML-02 AML-04 VA-04 VA-13 VA-14 STL-01',
  FLW:
    'SEX-07 SEX-16 SEX-22 CST-01 OCS-01 OCS-03 OCS-06 LAB-07 LAB-08 DEB-04 SMU-06 SMU-08 SMU-09 ORG-04 CRM-03 ' +
    'CRM-04 AML-03 AML-05 VA-02 VA-03 VA-05 VA-07 VA-09 VA-10 VA-16 INS-01',
  TIM: 'SEX-01 SEX-13 OCS-02',
  GEO: 'SEX-02 CST-02 CST-04 SMU-02',
  SPD: 'SEX-03 SEX-04 SEX-10 SEX-11 SEX-12 SEX-18 CST-03 OCS-08 OCS-09 SMU-10 VA-18',
  ATT: 'SEX-20 LAB-06 AML-06 VA-12',
  TXT: 'OCS-05 ADO-01 ORG-02',
  LST: 'SEX-05 SEX-06 SEX-19 OCS-10 ADO-03 VA-06 VA-08 VA-11 VA-15 VA-17 OFF-04',
  PRF: 'SEX-14 LAB-01 LAB-11 SMU-11 ORG-03 OFF-03',
  CSH: 'SEX-15 SEX-17 SMU-07 CRM-01 AML-01 AML-07 VA-01',
};
const INDICATORS = 110;

const familyOf = new Map(
  Object.entries(ASSIGNED).flatMap(([family, ids]) => ids.split(' ').map((id) => [id, family] as const)),
);
const { rules } = await loadCatalogue();
/** What an indicator is made of (`LAB-03-LEG`, `SEX-08-ATM`) has a family of its own. */
const indicators = rules.filter(({ id }) => /^[A-Z]+-\d+$/.test(id));

describe('the families', () => {
  it('are assigned once to each of the indicators', () => {
    const ids = Object.values(ASSIGNED).flatMap((each) => each.split(' '));
    expect(ids).toHaveLength(INDICATORS);
    expect(familyOf.size).toBe(INDICATORS);
  });

  it('are those of a catalogue that has every indicator', () => {
    const there = new Set(indicators.map(({ id }) => id));
    expect([...familyOf.keys()].filter((id) => !there.has(id))).toEqual([]);
  });

  it.each(indicators.map((rule) => [rule.id, rule] as const))('%s has its own', (id, { family }) => {
    expect([id, family]).toEqual([id, familyOf.get(id)]);
  });

  it('of a part of an indicator leads back to an indicator of the table', () => {
    const parts = rules.filter((rule) => !indicators.includes(rule)).map(({ id }) => id);
    expect(parts.length).toBeGreaterThan(0);
    for (const id of parts) expect(familyOf.has(id.split('-').slice(0, 2).join('-')), id).toBe(true);
  });
});
