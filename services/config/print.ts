/** The configuration as a flat list for people and scripts: every value, where it came from, secrets left out. */
import type { LoadedConfig } from './load.ts';

export interface PrintedSetting {
  /** `kafka.clientId` */
  readonly path: string;
  readonly value: unknown;
  /** `file:line:col`, a variable, or `default`. */
  readonly from: string;
}

export const HIDDEN = '(hidden)';

/**
 * Names that hold a secret themselves. There is none in the schema, which names files; this holds back whatever somebody adds.
 * A test walks the schema.
 */
export const SECRET_NAME = /^(?!.*(file|folder)$).*(password|secret|token|apikey|passphrase|credential)/i;

/** Leaves in the order of the schema; a list is one value. */
export function printedSettings(loaded: LoadedConfig): PrintedSetting[] {
  const found: PrintedSetting[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length > 0
    ) {
      for (const [key, below] of Object.entries(value)) walk(below, [...path, key]);
      return;
    }
    const hidden = SECRET_NAME.test(path.at(-1) ?? '');
    found.push({ path: path.join('.'), value: hidden ? HIDDEN : value, from: loaded.sourceOf(path) });
  };
  for (const [section, value] of Object.entries(loaded.config))
    if (value !== undefined) walk(value, [section]);
  return found;
}
