/**
 * The order of files: longest first, so that none is left over when the others are done, and files that share a process
 * (`vitest.config.ts`) behind all others, one after the other, so that they find it. Files and folders that are known to take
 * long come in this order, then what vitest's own order says.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By what they take on two cores; a file that is not there costs nothing. */
const LONGEST = [
  'fault/faults',
  'integration/workspace/crash',
  'unit/benchmarks/smoke',
  'integration/workspace/threads',
  'integration/workspace/rules',
  'e2e/',
  'integration/workspace/',
  'integration/kafka/group-brokers',
  'integration/threads/detect-pool',
  'integration/kafka/ingest-command',
  'fault/',
  'integration/kafka/',
  'conformance/sql-oracle',
  'integration/',
  'unit/pipelines/simulate/stream',
  'property/hot-equals-reference',
  'property/partitions',
  'property/standing-function-of-set',
  'property/columns',
  'property/checkpoints',
  'property/block',
  'property/',
  'conformance/',
] as const;

const rankOf = ({ moduleId, project }: TestSpecification): number => {
  const rank = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
  return (project.config.isolate ? 0 : LONGEST.length + 1) + (rank < 0 ? LONGEST.length : rank);
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
