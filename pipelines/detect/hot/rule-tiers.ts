/**
 * Everything that depends on the rules in force: of each kind of subject its plan, its tier, and the subjects that tier 2
 * knows. Another rule set gets another of these, fed with the same rows.
 */
import {
  columnsRead,
  type EvaluationContext,
  type FactBinding,
  type KindPlan,
  type RuleSet,
} from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { TEXT_NULL } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { FactStore } from '../../facts/store.ts';
import type { OwnedKeys } from '../../partition/owned-keys.ts';
import type { SubjectSignals } from '../detection.ts';
import type { RuleSignals, SilentReading } from '../detector.ts';
import { subjectKeyText } from '../subjects.ts';
import type { SubjectCandidates } from './candidate-list.ts';
import { Confirmer } from './confirmer.ts';
import type { IdleOptions } from './idle-sweep.ts';
import { type KindSubjects, noSubjects } from './kind-subjects.ts';
import { KindTier } from './kind-tier.ts';
import { plansOf } from './plan-cache.ts';
import type { Progress } from './progress.ts';
import { FLAG_SPOKEN, type TierBytes, type TierMemory } from './record-slab.ts';
import { Recount } from './recount.ts';
import { reopenedOf } from './reopened.ts';
import type { Reports } from './reports.ts';
import type { RowQuestions } from './row-questions.ts';
import { silentReadingsOf } from './silent-readings.ts';
import { SubjectEvents } from './subject-events.ts';
import { SubjectFeeder } from './subject-feeder.ts';
import { type SavedRun, SubjectRuns } from './subject-runs.ts';
import type { TicksAsked } from './tick-calendar.ts';
import { eachSubjectOf, type TiersByLeg, tiersByLeg } from './tiers-by-leg.ts';

const NO_CANDIDATES: SubjectCandidates = { positions: [], masks: [] };

/** What tier 1 and tier 2 had to do, for who measures. */
export interface HotCounts {
  /** (subject, event) pairs with a candidate rule. */
  candidates: number;
  /** Of these, the pairs that were left when the gates were counted exactly. */
  confirmed: number;
  /** Subjects that were evaluated. */
  evaluated: number;
  rebuilt: number;
}

export interface RuleTiersOptions {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly store: FactStore;
  readonly dictionary: FactDictionary;
  readonly reports: Reports;
  readonly rows: RowQuestions;
  /** Subjects of a kind that records are made room for at the start. */
  readonly subjects: number;
  /** Keys of the subjects to feed; undefined for all. */
  readonly owned: OwnedKeys | undefined;
  readonly counts: HotCounts;
  readonly idle?: IdleOptions | undefined;
  /** Tiers that are there already, with what is known of their subjects. */
  readonly given?: ReadonlyMap<SubjectKind, KindSubjects>;
  /** The kinds that are looked at; default all that the rules name. */
  readonly kinds?: ReadonlySet<SubjectKind>;
}

/** What the subjects of a kind are asked about: as of which events, and after which times as of ticks. */
interface Asked {
  readonly candidates: Map<number, SubjectCandidates>;
  readonly ticks: TicksAsked;
}

export type Report = (subjectKey: string, signals: readonly RuleSignals[]) => void;

export class RuleTiers {
  /** Rows go in by this. */
  readonly feeder: SubjectFeeder;
  readonly plans: ReadonlyMap<SubjectKind, KindPlan>;
  /** What plans are made with. */
  readonly binding: FactBinding;
  readonly #store: FactStore;
  readonly #dictionary: FactDictionary;
  readonly #evaluation: EvaluationContext;
  readonly #events: SubjectEvents;
  readonly #counts: HotCounts;
  readonly #tiers: readonly KindTier[];
  readonly #byLeg: TiersByLeg;
  readonly #subjects = new Map<KindTier, KindSubjects>();
  /** Rows of the store when idle subjects were last looked for. */
  #sweptRows: number;
  readonly #recounts = new Map<KindTier, Recount>();
  readonly #confirmers = new Map<KindTier, Confirmer>();
  /** Lines rebuilt since the last evaluation, and the event time from which on each has changed. */
  readonly #rebuilt = new Map<KindTier, Map<number, number>>();

