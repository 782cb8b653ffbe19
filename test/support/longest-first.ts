/**
 * The order of files: longest first, so that none is left over when the others are done. Folders and files that are known to
 * take long come in this order, then what vitest's own order says.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By what they take on two cores; a file that is not there costs nothing. */
const LONGEST = [
  'fault/',
  'property/hot-equals-reference',
  'integration/workspace/crash',
  'integration/workspace/threads',
  'integration/workspace/rules',
  'integration/threads/detect-pool',
  'e2e/',
  'integration/',
  'conformance/',
  'property/',
] as const;

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
  return rank < 0 ? LONGEST.length : rank;
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
