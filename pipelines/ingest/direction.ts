/** Which side of a statement's row its own account is on, by each of the conventions banks use. */
import type { DirectionSpec } from '../../schemas/mapping.ts';
import type { ColumnIndex, Row, RowState } from './field-reader.ts';

/** Blank, or an amount that is zero in any spelling: banks fill the other column with 0.00. */
const NOTHING = /^[-0.,'\s]*$/;
const MINUS = /^\s*(?:-|\(|.*-\s*$)/;

/** Sets `state.isDebit`, or the problem. */
export type DirectionReader = (row: Row, state: RowState) => void;

export function compileDirection(spec: DirectionSpec, indexOf: ColumnIndex): DirectionReader {
  if ('const' in spec) {
    return (_row, state) => {
      state.isDebit = spec.const === 'debit';
    };
  }
  if ('sign' in spec) {
    const index = indexOf(spec.sign);
    const minusIsDebit = spec.negative === 'debit';
    return (row, state) => {
      state.isDebit = MINUS.test(row[index] ?? '') === minusIsDebit;
    };
  }
  if ('column' in spec) {
    const index = indexOf(spec.column);
    const debit = new Set(spec.debit);
    const credit = new Set(spec.credit);
    return (row, state) => {
      const code = (row[index] ?? '').trim();
      if (debit.has(code)) state.isDebit = true;
      else if (credit.has(code)) state.isDebit = false;
      else
        state.problem ??= { field: 'direction', code: 'RAS-FEED-DIRECTION-UNKNOWN', params: {}, value: code };
    };
  }
  const debit = indexOf(spec.debit);
  const credit = indexOf(spec.credit);
  return (row, state) => {
    const out = !NOTHING.test(row[debit] ?? '');
    const into = !NOTHING.test(row[credit] ?? '');
    if (out !== into) {
      state.isDebit = out;
      return;
    }
    const code = out ? 'RAS-FEED-DIRECTION-BOTH' : 'RAS-FEED-DIRECTION-UNKNOWN';
    state.problem ??= { field: 'direction', code, params: {}, value: row[debit] };
  };
}
