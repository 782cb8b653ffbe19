/** A bank's way of writing amounts to a plain decimal string. Whatever is not exactly in the mapping's form is refused. */
import type { AmountSpec } from '../../schemas/mapping.ts';

export interface AmountReader {
  /** The plain decimal string, or null where the text is not an amount in this form. */
  readonly read: (text: string) => string | null;
  /** Whether a minus must be refused by the caller. */
  readonly refusesMinus: boolean;
}

const escaped = (mark: string): string => mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const ALL_ZERO = /^-?[0.]+$/;

/**
 * Accepts an optional minus (before, after, or parentheses as bookkeepers write it), digits with the thousands mark in
 * groups of three or not at all, and the decimal mark. Exponents, currency signs and stray marks are refused:
 * `1.234,56` is no amount where the decimal mark is a point. Minus zero is zero.
 */
export function amountReader(spec: AmountSpec): AmountReader {
  const whole = spec.thousands === '' ? '\\d+' : `(?:\\d{1,3}(?:${escaped(spec.thousands)}\\d{3})+|\\d+)`;
  const fraction = spec.impliedDecimals > 0 ? '' : `(?:${escaped(spec.decimal)}(\\d+))?`;
  const form = new RegExp(`^(-|\\()?(${whole})${fraction}(-|\\))?$`);
  const simple = spec.decimal === '.' && spec.impliedDecimals === 0;
  const plain = /^\d+(?:\.\d+)?$/;
  const implied = spec.impliedDecimals;

  function read(text: string): string | null {
    if (simple && plain.test(text)) return text;
    const match = form.exec(text);
    if (match === null) return null;
    const before = match[1] ?? '';
    const after = implied > 0 ? (match[3] ?? '') : (match[4] ?? '');
    const isNegative = before !== '' || after !== '';
    const isBalanced = before === '(' ? after === ')' : after !== ')' && !(before === '-' && after === '-');
    if (!isBalanced) return null;
    let digits = match[2] as string;
    if (spec.thousands !== '') digits = digits.split(spec.thousands).join('');
    let decimals = match[3] ?? '';
    if (implied > 0) {
      digits = digits.padStart(implied + 1, '0');
      decimals = digits.slice(-implied);
      digits = digits.slice(0, -implied).replace(/^0+(?=\d)/, '');
    }
    const unsigned = decimals === '' ? digits : `${digits}.${decimals}`;
    return isNegative && spec.sign !== 'drop' && !ALL_ZERO.test(unsigned) ? `-${unsigned}` : unsigned;
  }
  return { read, refusesMinus: spec.sign === 'none' };
}
