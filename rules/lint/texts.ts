/** What a rule says to people: three languages of their own, the same figures in each, and no judgement. */
import type { RuleFile } from '../../schemas/rule.ts';
import type { Path, RulePage } from './rule-page.ts';

const LANGS = ['es', 'en', 'fr'] as const;
type Localized = Readonly<Record<(typeof LANGS)[number], string>>;

/** Words that judge whom the rule is about; a text states what was counted. */
const JUDGING =
  /victim(?!s? of fraud)|víctima|victime|traffick|tratante|trafiqu|prostitu|pimp|padrote|proxén|guilt|culpable|coupable/i;
/** What nobody may be picked by. */
export const FORBIDDEN =
  /nationalit|ethnic|relig|migra|citizen|birthplace|birthcountry|race$|indigen|indígena|autochton/i;

function textsOf(file: RuleFile): { readonly path: Path; readonly text: Localized }[] {
  return [
    { path: ['title'], text: file.title },
    { path: ['explain'], text: file.explain },
    ...(file.manualReason === undefined ? [] : [{ path: ['manualReason'], text: file.manualReason }]),
    ...file.attributions.map(({ why }, i) => ({ path: ['attributions', i, 'why'], text: why })),
    ...file.benign.map(({ note }, i) => ({ path: ['benign', i, 'note'], text: note })),
  ];
}

const placeholders = (text: string) =>
  [...new Set([...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name))].sort().join(' ');

export function checkTexts(page: RulePage): void {
  const { file } = page.rule;
  for (const { path, text } of textsOf(file)) {
    for (const lang of LANGS) {
      const at = [...path, lang];
      if (JUDGING.test(text[lang])) page.report('judging-word', at, `\`${JUDGING.exec(text[lang])?.[0]}\`.`);
      if (placeholders(text[lang]) !== placeholders(text.en))
        page.report('translation', at, 'The placeholders differ from those of en.');
      for (const other of LANGS)
        if (lang < other && text[lang] === text[other])
          page.report('translation', at, `${lang} and ${other} are the same words.`);
    }
  }
  if (file.status !== 'manual' && placeholders(file.explain.en) === '')
    page.report('translation', ['explain', 'en'], 'The explanation names no value that was counted.');
}

/** Names that a rule gives or reads, and texts that it compares with. */
export function checkForbidden(page: RulePage): void {
  const { file, fieldsRead } = page.rule;
  for (const section of ['params', 'let', 'derive', 'features'] as const)
    for (const name of Object.keys(file[section]))
      if (FORBIDDEN.test(name)) page.report('forbidden-name', [section, name], `\`${name}\`.`);
  for (const name of fieldsRead)
    if (FORBIDDEN.test(name)) page.report('forbidden-name', [], `\`${name}\` is read.`);
}
