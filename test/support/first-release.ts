/**
 * The rules of the first release, in which every construct and aggregate of rules occurs: what tests of machinery run, because all
 * rules take several times as long and say nothing more of it. Of each rule the differential test and the cases tell.
 */
import type { KnowledgeFiles } from '../../services/workspace/knowledge.ts';

export const FIRST_RELEASE =
  /^(AML-01(-AGG)?|CST-01|DEB-01|LAB-03(-LEG)?|OCS-04|SEX-0[179]|SEX-08(-ATM)?|SEX-09-LEG|SMU-0[15]|SMU-02(-LEG)?|VA-13)$/;
const COMPOSITES = /^(K-SEX-VICTIMLEG|K-SMUG|playbook)$/;

/** Of the shipped files those of the first release: `catalogue/<form>/<ID>-<name in small letters>.yaml`, its composites that name none of a later one, the rest. */
export function firstReleaseFiles(files: KnowledgeFiles): KnowledgeFiles {
  const texts = Object.entries(files.texts).filter(([path]) => {
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '');
    if (path.startsWith('catalogue/')) return FIRST_RELEASE.test(name.replace(/-[a-z].*$/, ''));
    return !path.startsWith('composites/') || COMPOSITES.test(name);
  });
  return { ...files, texts: Object.fromEntries(texts) };
}
