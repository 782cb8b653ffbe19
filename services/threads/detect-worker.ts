/**
 * One partition in a thread of its own: a detector that reads its ring until it is closed. It never turns its event loop
 * while it works; what it has to say is posted, which needs none.
 */
import { deserialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { ruleVersionKey } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { openHotDetector } from '../workspace/hot-detection.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { decodeRules } from '../workspace/rule-record.ts';
import { RuleTimeline } from '../workspace/rule-timeline.ts';
import { ADVANCES_PER_RECORD } from './limits.ts';
import {
  type FromWorker,
  RECORD,
  type RuleFiles,
  ruleSetName,
  type SubjectReport,
  type ToWorker,
  type WorkerSetup,
} from './messages.ts';
import { RingReader, type RingRecord } from './ring.ts';

const post = (message: FromWorker) => parentPort?.postMessage(message);

class DetectWorker {
  readonly #detector: HotDetector;
  #timeline: RuleTimeline;
  /** The sets of the timeline, and those that were sent for the next one. */
  #sets = new Map<string, Knowledge>();

  constructor({ rules, index, count, seed, state, subjects, rows, warmUp }: WorkerSetup) {
    const knowledge = this.#compile(rules);
    this.#timeline = new RuleTimeline([knowledge]);
    const partition = { index, count };
    this.#detector = openHotDetector({ knowledge, seed, state, partition, subjects, rows });
    if (warmUp) this.#detector.warmUp();
  }

  take({ kind, bytes }: RingRecord): void {
    for (let left = ADVANCES_PER_RECORD; left > 0 && this.#detector.advance(); left--);
    if (kind === RECORD.BLOCK) this.#detector.admit(bytes);
    else if (kind === RECORD.RENEWED) this.#detector.renew(bytes);
    else if (kind === RECORD.RULE_SET) this.#compile(decodeRules(bytes));
    else if (kind === RECORD.MESSAGE) this.#obey(deserialize(bytes) as ToWorker);
    else throw new Error(`a record of kind ${kind}`);
  }

  close(): void {
    this.#detector.close();
  }

  #obey(message: ToWorker): void {
    const detector = this.#detector;
    switch (message.type) {
      case 'declare':
        detector.declare(message.institution, message.fromMs);
        break;
      case 'cadence':
        detector.setCadence(message.institution, message.fromMs, message.cadence);
        break;
      case 'watermark':
        detector.watermark(message.timeMs, message.institution);
        break;
      case 'drain':
        detector.drain();
        break;
      case 'settle':
        detector.settle();
        break;
      case 'touch':
        detector.touch(message.subjectKeys);
        break;
      case 'rules':
        this.#useRules(message.sets, message.fromMs);
        break;
      case 'evaluate':
        post({ type: 'evaluated', reports: this.#evaluate() });
        break;
      case 'rowsOfKeys':
        post({ type: 'rows', rows: detector.rowsOfKeys(message.keys) });
        break;
      case 'silentReadings':
        post({ type: 'readings', readings: detector.silentReadings(message.questions) });
        break;
    }
  }

  #compile({ files, activeFrom }: RuleFiles): Knowledge {
    const knowledge = compileKnowledge(files, { activeFrom });
    this.#sets.set(ruleSetName({ sha256: knowledge.hash, activeFrom }), knowledge);
    return knowledge;
  }

  #useRules(names: readonly string[], fromMs: number): void {
    const sets = names.map((name): [string, Knowledge] => {
      const knowledge = this.#sets.get(name);
      if (knowledge === undefined) throw new Error('a rule set that was not sent');
      return [name, knowledge];
    });
    this.#sets = new Map(sets);
    const [first, ...others] = this.#sets.values();
    if (first === undefined) throw new Error('no rule set');
    this.#timeline = new RuleTimeline([first, ...others], this.#timeline);
    const { ruleSet, evaluation } = this.#timeline.rules;
    this.#detector.useRules(ruleSet, evaluation, fromMs);
  }

  #evaluate(): SubjectReport[] {
    return this.#detector.evaluate().map(({ subjectKey, signals }) => ({
      subjectKey,
      signals: signals
        .filter(({ versions }) => versions.length > 0)
        .map(({ rule, versions }) => ({ ruleKey: ruleVersionKey(rule), versions })),
    }));
  }
}

function work(setup: WorkerSetup): void {
  const ring = new RingReader(setup.ring);
  const worker = new DetectWorker(setup);
  post({ type: 'ready' });
  for (let record = ring.read(); record !== null; record = ring.read()) worker.take(record);
  worker.close();
}

try {
  work(workerData as WorkerSetup);
} catch (error) {
  if (RastroError.is(error)) post({ type: 'failed', code: error.code, params: error.params });
  else post({ type: 'failed', code: null, detail: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
