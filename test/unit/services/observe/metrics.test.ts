import { describe, expect, test } from 'vitest';
import { LABELS } from '../../../../services/observe/labels.ts';
import { METRICS, type MetricName, Metrics } from '../../../../services/observe/metrics.ts';

describe('metrics', () => {
  test('are named by what they count and its unit', () => {
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(name).toMatch(/^rastro_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(seconds|rows|bytes)$/);
      expect(help.length).toBeGreaterThan(8);
    }
  });

  test('have labels of the closed list, an institution is none', () => {
    for (const spec of Object.values(METRICS) as { labels?: readonly string[] }[])
      for (const label of spec.labels ?? []) expect(Object.keys(LABELS)).toContain(label);
    expect(Object.keys(LABELS)).not.toContain('institution');
  });

  test('a label value that nobody listed is counted as other, so that their number stays bounded', async () => {
    const metrics = new Metrics();
    for (let i = 0; i < 5_000; i++) {
      metrics.count('rastro_rows_rejected_total', { code: `RAS-FEED-MADE-UP-${i}` });
      metrics.set('rastro_lag_records', { topic: 'transactions', partition: i }, i);
    }
    metrics.count('rastro_rows_rejected_total', { code: 'RAS-FEED-FILE-EMPTY' }, 2);
    const lines = (await metrics.text()).split('\n');
    expect(lines).toContain('rastro_rows_rejected_total{code="other"} 5000');
    expect(lines).toContain('rastro_rows_rejected_total{code="RAS-FEED-FILE-EMPTY"} 2');
    expect(lines.filter((line) => line.startsWith('rastro_lag_records{'))).toHaveLength(1_025);
  });

  test('what was said of a partition goes with it', async () => {
    const metrics = new Metrics();
    metrics.set('rastro_lag_records', { topic: 'signals', partition: 3 }, 9);
    metrics.set('rastro_lag_records', { topic: 'signals', partition: 4 }, 9);
    metrics.forgetPartition('signals', 3);
    const text = await metrics.text();
    expect(text).not.toContain('partition="3"');
    expect(text).toContain('partition="4"');
  });

  test('a gauge that nobody has set says nothing: 0 would be a word', async () => {
    const metrics = new Metrics();
    expect(await metrics.text()).not.toMatch(/^rastro_(store_up|subjects) /m);
    metrics.set('rastro_store_up', {}, 1);
    expect(await metrics.text()).toMatch(/^rastro_store_up 1$/m);
  });

  test('what is looked at when somebody asks is looked at each time', async () => {
    const metrics = new Metrics();
    let subjects = 0;
    metrics.onScrape(() => metrics.set('rastro_subjects', {}, ++subjects));
    expect(await metrics.text()).toMatch(/^rastro_subjects 1$/m);
    expect(await metrics.text()).toMatch(/^rastro_subjects 2$/m);
  });

  test('each is there from the start, with those of the process', async () => {
    const metrics = new Metrics();
    metrics.watchProcess();
    const text = await metrics.text();
    for (const name of Object.keys(METRICS) as MetricName[]) expect(text).toContain(`# TYPE ${name} `);
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(text).toContain(`rastro_${name}`);
    metrics.registry.clear();
  });
});
