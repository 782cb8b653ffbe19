/** What a tier keeps of its subjects from one evaluation to the next: this is what a checkpoint holds of it. */
import type { KindPlan, Steps } from '../../../rules/compiler/index.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../../recovery/checkpoint-image.ts';
import { EventChunks } from './event-chunks.ts';
import { type IdleOptions, IdleSweep } from './idle-sweep.ts';
import { RecordSlab, type TierMemory } from './record-slab.ts';
import { SeenReports } from './seen-reports.ts';
import { SubjectLines } from './subject-lines.ts';
import { TickCalendar } from './tick-calendar.ts';

export class TierState {
  /** A record a subject. */
  readonly slab: RecordSlab;
  readonly chunks: EventChunks;
  readonly idle: IdleSweep | undefined;
  readonly lines: SubjectLines;
  /** Legs that other reports of their transfer hide, by line. */
  readonly hidden = new Map<number, number[]>();
  readonly reports = new SeenReports();
  readonly ticks: TickCalendar;
  readonly #plan: KindPlan;

  constructor(plan: KindPlan, subjects: number, idle: IdleOptions | undefined) {
    this.#plan = plan;
    this.slab = new RecordSlab(plan.layout, subjects);
    this.chunks = new EventChunks(plan.bitWords, idle?.file);
    this.idle = idle && new IdleSweep(plan.layout, this.slab, this.chunks, this.hidden, idle);
    this.lines = new SubjectLines(this.slab, this.idle);
    this.ticks = new TickCalendar(plan);
  }

  /** Bytes of records, and of where they are; of histories; how many records. */
  get memory(): TierMemory {
    const records = this.slab.bytes + this.lines.bytes + (this.idle?.bytes ?? 0);
    return { records, histories: this.chunks.bytes, subjects: this.slab.count };
  }

  /** Forgets what has left memory. */
  close(): void {
    this.idle?.clear();
    this.chunks.close();
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.list('plan', this.#made());
    yield* this.slab.save(out);
    yield* this.chunks.save(out);
    if (this.idle !== undefined) yield* this.idle.save(out);
    yield* this.lines.save(out);
    yield* out.list('hidden', this.hidden);
    yield* this.reports.save(out);
    yield* this.ticks.save(out);
  }

  /** Fills the state of a tier that has no subject yet, of the same plan. */
  load(image: CheckpointIn): void {
    const made = this.#made();
    const isSame = [...image.list('plan')].map((part, i) => part === made[i]);
    if (isSame.length !== made.length || isSame.includes(false)) throw new CheckpointDamage('other kernels');
    this.slab.load(image);
    this.chunks.load(image);
    this.idle?.load(image);
    this.lines.load(image);
    for (const [line, legs] of image.list('hidden') as Iterable<[number, number[]]>)
      this.hidden.set(line, legs);
    this.reports.load(image);
    this.ticks.load(image);
  }

  /** What records and bits mean: they are of use to this kernel and no other. */
  #made(): readonly string[] {
    const { kind, layout, source } = this.#plan;
    return [kind, layout.text, source];
  }
}