  constructor(options: RuleTiersOptions) {
    const { store, dictionary, rows, reports, subjects, idle } = options;
    this.#store = store;
    this.#dictionary = dictionary;
    this.#evaluation = options.evaluation;
    this.#events = new SubjectEvents(store, rows);
    this.#counts = options.counts;
    this.#sweptRows = store.rows;
    store.keep(columnsRead(options.ruleSet));
    // What a rule names is a word.
    this.binding = {
      textId: (text: string) => dictionary.wordId(text),
      memberBit: (text: string) => dictionary.memberBit(text),
    };
    this.plans = plansOf(options.ruleSet, this.binding, options.evaluation);
    const tierOf = new Map<SubjectKind, KindTier>();
    for (const [kind, plan] of this.plans) {
      if (options.kinds?.has(kind) === false) continue;
      const known = options.given?.get(kind);
      const tier = known?.tier ?? new KindTier({ plan, store, dictionary, rows, reports, subjects, idle });
      tierOf.set(kind, tier);
      this.#subjects.set(tier, known ?? noSubjects(tier));
    }
    this.#tiers = [...tierOf.values()];
    const environment = {
      context: options.evaluation,
      compareTexts: (a: number, b: number) => dictionary.interner.compare(a, b),
      textOf: (id: number) => dictionary.text(id),
    };
    for (const tier of this.#tiers) {
      this.#recounts.set(tier, new Recount(tier.plan, store));
      const { plan } = tier;
      this.#confirmers.set(tier, new Confirmer({ plan, store, dictionary, rows, environment }));
    }
    this.#byLeg = tiersByLeg(tierOf);
    this.feeder = new SubjectFeeder({
      ...this.#byLeg,
      store,
      rows,
      reports,
      owned: options.owned,
    });
  }

  kindOf(kind: SubjectKind): KindSubjects | undefined {
    const tier = this.#tierOf(kind);
    return tier === undefined ? undefined : this.#subjects.get(tier);
  }

  /** Bytes of records and histories over all kinds. */
  get bytes(): TierBytes {
    const { records, histories } = this.memory;
    const events = this.#tiers.reduce((sum, { slab }) => sum + slab.events, 0);
    return { records, histories, events };
  }

  /** Of all kinds, without looking at every record. */
  get memory(): TierMemory {
    const sum = { records: 0, histories: 0, subjects: 0 };
    for (const { state } of this.#tiers) {
      const { records, histories, subjects } = state.memory;
      sum.records += records;
      sum.histories += histories;
      sum.subjects += subjects;
    }
    return sum;
  }

  /** Events so far that came behind the last one of their subject. */
  get lateEvents(): number {
    return this.#tiers.reduce((count, tier) => count + tier.lateEvents, 0);
  }

  /** Subjects, of all kinds, whose state has left memory. */
  get idleSubjects(): number {
    return this.#tiers.reduce((count, { state }) => count + (state.idle?.count ?? 0), 0);
  }

