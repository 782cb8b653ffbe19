/**
 * Metrics of a role, in a registry of their own. `METRICS` is all there is: names, labels and buckets are fixed here, dashboards and
 * alert rules (`deploy/`) are checked against it, and a label value that is not in its list is counted as `other`.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { boundedLabel, type Label } from './labels.ts';

interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly Label[];
  readonly buckets?: readonly number[];
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ROWS = [1, 10, 100, 1_000, 4_096, 10_000, 50_000, 100_000, 500_000];

export const METRICS = {
  rastro_lag_records: {
    type: 'gauge',
    help: 'Records of an owned partition that are not taken in yet',
    labels: ['topic', 'partition'],
  },
  rastro_partitions_owned: { type: 'gauge', help: 'Partitions that this process owns', labels: ['topic'] },
  rastro_last_fetch_age_seconds: { type: 'gauge', help: 'Time since the cluster last answered a fetch' },
  rastro_rebalances_total: { type: 'counter', help: 'Times that partitions came to this process, or went' },
  rastro_records_in_total: { type: 'counter', help: 'Records taken in', labels: ['topic'] },
  rastro_rows_in_total: { type: 'counter', help: 'Rows taken in, copies included', labels: ['topic'] },
  rastro_rows_out_total: { type: 'counter', help: 'Rows stored', labels: ['table'] },
  rastro_rows_rejected_total: {
    type: 'counter',
    help: 'Rows and records rejected, by reason',
    labels: ['code'],
  },
  rastro_messages_shortened_total: {
    type: 'counter',
    help: 'Messages to signals that were too large and say less, by the last thing left out',
    labels: ['left_out'],
  },
  rastro_stage_duration_seconds: {
    type: 'histogram',
    help: 'Time that a block spends in a stage',
    labels: ['stage'],
    buckets: SECONDS,
  },
  rastro_log_to_stored_seconds: {
    type: 'histogram',
    help: 'From a block being in the log to its rows being evaluated and stored',
    buckets: SECONDS,
  },
  rastro_state_bytes: { type: 'gauge', help: 'Size of the state of all owned partitions', labels: ['part'] },
  rastro_subjects: { type: 'gauge', help: 'Subjects with a record in memory' },
  rastro_reruns_total: { type: 'counter', help: 'Subjects whose history was evaluated anew' },
  rastro_checkpoint_age_seconds: {
    type: 'gauge',
    help: 'Time since the last checkpoint of an owned partition',
    labels: ['topic', 'partition'],
  },
  rastro_checkpoints_total: {
    type: 'counter',
    help: 'Checkpoints written, failed, or refused when read',
    labels: ['outcome'],
  },
  rastro_restore_duration_seconds: {
    type: 'histogram',
    help: 'Time until an assigned partition is ready',
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  },
  rastro_store_up: {
    type: 'gauge',
    help: '1 while the store takes writes, 0 while consumption pauses for it',
  },
  rastro_store_errors_total: { type: 'counter', help: 'Failed requests to the store', labels: ['code'] },
  rastro_store_retries_total: { type: 'counter', help: 'Writes to the store that were tried again' },
  rastro_inserts_total: { type: 'counter', help: 'Inserts of rows', labels: ['table'] },
  rastro_insert_rows: { type: 'histogram', help: 'Rows of an insert', labels: ['table'], buckets: ROWS },
  rastro_insert_duration_seconds: {
    type: 'histogram',
    help: 'Time of an insert, attempts included',
    labels: ['table'],
    buckets: SECONDS,
  },
  rastro_submissions: {
    type: 'gauge',
    help: 'Submissions that the log still holds, by state',
    labels: ['state'],
  },
  rastro_http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time until a request is answered, its body included, by route and status',
    labels: ['route', 'status'],
    buckets: SECONDS,
  },
  rastro_http_connections: { type: 'gauge', help: 'Connections that are open' },
  rastro_submission_bytes: { type: 'gauge', help: 'Bytes of the submissions that the log still holds' },
} as const satisfies Readonly<Record<string, MetricSpec>>;
export type MetricName = keyof typeof METRICS;

type NameOf<T extends MetricSpec['type']> = {
  [K in MetricName]: (typeof METRICS)[K]['type'] extends T ? K : never;
}[MetricName];
type LabelsOf<N extends MetricName> = (typeof METRICS)[N] extends {
  labels: readonly (infer L extends Label)[];
}
  ? Readonly<Record<L, string | number>>
  : Readonly<Record<string, never>>;

/** Process metrics of prom-client, with our prefix: CPU, resident memory, event loop delay, garbage collection. */
export const PROCESS_PREFIX = 'rastro_';

export class Metrics {
  readonly registry = new Registry();
  readonly #looks: (() => void)[] = [];
  readonly #metrics = new Map<MetricName, Counter | Gauge | Histogram>();

  constructor() {
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const { type, help, labels = [], buckets }: MetricSpec = METRICS[name];
      const options = { name, help, labelNames: [...labels], registers: [this.registry] };
      if (type === 'counter') this.#metrics.set(name, new Counter(options));
      else if (type === 'gauge') {
        const gauge = new Gauge(options);
        // It would begin at 0: that the store is down, say, of a role that has none.
        if (labels.length === 0) gauge.remove();
        this.#metrics.set(name, gauge);
      } else this.#metrics.set(name, new Histogram({ ...options, buckets: [...(buckets ?? SECONDS)] }));
    }
  }

  /** CPU, memory and event loop of this process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry, prefix: PROCESS_PREFIX });
  }

  count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    (this.#metrics.get(name) as Counter).inc(bounded(labels), by);
  }

  set<N extends NameOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metrics.get(name) as Gauge).set(bounded(labels), value);
  }

  observe<N extends NameOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metrics.get(name) as Histogram).observe(bounded(labels), value);
  }

  /** Takes out what was said of a partition that is no longer owned: a lag that nobody updates would stand for ever. */
  forgetPartition(topic: string, partition: number): void {
    const labels = bounded({ topic, partition });
    for (const [name, metric] of this.#metrics) {
      const { labels: own = [] }: MetricSpec = METRICS[name];
      if (metric instanceof Gauge && own.includes('partition')) metric.remove(labels);
    }
  }

  /** Has it called before each scrape: what is there to be looked at need not be kept up to date for nobody. */
  onScrape(look: () => void): void {
    this.#looks.push(look);
  }

  /** The text that Prometheus scrapes. */
  text(): Promise<string> {
    for (const look of this.#looks) look();
    return this.registry.metrics();
  }
}

function bounded(labels: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [label, boundedLabel(label as Label, value)]),
  );
}
