/** What streams of a run were about: a comparison of streams in which nothing happens would say nothing. */
import type { DetectorOptions } from '../../pipelines/detect/detector.ts';
import { membershipsOf, subjectKeyText } from '../../pipelines/detect/subjects.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Aim, Stream } from './rule-streams.ts';
import { FATES, type Fate, type Op } from './stream-arrival.ts';
import { type Contender, type Standing, standingOf } from './stream-player.ts';

/** Rows that are left out, each alone, to see whether the rule then falls silent. */
const TRIES = 4;

export class StreamTally {
  readonly fires = new Map<string, number>();
  readonly near = new Map<string, number>();
  readonly fates = new Map<Fate, number>(FATES.map((fate) => [fate, 0]));
  streams = 0;
  rows = 0;
  signals = 0;
  later = 0;
  reversedEvidence = 0;
  readonly #reference: Contender;
  readonly #options: DetectorOptions;
  readonly #enough: number;

  /** Nearness is looked for until `enough` streams of a rule have it: each look plays the stream some times more. */
  constructor(reference: Contender, options: DetectorOptions, enough: number) {
    this.#reference = reference;
    this.#options = options;
    this.#enough = enough;
    for (const { id, input } of options.ruleSet.rules) {
      if (input !== 'events') continue;
      this.fires.set(id, 0);
      this.near.set(id, 0);
    }
  }

  add(stream: Stream, standing: Standing): void {
    this.streams++;
    this.rows += stream.arrival.ops.filter((op) => op.kind === 'row').length;
    for (const fate of stream.arrival.fates) this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
    const fired = new Set<string>();
    for (const versions of standing.values()) {
      for (const { rule, version } of versions) {
        fired.add(rule);
        this.signals += version.version === 1 ? 1 : 0;
        this.later += version.version > 1 ? 1 : 0;
        this.reversedEvidence += version.evidenceReversed ? 1 : 0;
      }
    }
    for (const id of fired) this.fires.set(id, (this.fires.get(id) ?? 0) + 1);
    const seen = new Set<string>();
    for (const aim of stream.aims) {
      const { id } = aim.rule;
      const near = this.near.get(id) ?? 0;
      if (seen.has(id) || near >= this.#enough || !this.#isNear(stream, aim, standing)) continue;
      seen.add(id);
      this.near.set(id, near + 1);
    }
  }

  /** Rules that fired, or were near to it, in fewer streams. */
  few(streams: number): [id: string, count: number][] {
    return [this.fires, this.near].flatMap((counts) => [...counts].filter(([, count]) => count < streams));
  }

  /** One row more or one row less turns the rule on or off on its subject. */
  #isNear({ arrival }: Stream, { rule, subjectKey, held }: Aim, standing: Standing): boolean {
    const options = { ...this.#options, ruleSet: { ...this.#options.ruleSet, rules: [rule] } };
    const wanted = new Set(rule.subjects);
    const isOfSubject = (tx: Transaction) =>
      membershipsOf(tx, wanted).some(({ kind, key }) => subjectKeyText(kind, key) === subjectKey);
    const related = arrival.ops.filter(
      (op) =>
        op.kind !== 'flush' && (op.kind !== 'row' || op.tx.reverses !== undefined || isOfSubject(op.tx)),
    );
    const fires = (ops: readonly Op[]) =>
      standingOf(this.#reference, options, [...ops, { kind: 'flush' }]).has(subjectKey);
    const versions = (standing.get(subjectKey) ?? []).filter((told) => told.rule === rule.id);
    if (versions.length === 0)
      return held.some((tx) => fires([...related, { kind: 'row', tx }]) && !fires(related));
    const { openedAt, evidence } = versions[0]!.version;
    const ids = new Set(evidence.transactions.map(({ institution, id }) => `${institution} ${id}`));
    const tried = related
      .flatMap((op) => (op.kind === 'row' && ids.has(`${op.tx.institution} ${op.tx.id}`) ? [op.tx] : []))
      .sort((a, b) => Math.abs(a.stamp.eventTime - openedAt) - Math.abs(b.stamp.eventTime - openedAt))
      .slice(0, TRIES);
    return (
      fires(related) &&
      tried.some(
        ({ institution, id }) =>
          !fires(
            related.filter((op) => op.kind !== 'row' || op.tx.id !== id || op.tx.institution !== institution),
          ),
      )
    );
  }

  /** The counts, a rule a line. */
  text(): string {
    const lines = [...this.fires].map(
      ([id, fires]) =>
        `  ${id.padEnd(12)} fires in ${String(fires).padStart(4)}, near in ${this.near.get(id)}`,
    );
    const fates = [...this.fates].map(([fate, count]) => `${fate} ${count}`).join(', ');
    return [
      `${this.streams} streams, ${this.rows} rows, ${this.signals} signals, ${this.later} later versions, ${this.reversedEvidence} with reversed evidence`,
      `streams with: ${fates}`,
      ...lines,
    ].join('\n');
  }
}
