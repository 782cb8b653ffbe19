/** Values that a field is compared with: of its closed list, or in the form of its scheme. */
import type { Tree } from '../compiler/checked-rule.ts';
import type { RulePage } from './rule-page.ts';
import { valuesOf } from './unreachable.ts';

/** Fields whose values follow a scheme, with the form of one. */
const SCHEMES: Readonly<Record<string, RegExp>> = {
  mcc: /^\d{4}$/,
  holderSector: /^[A-Z][A-Z0-9]*:[A-Z0-9.]+$/,
  counterpartySector: /^[A-Z][A-Z0-9]*:[A-Z0-9.]+$/,
};

/** `cities`: the ids that there are; undefined where nobody said. */
export function checkCodes(page: RulePage, cities?: ReadonlySet<string>): void {
  for (const { path, tree } of page.eventConditions()) {
    for (const { field, value } of comparedTexts(tree)) {
      const form = SCHEMES[field];
      const values = valuesOf(field);
      if (form !== undefined && !form.test(value))
        page.report('code-scheme', path, `${field} is compared with ${JSON.stringify(value)}.`);
      else if (field === 'placeCity' && cities?.has(value) === false)
        page.report('unknown-value', path, `There is no city ${JSON.stringify(value)}.`);
      else if (values !== undefined && value !== 'unknown' && !values.includes(value))
        page.report('unknown-value', path, `${field} is never ${JSON.stringify(value)}.`);
    }
  }
}

/** Texts that a field is compared with, wherever in a condition. */
export function comparedTexts(tree: Tree): { readonly field: string; readonly value: string }[] {
  if ('operand' in tree) return comparedTexts(tree.operand);
  if (!('left' in tree)) return [];
  const { left, right } = tree;
  const within = [...comparedTexts(left), ...comparedTexts(right)];
  const [field, bar] = left.op === 'constant' ? [right, left] : [left, right];
  if (field.op !== 'field' || bar.op !== 'constant') return within;
  const values = Array.isArray(bar.value) ? bar.value : [bar.value];
  return [
    ...within,
    ...values.flatMap((value) => (typeof value === 'string' ? [{ field: field.name, value }] : [])),
  ];
}
