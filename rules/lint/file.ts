/** What belongs to a rule's file: its name and folder, its sources, enough cases, and weight on the right shoulders. */
import { basename, dirname } from 'node:path';
import { withoutCases } from '../compiler/case-cut.ts';
import type { RulePage } from './rule-page.ts';

/** Roles of people whom a rule protects. */
const PROTECTED: ReadonlySet<string> = new Set(['potential_victim', 'victim_family_payer']);
/** Years of documents that a rule may rest on. */
const FIRST_YEAR = 1900;

export function checkPlace(page: RulePage): void {
  const { id, path, form } = page.rule;
  const [file, folder] = [basename(path), basename(dirname(path))];
  const isNamed = file.startsWith(`${id}-`) && /^[a-z][a-z0-9-]*\.yaml$/.test(file.slice(id.length + 1));
  if (!isNamed) page.report('file-name', ['id'], `The file of ${id} is called ${file}.`);
  if (folder !== form.replaceAll('_', '-')) page.report('file-name', ['form'], `${form} lies in ${folder}.`);
}

export function checkSources(page: RulePage): void {
  const { params, sources } = page.rule.file;
  for (const [name, param] of Object.entries(params)) {
    if (!('value' in param) || param.provenance === 'default' || (param.source ?? '') !== '') continue;
    page.report('source', ['params', name], `${name} is from a ${param.provenance} that is not named.`);
  }
  sources.forEach(({ document, year }, i) => {
    if (document.trim() === '' || year < FIRST_YEAR)
      page.report('source', ['sources', i], `\`${document}\` of ${year}.`);
  });
}

export function checkWeights(page: RulePage): void {
  const { holderRole, file } = page.rule;
  if (!PROTECTED.has(holderRole)) return;
  file.attributions.forEach(({ to, weight }, i) => {
    if (weight > 0 && (to === 'holder' || to === 'subject'))
      page.report('victim-weight', ['attributions', i, 'weight'], `${weight} on a ${holderRole}.`);
  });
}

/** Cases that a rule must have of each kind. */
const WANTED = { fires: 2, silent: 2, benign_twin: 1, boundary: 1 } as const;

export function checkCases(page: RulePage, text: string): void {
  const { status, file } = page.rule;
  if (status === 'manual') return;
  const at = page.caseLine(text);
  if (withoutCases(text).length === text.length)
    page.reportAt('cases-line', at, 'No line begins with `cases:`.');
  const count = (kind: string) => file.cases.filter((each) => each.kind === kind).length;
  // A benign twin is a case that does not fire, and counts among them.
  const found = { ...countsOf(count), silent: count('silent') + count('benign_twin') };
  for (const [kind, wanted] of Object.entries(WANTED)) {
    const has = found[kind as keyof typeof WANTED];
    if (has < wanted) page.reportAt('cases', at, `${has} of kind ${kind}, ${wanted} are wanted.`);
  }
  for (const { name, kind, fires } of file.cases)
    if ((kind === 'fires' && !fires) || ((kind === 'silent' || kind === 'benign_twin') && fires))
      page.reportAt('cases', at, `\`${name}\` is of kind ${kind} and says fires: ${fires}.`);
  const names = file.cases.map(({ name }) => name);
  for (const name of new Set(names.filter((each, i) => names.indexOf(each) !== i)))
    page.reportAt('cases', at, `Two cases are called \`${name}\`.`);
}

function countsOf(count: (kind: string) => number) {
  return { fires: count('fires'), benign_twin: count('benign_twin'), boundary: count('boundary') };
}
