import { describe, expect, it } from 'vitest';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';
import { createThresholds } from '../../../../rules/reference/thresholds.ts';
import type { ThresholdFile } from '../../../../schemas/thresholds.ts';

const { thresholds } = loadReference(readReferenceFiles());
const at = (id: string, moment: string) => thresholds.at(id, Date.parse(moment));

describe('statutory thresholds', () => {
  it('gives the value in the statutory currency with its operator', () => {
    expect(at('us.ctr_cash', '2025-06-01T12:00:00Z')).toEqual({ minor: 1_000_000, ccy: 'USD', op: 'gt' });
    expect(at('mx.relevante_cash', '2025-06-01T12:00:00Z')).toEqual({ minor: 750_000, ccy: 'USD', op: 'ge' });
    expect(at('ca.lctr', '2025-06-01T12:00:00Z')).toEqual({ minor: 1_000_000, ccy: 'CAD', op: 'ge' });
  });

  it('replays an older year with that year’s law', () => {
    expect(at('mx.lfpiorpi_va_aviso', '2024-06-01T12:00:00Z')?.minor).toBe(7_002_765);
    expect(at('mx.lfpiorpi_va_aviso', '2025-07-16T12:00:00Z')?.minor).toBe(7_297_530);
    expect(at('mx.lfpiorpi_va_aviso', '2025-07-17T12:00:00Z')?.minor).toBe(2_375_940);
    expect(at('mx.lfpiorpi_va_aviso', '2026-06-01T12:00:00Z')?.minor).toBe(2_463_510);
  });

  it('knows between what amounts it lies, whatever the year', () => {
    expect(thresholds.range('us.ctr_cash')).toEqual({ least: 1_000_000, most: 1_000_000 });
    const aviso = thresholds.range('mx.lfpiorpi_va_aviso');
    for (let year = 2015; year < 2032; year++) {
      for (const day of ['01-31T12', '02-01T12', '07-16T12', '07-17T12', '12-31T12']) {
        const minor = at('mx.lfpiorpi_va_aviso', `${year}-${day}:00:00Z`)?.minor ?? aviso?.least;
        expect(minor).toBeGreaterThanOrEqual(aviso?.least as number);
        expect(minor).toBeLessThanOrEqual(aviso?.most as number);
      }
    }
    expect(aviso?.least).toBeLessThan(aviso?.most as number);
    expect(thresholds.range('ca.cash_ban')).toBeUndefined();
    expect(thresholds.range('us.nothing')).toBeUndefined();
  });

  it('changes at midnight of the capital, not of UTC', () => {
    const lastOfJanuary = at('mx.av_gaming.identify', '2026-02-01T05:59:59Z')?.minor;
    const firstOfFebruary = at('mx.av_gaming.identify', '2026-02-01T06:00:00Z')?.minor;
    expect([lastOfJanuary, firstOfFebruary]).toEqual([325 * 11_314, 325 * 11_731]);
  });

  it('has both ends of a band, each with its own operator by period', () => {
    expect(at('us.gto_swb', '2025-05-01T12:00:00Z')).toEqual({
      minor: 20_000,
      ccy: 'USD',
      op: 'gt',
      upTo: { minor: 1_000_000, op: 'le' },
    });
    expect(at('us.gto_swb', '2025-10-01T12:00:00Z')).toEqual({
      minor: 100_000,
      ccy: 'USD',
      op: 'ge',
      upTo: { minor: 1_000_000, op: 'le' },
    });
  });

  it('evaluates neither proposals, nor doubtful periods, nor duties without an amount, nor units without a table', () => {
    for (const id of ['ca.cash_ban', 'us.gto_swb', 'us.structuring', 'mx.va_itf']) {
      expect([id, at(id, '2026-10-01T12:00:00Z')]).toEqual([id, null]);
    }
    expect(at('us.travel_rule', '2026-10-01T12:00:00Z')?.minor).toBe(300_000);
    expect(at('ca.lvctr', '2020-01-01T00:00:00Z')).toBeNull();
    expect(() => at('us.nothing', '2025-01-01T00:00:00Z')).toThrow(RangeError);
  });

  it('says by whom and over what amounts are added up', () => {
    expect(thresholds.get('ca.lctr')?.aggregation).toEqual({
      window: 'static24h',
      by: ['conductor', 'beneficiary', 'onBehalfOf'],
      cashDirections: 'apart',
    });
    expect(thresholds.get('us.ctr_cash')?.aggregation.cashDirections).toBe('apart');
    expect(thresholds.get('mx.relevante_cash')?.aggregation.window).toBe('single');
  });

  it('names a source for every period', () => {
    for (const id of thresholds.ids) {
      for (const period of thresholds.get(id)?.periods ?? []) {
        expect([id, period.source.document.length > 2, period.source.section.length > 1]).toEqual([
          id,
          true,
          true,
        ]);
      }
    }
    expect(thresholds.ids.length).toBeGreaterThanOrEqual(45);
  });

  it('refuses overlapping periods in force', () => {
    const source = { document: 'x', year: 2020, section: 'y' };
    const period = { op: 'ge', value: '1', status: 'in_force', verified: false, source } as const;
    const file: ThresholdFile = {
      kind: 'thresholds',
      id: 'bad',
      version: '2026-01-01',
      jurisdiction: 'US',
      timeZone: 'America/New_York',
      thresholds: [
        {
          id: 'us.twice',
          title: { en: 'a', es: 'b', fr: 'c' },
          duty: 'report',
          covers: 'cash',
          unit: 'USD',
          aggregation: { window: 'single', by: [] },
          periods: [
            { ...period, from: '2020-01-01', to: '2021-01-01' },
            { ...period, from: '2021-01-01' },
          ],
        },
      ],
    };
    expect(() => createThresholds([file])).toThrow(/RAS-RULES-REFERENCE-INVALID/);
  });
});
