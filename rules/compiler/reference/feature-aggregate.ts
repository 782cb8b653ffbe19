/** The aggregate of a feature over a range of matches. */
import type { FeatureProgram, Int, Value } from '../checked-rule.ts';
import { ratio } from '../integer.ts';
import {
  distinct,
  groupCount,
  intervalVariation,
  maximum,
  mean,
  minimum,
  percentile,
  standardDeviation,
  sum,
  topKey,
  topShare,
  total,
} from './aggregate.ts';
import type { Matches, Range } from './matches.ts';

/** Null is unknown: nothing matched, a zero denominator, or a sum beyond ±(2^63 - 1). */
export function aggregate({ definition, of, by }: FeatureProgram, range: Range<Matches>): Value {
  const { columns, from, to } = range;
  const values = () => columns.values.slice(from, to);
  const ints = () => values() as Int[];
  switch (definition.agg) {
    case 'count':
      return to - from;
    case 'sum':
      return sum(ints());
    case 'min':
      return minimum(ints());
    case 'max':
      return maximum(ints());
    case 'mean':
      return mean(ints());
    case 'stddev':
      return standardDeviation(ints());
    case 'interval_cv':
      return intervalVariation(ints());
    case 'distinct':
      return distinct([values(), ...columns.others.map((column) => column.slice(from, to))]);
    case 'share':
      return share(columns.parts.slice(from, to), of.length > 0 ? ints() : null);
    case 'top_share':
      return topShare(ints(), definition.top, definition.tolerance_milli);
    case 'first':
      return from < to ? columns.values[from]! : null;
    case 'last':
      return from < to ? columns.values[to - 1]! : null;
    case 'percentile':
      return percentile(ints(), definition.p_milli);
    case 'top_key':
      return topKey(values() as string[], by === null ? null : (columns.keys.slice(from, to) as Int[]));
    case 'group_count':
      return groupCount(columns.keys.slice(from, to), definition.stat);
    default:
      throw new Error(`not an aggregate over matches: ${definition.agg}`);
  }
}

/** Of the matches, or of their amounts, the share that is part. */
function share(parts: readonly boolean[], amounts: readonly Int[] | null): number | null {
  if (amounts === null) return ratio(parts.filter(Boolean).length, parts.length);
  return ratio(total(amounts.filter((_, i) => parts[i])), total(amounts));
}
