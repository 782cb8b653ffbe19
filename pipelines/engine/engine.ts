/**
 * The engine: the three stages in one process, and `step`, the only way into it.
 *
 * `step` admits rows and reference records and answers for each what became of it; `flush` brings signals and alerts
 * up to date with everything admitted and reports what now stands for every subject that was touched. No clock, no
 * I/O: state is a function of the steps, what stands is a function of the effective set.
 */
import { ComposeStage } from './compose-stage.ts';
import { DetectStage, type DetectStageOptions } from './detect-stage.ts';
import { HolderStage } from './holder-stage.ts';
import { composedSource, composedSubject } from './messages.ts';
import type { Compose, StandingChange, Step } from './step.ts';

export interface EngineOptions extends DetectStageOptions {
  readonly compose: Compose;
}

export interface Engine {
  /**
   * The only way in, one step at a time. Of transactions the index in `ROW_OUTCOMES` of each row, otherwise nothing.
   * @throws RastroError of the area ENGINE; the engine is then of no use any more.
   */
  step(step: Step): Promise<Uint8Array>;
  /**
   * Makes the next flush report a source of which the store holds documents but memory does not: a subject is evaluated,
   * a person composed; a source that the rules in force do not know any more is reported as holding nothing.
   */
  warm(source: string): void;
  /** A flush may report something. */
  readonly hasWork: boolean;
  /**
   * Does a bounded part of what is left to do before rules that were given are in force; false where nothing is. Steps with
   * transactions do as much, and `flush` the rest: whoever does not want to wait in `flush` calls this until it is done.
   */
  advance(): Promise<boolean>;
  flush(): Promise<StandingChange[]>;
}

export function createEngine(options: EngineOptions): Engine {
  const detect = new DetectStage(options);
  const holders = new HolderStage();
  const compose = new ComposeStage(options.compose);
  /** Flushes so far: nobody here hears of anything twice, or out of order. */
  let flushes = 0;
  let isAwaited = false;

  return {
    async step(step) {
      if (step.kind === 'rules') compose.useRules(step.compose, step.fromMs);
      return detect.step(step);
    },
    warm(source) {
      isAwaited = true;
      const subject = composedSubject(source);
      if (subject === undefined) detect.warm(source);
      else compose.await(subject);
    },
    advance: () => detect.advance(),
    get hasWork() {
      return isAwaited || detect.hasWork;
    },
    async flush() {
      isAwaited = false;
      const asOf = ++flushes;
      const { sources, observed } = await detect.flush(asOf);
      for (const each of observed) holders.take(each);
      const { standing, attributed } = holders.flush(asOf);
      const changed = new Set([...sources, ...standing.map(({ source }) => source)]);
      const changes: StandingChange[] = [...changed].map((source) => ({
        source,
        signals: holders.standingOn(source),
        alerts: [],
      }));
      for (const each of attributed) compose.take(each);
      const first = await compose.flush(asOf);
      for (const each of first.relayed) compose.take(each);
      // What comes over the second hop is read by no rule: it brings nothing that would be told on.
      const second = await compose.flush(asOf);
      holders.forgetEmpty();
      compose.forgetEmpty();
      const composed = new Map([...first.composed, ...second.composed].map((each) => [each.subject, each]));
      for (const { subject, signals, alerts } of composed.values())
        changes.push({ source: composedSource(subject), signals, alerts });
      return changes;
    },
  };
}
