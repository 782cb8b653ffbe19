/** NDJSON lines: one object a line, and bank objects flattened to texts where a mapping names their fields. */

/** Longest number that a double holds without loss, in digits. */
const SAFE_NUMBER_DIGITS = 15;

export type ObjectFault = 'RAS-FEED-JSON-SYNTAX' | 'RAS-FEED-JSON-NOT-OBJECT';

/** Empty means absent: exports write null where they have nothing. */
function dropNulls(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    if (record[key] === null) delete record[key];
    else dropNulls(record[key]);
  }
}

export function parseObject(
  text: string,
):
  | { readonly object: Record<string, unknown>; readonly fault: null }
  | { readonly object: null; readonly fault: ObjectFault } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { object: null, fault: 'RAS-FEED-JSON-SYNTAX' };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { object: null, fault: 'RAS-FEED-JSON-NOT-OBJECT' };
  }
  if (text.includes('null')) dropNulls(value);
  return { object: value as Record<string, unknown>, fault: null };
}

/** Texts of the dotted `columns` of an object; `unsafe` names a column whose number lost digits on the way. */
export function flatten(
  object: Record<string, unknown>,
  columns: readonly string[],
): { readonly row: string[]; readonly unsafe: string | null } {
  let unsafe: string | null = null;
  const row = columns.map((column) => {
    let value: unknown = Object.hasOwn(object, column) ? object[column] : undefined;
    if (value === undefined) {
      value = object;
      for (const part of column.split('.')) {
        value =
          value !== null && typeof value === 'object' && Object.hasOwn(value, part)
            ? (value as Record<string, unknown>)[part]
            : undefined;
      }
    }
    if (value === undefined || value === null) return '';
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (typeof value === 'number' && text.replace(/[^\d]/g, '').length > SAFE_NUMBER_DIGITS) unsafe = column;
    return text;
  });
  return { row, unsafe };
}
