import { describe, expect, it } from 'vitest';
import { signalsOf } from '../../../../../rules/compiler/index.ts';
import { CONTEXT, event, history, MINUTE, NOON, rule } from '../../../../support/rules.ts';

const at = (id: string, minutes: number, fields = {}) => event(id, NOON + minutes * MINUTE, fields);

describe('needs of a rule', () => {
  const parts = { needs: { precision: 'hour', coverage: ['full_account', 'product_only'] } };
  const rows = (fields: Readonly<Record<string, string | null>>, count = 1) =>
    Array.from({ length: 10 }, (_, i) => at(`e${i}`, i * 60, i < count ? fields : {}));
  it('make a true condition unknown on an event that does not have them', () => {
    const counted = (fields: Readonly<Record<string, string | null>>, count?: number) => {
      const versions = signalsOf(rule(parts), history(rows(fields, count)), CONTEXT);
      return versions[versions.length - 1]?.evaluation.features[0];
    };
    expect(counted({ precision: 'hour', coverage: 'product_only' })).toMatchObject({ value: 10 });
    expect(counted({ precision: 'day' })).toMatchObject({ value: 9, missing: 1 });
    expect(counted({ coverage: 'outbound_only' })).toMatchObject({ value: 9, missing: 1 });
    expect(counted({ precision: null })).toMatchObject({ value: 9, missing: 1 });
    expect(counted({ precision: 'batch' }, 2)).toBeUndefined();
  });

  it('leave a false condition false', () => {
    const only = { ...parts, features: { n: { agg: 'count', where: 'kind == "transfer"', over: '30d' } } };
    const events = history([
      ...rows({ precision: 'day', kind: 'fee' }, 5).map((each) => ({
        ...each,
        fields: { kind: 'fee', ...each.fields },
      })),
      at('z', 700, { kind: 'transfer' }),
    ]);
    expect(signalsOf(rule(only), events, CONTEXT)[0]?.evaluation.features[0]).toEqual({
      name: 'n',
      value: 1,
      threshold: 1,
      operator: '>=',
      unit: 'count',
    });
  });

  it('are told for a feed: fields, finest precision, coverage', () => {
    const features = {
      n: { agg: 'count', where: 'isNight && counterparty != "x"', over: '1day@local' },
      m: { agg: 'max', of: 'payoutDelayMs', over: '30d' },
    };
    const told = { ...parts, features, when: 'n >= 1 && m >= 0' };
    expect(rule(told).needs).toEqual({
      fields: ['counterparty', 'mto.paidAt', 'occurredAt'],
      precision: 'hour',
      coverage: ['full_account', 'product_only'],
    });
    expect(
      rule({ features: { n: { agg: 'count', where: 'localMinute > 5', over: '1d' } } }).needs.precision,
    ).toBe('minute');
    expect(rule({}).needs).toEqual({ fields: [], precision: null, coverage: null });
  });
});
