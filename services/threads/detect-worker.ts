/**
 * One partition in a thread of its own: reads its ring until it is closed. It never turns its event loop while it works;
 * what it has to say is posted, which needs none.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RastroError } from '../../schemas/errors/index.ts';
import { compileKnowledge } from '../workspace/knowledge.ts';
import { RuleTimeline } from '../workspace/rule-timeline.ts';
import { BlockEvaluator } from './block-evaluator.ts';
import { type Declaration, type FromWorker, RECORD, type WorkerSetup } from './messages.ts';
import { RingReader } from './ring.ts';

const post = (message: FromWorker) => parentPort?.postMessage(message);

function evaluatorOf({ sets, index, count, seed, subjects, rows }: WorkerSetup): BlockEvaluator {
  const [first, ...others] = sets.map(({ files, activeFrom }) => compileKnowledge(files, { activeFrom }));
  if (first === undefined) throw new Error('no rule set');
  const { ruleSet, evaluation } = new RuleTimeline([first, ...others]).rules;
  return new BlockEvaluator({
    ruleSet,
    evaluation,
    partition: { index, count },
    seed,
    ...(subjects === undefined ? {} : { subjects }),
    ...(rows === undefined ? {} : { rows }),
  });
}

function work(setup: WorkerSetup): void {
  const ring = new RingReader(setup.ring);
  const evaluator = evaluatorOf(setup);
  if (setup.warmUp) evaluator.warmUp();
  post({ type: 'ready' });
  let outcomes: Uint8Array[] = [];
  for (let record = ring.read(); record !== null; record = ring.read()) {
    const { kind, bytes } = record;
    if (kind === RECORD.BLOCK) {
      const rows = evaluator.admit(bytes);
      if (setup.index === 0) outcomes.push(rows);
    } else if (kind === RECORD.DECLARE) {
      const { institution, fromMs } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Declaration;
      evaluator.declare(institution, fromMs);
    } else if (kind === RECORD.FLUSH) {
      post({ type: 'flushed', reports: evaluator.flush(), outcomes });
      outcomes = [];
    } else throw new Error(`a record of kind ${kind}`);
  }
}

try {
  work(workerData as WorkerSetup);
} catch (error) {
  if (RastroError.is(error)) post({ type: 'failed', code: error.code, params: error.params });
  else post({ type: 'failed', code: null, detail: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