  /** Every subject of the row is looked at anew: which events it has, and what was said as of those from `changedMs` on. */
  disturb(row: number, changedMs = Number.POSITIVE_INFINITY): void {
    eachSubjectOf(this.#store, row, this.#byLeg, (tier, key) => tier.disturb(key, changedMs));
  }

  /** The row counts no more. Where others report the same transfer, they may count now. */
  withdraw(row: number): void {
    if (this.#store.sharedRefOf(row) !== TEXT_NULL) this.disturb(row);
    else eachSubjectOf(this.#store, row, this.#byLeg, (tier, key) => tier.withdraw(key, row));
  }

  /** The row is reversed as a whole from `fromMs` on. */
  reverse(row: number, fromMs: number): void {
    eachSubjectOf(this.#store, row, this.#byLeg, (tier, key) => tier.reverse(key, fromMs));
  }

  touch(kind: SubjectKind, key: string): void {
    this.#tierOf(kind)?.disturb(this.#dictionary.interner.findText(key), Number.NEGATIVE_INFINITY);
  }

  /** Brings histories in order without evaluating them: what was fed so far was evaluated before. */
  settle({ knownMs }: Progress): void {
    for (const tier of this.#tiers) {
      tier.rebuildStale();
      tier.candidates.clear();
      tier.state.ticks.settle(tier.slab, knownMs);
    }
    this.#sweep();
  }

  /** Subjects that `evaluate` would look at. */
  waiting(progress: Progress): number {
    let count = 0;
    for (const tier of this.#tiers) {
      tier.flush();
      count += tier.staleCount + tier.candidates.count + tier.state.ticks.due(progress.knownMs);
      const hours = this.#subjects.get(tier)?.waitingHours.values() ?? [];
      for (const untilMs of hours) if (untilMs <= progress.finishedMs) count++;
    }
    return count;
  }

  /**
   * Evaluates what waits; reports every subject that has signals, or had, among those. Of an open episode the hour that has not
   * ended by `finishedMs` is left for later.
   */
  evaluate(report: Report, progress: Progress): void {
    for (const tier of this.#tiers) this.#evaluateTier(tier, report, progress);
    this.#sweep();
  }

  /** Moves idle subjects out, as many records being looked at as rows came since. */
  #sweep(): void {
    const { rows, newestMs } = this.#store;
    for (const tier of this.#tiers) {
      const isKept = (line: number) =>
        this.#subjects.get(tier)?.runs.has(line) === true || tier.state.ticks.keeps(line);
      tier.sweep(newestMs, rows - this.#sweptRows, isKept);
    }
    this.#sweptRows = rows;
  }

  /** Rebuilds the subjects whose rows did not come in order, at most so many of a kind; `evaluate` does so too. */
  repair(most = Number.POSITIVE_INFINITY): void {
    for (const tier of this.#tiers) this.#repairTier(tier, most);
  }

  /** Subjects that wait to be rebuilt. */
  get staleCount(): number {
    return this.#tiers.reduce((count, tier) => count + tier.staleCount, 0);
  }

  #repairTier(tier: KindTier, most = Number.POSITIVE_INFINITY): Map<number, number> {
    const changes = tier.rebuildStale(most);
    this.#counts.rebuilt += changes.size;
    const rebuilt = this.#rebuilt.get(tier);
    if (rebuilt === undefined) {
      this.#rebuilt.set(tier, changes);
      return changes;
    }
    for (const [line, changedMs] of changes) {
      rebuilt.set(line, Math.min(changedMs, rebuilt.get(line) ?? Number.POSITIVE_INFINITY));
    }
    return rebuilt;
  }

  #evaluateTier(tier: KindTier, report: Report, progress: Progress): void {
    const { runs: runsOf, waitingHours, moved } = this.#subjects.get(tier) as KindSubjects;
    const rebuilt = this.#repairTier(tier);
    this.#rebuilt.delete(tier);
    const confirmer = this.#confirmers.get(tier) as Confirmer;
    for (const line of tier.takeShifted()) confirmer.forget(line);
    for (const line of rebuilt.keys()) confirmer.forget(line);
    this.#counts.candidates += tier.candidates.count;
    const candidates = tier.candidates.take();
    const reopened = reopenedOf(tier, rebuilt, candidates);
    const ticks = tier.state.ticks.ask(tier.slab, progress.knownMs, reopened);
    const recount = this.#recounts.get(tier) as Recount;
    for (const [line, found] of candidates) {
      if (tier.isUngated(line)) continue;
      const left = recount.filter(tier, line, found);
      if (left.positions.length === 0) candidates.delete(line);
      else candidates.set(line, left);
      this.#counts.confirmed += left.positions.length;
    }
    for (const [line, { fromMs, position }] of reopened) {
      const subject = runsOf.get(line);
      if (subject === undefined) continue;
      subject.reopen(fromMs, position);
      this.#events.renew(tier, line, subject.events);
      if (!candidates.has(line)) candidates.set(line, NO_CANDIDATES);
      this.#evaluateSubject(tier, runsOf, line, { candidates, ticks }, progress, true, report);
    }
    for (const line of moved) {
      if (reopened.has(line) || !runsOf.has(line)) continue;
      if (!candidates.has(line)) candidates.set(line, NO_CANDIDATES);
      this.#evaluateSubject(tier, runsOf, line, { candidates, ticks }, progress, true, report);
    }
    moved.clear();
    for (const line of ticks.keys()) if (!candidates.has(line)) candidates.set(line, NO_CANDIDATES);
    for (const [line, untilMs] of waitingHours) {
      if (untilMs <= progress.finishedMs && !candidates.has(line)) candidates.set(line, NO_CANDIDATES);
    }
    for (const line of candidates.keys()) {
      this.#evaluateSubject(tier, runsOf, line, { candidates, ticks }, progress, false, report);
    }
  }

  #evaluateSubject(
    tier: KindTier,
    runsOf: Map<number, SubjectRuns>,
    line: number,
    { candidates, ticks }: Asked,
    progress: Progress,
    hadSignals: boolean,
    report: Report,
  ): void {
    const found = candidates.get(line) as SubjectCandidates;
    candidates.delete(line);
    const keyText = () => this.#keyOf(tier, line);
    const known = runsOf.get(line);
    const afterMs = tier.state.ticks.after(tier.slab.lastTimeOf(line), ticks.get(line));
    ticks.delete(line);
    if (
      !hadSignals &&
      afterMs === undefined &&
      known?.canWait(found, tier.slab.lastTimeOf(line), progress.finishedMs)
    )
      return;
    const subject = known ?? new SubjectRuns(tier.plan, keyText);
    const confirmer = this.#confirmers.get(tier) as Confirmer;
    const hasRun = subject.run(found, this.#evaluation, progress, {
      lastTimeMs: tier.slab.lastTimeOf(line),
      length: tier.slab.lengthOf(line),
      confirm: (bit, first) => confirmer.of(tier, line, bit, first),
      ticks: afterMs === undefined ? null : tier.ticksOf(line, afterMs, progress.knownMs),
      read: (events) => this.#events.read(tier, line, events),
      setOpen: (bit, isOpen) => tier.slab.setOpen(line, bit, isOpen),
    });
    if (!hasRun && !hadSignals) return;
    this.#counts.evaluated++;
    const { hasSignals, waitsUntilMs } = subject;
    const waitingHours = this.#subjects.get(tier)?.waitingHours;
    if (waitsUntilMs < Number.POSITIVE_INFINITY) waitingHours?.set(line, waitsUntilMs);
    else waitingHours?.delete(line);
    if (hasSignals) tier.slab.setFlag(line, FLAG_SPOKEN);
    // What a tick said is taken back where an event turns out to lie before it.
    if (hasSignals || hadSignals || known !== undefined)
      report(subject.key, this.#signalsOf(tier, line, subject, progress));
    if (hasSignals) runsOf.set(line, subject);
    else runsOf.delete(line);
  }

  /** What the rules said of a subject as of an event of its without firing (`SilentQuestion`). */
  silentReadings(kind: SubjectKind, key: string, untilMs: number, position?: number): SilentReading[] {
    this.repair();
    const tier = this.#tierOf(kind);
    const line = tier?.lineOf(this.#dictionary.interner.findText(key)) ?? 0;
    if (tier === undefined || line === 0) return [];
    const events = this.#subjects.get(tier)?.runs.get(line)?.events ?? [];
    this.#events.read(tier, line, events);
    const subjectKey = subjectKeyText(kind, key);
    return silentReadingsOf(tier.plan, subjectKey, events, untilMs, this.#evaluation, position);
  }

  /** What stands on every subject that has signals. */
  *standing(progress: Progress): Iterable<SubjectSignals> {
    for (const { tier, runs } of this.#subjects.values()) {
      for (const [line, subject] of runs)
        yield { subjectKey: subject.key, signals: this.#signalsOf(tier, line, subject, progress) };
    }
  }

  #signalsOf(tier: KindTier, line: number, subject: SubjectRuns, progress: Progress): RuleSignals[] {
    return subject.signals(progress, (events) => this.#events.read(tier, line, events));
  }

  /** A subject of which a checkpoint says that there are signals, and how far the rules behind them are. */
  sleeping({ tier }: KindSubjects, line: number, runs: Iterable<SavedRun>): SubjectRuns {
    const subject = new SubjectRuns(tier.plan, () => this.#keyOf(tier, line));
    for (const run of runs) subject.sleep(run, this.#evaluation);
    return subject;
  }

  /** What stands on a subject as of the last evaluation. */
  signalsOf(kind: SubjectKind, key: string, progress: Progress): RuleSignals[] {
    const subjects = this.kindOf(kind);
    const line = subjects?.tier.lineOf(this.#dictionary.interner.findText(key)) ?? 0;
    const subject = subjects?.runs.get(line);
    if (subjects === undefined || subject === undefined) return [];
    return this.#signalsOf(subjects.tier, line, subject, progress);
  }

  #keyOf({ plan, slab }: KindTier, line: number): string {
    return subjectKeyText(plan.kind, this.#dictionary.text(slab.keyOf(line)));
  }

  #tierOf(kind: SubjectKind): KindTier | undefined {
    return this.#tiers.find((tier) => tier.plan.kind === kind);
  }
}
