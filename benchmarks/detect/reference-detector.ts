/** The reference evaluator as a measured detector: rows as transactions, every subject evaluated whenever it is touched. */
import type { RuleSignals } from '../../pipelines/detect/detector.ts';
import { referenceDetector } from '../stream/planted.ts';
import type { DetectorFactory, SubjectSignals } from './subject.ts';

export const createReference: DetectorFactory = ({ knowledge }) => {
  const detector = referenceDetector(knowledge.ruleSet, knowledge.evaluation);
  const standing = new Map<string, readonly RuleSignals[]>();
  let rows = 0;
  const evaluate = (): void =>
    detector.evaluate((subjectKey, groups) => {
      const speaking = groups.filter(({ versions }) => versions.length > 0);
      if (speaking.length > 0) standing.set(subjectKey, speaking);
      else standing.delete(subjectKey);
    });
  return {
    feed(block) {
      for (let row = 0; row < block.batch.rows; row++) {
        detector.admit(block.transactionOf(row), block.hashOf(row));
      }
      rows += block.batch.rows;
    },
    flush: evaluate,
    // It has no gates: every row is evaluated exactly.
    counts: () => ({ survivors: rows }),
    *signals(): Iterable<SubjectSignals> {
      for (const [subjectKey, groups] of standing) {
        for (const { rule, versions } of groups) yield { subjectKey, rule: rule.id, versions };
      }
    },
  };
};
