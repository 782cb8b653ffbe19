/** A number as source text. Every number of generated code passes here: what is no finite number never becomes code. */
export function literal(value: number): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError('not a finite number');
  const text = Object.is(value, -0) ? '0' : String(value);
  return value < 0 ? `(${text})` : text;
}
