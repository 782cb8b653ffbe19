/** Texts of JSON as bytes. */

export const EMPTY = new Uint8Array(0);

/** UTF-8 of a value's JSON. */
export function jsonBytes(value: unknown): Uint8Array {
  return textBytes(JSON.stringify(value));
}

export function textBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  // Out of the pool: fragments live long, and the pool's slabs would live with them.
  return new Uint8Array(bytes);
}

/** `"name":value,` */
export function memberBytes(name: string, value: unknown): Uint8Array {
  return value === undefined ? EMPTY : textBytes(`"${name}":${JSON.stringify(value)},`);
}
