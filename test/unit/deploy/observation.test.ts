/** Alert rules and dashboard name only what exists: metrics, labels, functions, sections of the runbook. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS, Metrics } from '../../../services/observe/metrics.ts';
import { readText } from '../../support/project.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const rules = (
  parse(readText('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(readText('deploy/grafana/dashboard.json')) as { panels: Panel[] };
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

const FUNCTIONS = [
  'sum',
  'max',
  'min',
  'rate',
  'increase',
  'deriv',
  'topk',
  'histogram_quantile',
  'clamp_min',
];
const WORDS = [...FUNCTIONS, 'by', 'and'];
/** What Prometheus adds, and what buckets have. */
const LABELS_OF_PROMETHEUS = ['job', 'instance', 'le'];

/** Every series that a scrape can give, with its labels. */
async function series(): Promise<Map<string, readonly string[]>> {
  const metrics = new Metrics();
  metrics.watchProcess();
  const found = new Map<string, readonly string[]>([['up', []]]);
  for (const { name, type } of await metrics.registry.getMetricsAsJSON()) {
    const { labels = [] } = (METRICS as Record<string, { labels?: readonly string[] }>)[name] ?? {};
    const names =
      String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    for (const each of names) found.set(each, labels);
  }
  metrics.registry.clear();
  return found;
}

/** Names of an expression: series, functions and labels, texts left out. */
function read(expr: string) {
  const bare = expr.replace(/"[^"]*"/g, '""').replace(/\[\d+[smhd]\]/g, '');
  const grouped = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((each) => each.trim()),
  );
  const selected = [...bare.matchAll(/(\w+)\s*(?:=~|!=|=)\s*""/g)].map(([, label = '']) => label);
  const names = [
    ...bare
      .replace(/\bby \([^)]*\)/g, 'by')
      .replace(/\{[^}]*\}/g, '')
      .matchAll(/[a-z_][a-z0-9_]*/gi),
  ].map(([name]) => name);
  return { labels: [...grouped, ...selected], names };
}

describe('alerts and dashboard', () => {
  test('say something: there are rules, panels, and expressions in them', () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(panels.length).toBeGreaterThan(20);
    expect(expressions.every((expr) => expr.length > 5)).toBe(true);
  });

  test('every name is a metric of the registry or a known function, every label one that the metric has', async () => {
    const known = await series();
    for (const expr of expressions) {
      const { labels, names } = read(expr);
      const metrics = names.filter((name) => !WORDS.includes(name));
      expect(metrics.length, expr).toBeGreaterThan(0);
      for (const name of metrics) expect([...known.keys()], `${name} in ${expr}`).toContain(name);
      const have = [...LABELS_OF_PROMETHEUS, ...metrics.flatMap((name) => known.get(name) ?? [])];
      for (const label of labels) expect(have, `${label} in ${expr}`).toContain(label);
      expect(expr.replace(/[^()[\]{}]/g, '').replace(/\(\)|\[\]|\{\}/g, '').length % 2, expr).toBe(0);
    }
  });

  test('the reader of expressions sees a name that is not there, and a label', async () => {
    const { labels, names } = read('sum by (topic, colour) (rate(rastro_nosuch_total{size="x"}[5m]))');
    expect(names).toEqual(['sum', 'by', 'rate', 'rastro_nosuch_total']);
    expect(labels).toEqual(['topic', 'colour', 'size']);
    expect((await series()).has('rastro_nosuch_total')).toBe(false);
  });

  test('every metric that is not of the process is drawn', () => {
    const drawn = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    expect(Object.keys(METRICS).filter((name) => !drawn.includes(name))).toEqual([]);
  });

  test('every alert has a duration, a severity and a section of the runbook', () => {
    const anchors = new Set(
      [...readText('docs/operations.md').matchAll(/^## (.+)$/gm)].map(
        ([, title = '']) =>
          `docs/operations.md#${title
            .toLowerCase()
            .replace(/[^a-z0-9 ]/g, '')
            .replace(/ /g, '-')}`,
      ),
    );
    for (const { alert, for: duration, labels, annotations } of rules) {
      expect(duration, alert).toMatch(/^\d+m$/);
      expect(['page', 'ticket'], alert).toContain(labels.severity);
      expect([...anchors], alert).toContain(annotations.runbook);
      expect(annotations.summary.length, alert).toBeGreaterThan(10);
    }
  });
});
