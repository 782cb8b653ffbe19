/** What the matches of a feature come to, as code: kept by two pointers, or computed over one window. */
import type { FeatureProgram } from '../checked-rule.ts';
import { literal } from '../plan/literal.ts';

/** Aggregates that two pointers keep. */
export const KEPT_AGGREGATES: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'share',
  'distinct',
  'group_count',
]);

/** What two pointers keep of the groups of a window. */
export const GROUPS: Readonly<Record<string, string | undefined>> = {
  distinct: 'new Map()',
  group_count: 'new GroupSizes()',
};

/** Code for a window: of the constructor, before the matches, for each of them (`v`, `key`, `part`; `n` so far), the value. */
export interface AggregateCode {
  readonly state: readonly string[];
  readonly before: readonly string[];
  readonly each: readonly string[];
  readonly value: string;
}

function plain(before: string, each: string, value: string): AggregateCode {
  return { state: [], before: [before], each: [each], value };
}

/** Of a feature over the values of its matches; `holdsIds`: they are ids of texts. `f` numbers it, `unknown` is its unknown value. */
export function aggregateCode(
  feature: FeatureProgram,
  f: number,
  unknown: string,
  holdsIds: boolean,
): AggregateCode {
  const { definition, of, by } = feature;
  const reused = (make: string, clear: string, each: string, value: string) => {
    return {
      state: [`this.r${f} = ${make};`],
      before: [`const held = this.r${f}; held${clear};`],
      each: [each],
      value,
    };
  };
  const overValues = (value: string) => reused('[]', '.length = 0', 'held.push(v);', value);
  const counted = 'const size = held.get(key); held.set(key, size === undefined ? 1 : size + 1);';
  switch (definition.agg) {
    case 'count':
      return plain('', '', 'n');
    case 'sum':
      return plain('let z = 0;', 'z = safe(z + v);', 'z');
    case 'share':
      return of.length === 0
        ? plain('let y = 0;', 'if (part === 1) y += 1;', 'quotient(y, n)')
        : plain(
            'let y = 0; let z = 0;',
            'z = safe(z + v); if (part === 1) y = safe(y + v);',
            'quotient(y, z)',
          );
    case 'first':
      return plain(`let one = ${unknown};`, 'if (n === 1) one = v;', 'one');
    case 'last':
      return plain(`let one = ${unknown};`, 'one = v;', 'one');
    case 'distinct': {
      const key =
        of.length === 1 ? 'v' : `[${of.map((_, i) => (i === 0 ? 'v' : `v${i}`)).join(', ')}].join()`;
      return reused('new Set()', '.clear()', `held.add(${key});`, 'held.size');
    }
    case 'group_count':
      return reused('new Map()', '.clear()', counted, groupValue(definition.stat));
    case 'top_key': {
      if (!holdsIds) return plain('fail();', '', unknown);
      const weight = by === null ? '1' : 'key';
      const each = `const sum = held.get(v); held.set(v, sum === undefined ? ${weight} : safe(sum + ${weight}));`;
      return reused('new Map()', '.clear()', each, 'topId(held, compareTexts)');
    }
    case 'top_share':
      return overValues(
        `whole(topShare(held, ${literal(definition.top)}, ${literal(definition.tolerance_milli)}))`,
      );
    case 'percentile':
      return overValues(`whole(percentile(held, ${literal(definition.p_milli)}))`);
    case 'min':
      return overValues('whole(minimum(held))');
    case 'max':
      return overValues('whole(maximum(held))');
    case 'mean':
      return overValues('whole(mean(held))');
    case 'stddev':
      return overValues('whole(standardDeviation(held))');
    case 'interval_cv':
      return overValues('whole(intervalVariation(held))');
    default:
      return plain('fail();', '', unknown);
  }
}

/** Adds a match to the counts at hand, or takes it away; a sum that is no longer exact stays undecided. */
export function stepCode({ definition, of }: FeatureProgram, sign: '+' | '-'): string[] {
  const inexact = (name: string) =>
    `if (${name} > 9007199254740991 || ${name} < -9007199254740991) { u += 1; ${name} = 0; }`;
  switch (definition.agg) {
    case 'sum':
      return [`z ${sign}= v;`, inexact('z')];
    case 'share':
      return of.length === 0
        ? [`if (part === 1) y ${sign}= 1;`]
        : [`z ${sign}= v;`, `if (part === 1) y ${sign}= v;`, inexact('z'), inexact('y')];
    case 'distinct':
      return sign === '+'
        ? ['const size = groups.get(v); groups.set(v, size === undefined ? 1 : size + 1);']
        : ['const size = groups.get(v);', 'if (size === 1) groups.delete(v); else groups.set(v, size - 1);'];
    case 'group_count':
      return [sign === '+' ? 'groups.put(key);' : 'groups.take(key);'];
    default:
      return [];
  }
}

/** What two pointers have kept comes to. */
export function keptValue({ definition, of }: FeatureProgram): string {
  switch (definition.agg) {
    case 'sum':
      return 'z';
    case 'share':
      return of.length === 0 ? 'quotient(y, n)' : 'quotient(y, z)';
    case 'distinct':
      return 'groups.size';
    case 'group_count':
      return `groups.stat(${statText(definition.stat)})`;
    default:
      return 'n';
  }
}

function groupValue(stat: 'min' | 'median' | 'max'): string {
  return `groupStat(held, ${statText(stat)})`;
}

/** The three names are ours; whatever a file says, no other gets into code. */
function statText(stat: 'min' | 'median' | 'max'): string {
  return stat === 'min' ? "'min'" : stat === 'median' ? "'median'" : "'max'";
}
