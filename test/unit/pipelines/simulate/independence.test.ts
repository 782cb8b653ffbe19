/** A generator that knew the rules would prove nothing about them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PARAMETERS } from '../../../../pipelines/simulate/parameters.ts';

const folder = join(import.meta.dirname, '../../../../pipelines/simulate');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

describe('the generator', () => {
  it('imports nothing but contracts, its own modules and nothing of the platform', () => {
    expect(sources.length).toBeGreaterThan(20);
    for (const name of sources)
      for (const match of readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)) {
        const target = match[1]!;
        const isOwn =
          /^\.\.?\/[a-z0-9-]+\.ts$/.test(target) ||
          /^\.\/(scenarios|lookalikes)\/[a-z0-9-]+\.ts$/.test(target);
        const isSibling = /^\.\.\/scenarios\/[a-z0-9-]+\.ts$/.test(target);
        const isContract = /^(\.\.\/)+schemas\/[a-z0-9-]+\.ts$/.test(target);
        expect(isOwn || isSibling || isContract, `${name} imports ${target}`).toBe(true);
      }
  });

  it('reads no clock, no chance of the platform and no environment', () => {
    for (const name of sources) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text, name).not.toMatch(/Date\.now|new Date\(\)|Math\.random|process\.|crypto/);
    }
  });

  it('keeps its numbers as ranges with a low and a high end in one place', () => {
    let ranges = 0;
    const walk = (value: unknown, path: string): void => {
      if (Array.isArray(value) && value.length === 2) {
        expect(value[0], path).toBeLessThanOrEqual(value[1]);
        ranges++;
      } else if (typeof value === 'object' && value !== null)
        for (const [key, one] of Object.entries(value)) walk(one, `${path}.${key}`);
      else if (!Array.isArray(value)) expect(typeof value, path).toBe('number');
    };
    for (const [name, group] of Object.entries(PARAMETERS)) walk(group, name);
    expect(ranges).toBeGreaterThan(100);
  });
});
