import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as enumerations from '../../../schemas/enumerations.ts';
import { EVENT_FIELDS } from '../../../schemas/event-fields.ts';
import { CONTRACT_NAMES, contractNote, jsonSchemaOf } from '../../../schemas/json-schema.ts';
import { GENERATED_PAGES } from '../../../services/docs/pages.ts';
import { ROOT, readText } from '../../support/project.ts';

describe('generated pages', () => {
  test.each(Object.keys(GENERATED_PAGES))('%s is up to date (`npm run docs` writes it)', async (path) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
    expect(readText(path)).toBe(await GENERATED_PAGES[path]?.());
  });
});

describe('the change log', () => {
  test('knows the version of the package', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string };
    expect(readText('CHANGELOG.md')).toMatch(
      new RegExp(`^## \\[?(${version.replaceAll('.', '\\.')}|Unreleased)`, 'm'),
    );
  });
});

describe('contracts', () => {
  test.each(CONTRACT_NAMES)('%s has a printable JSON Schema', (name) => {
    const schema = jsonSchemaOf(name);
    expect(contractNote(name).length).toBeGreaterThan(5);
    expect(schema['$schema']).toContain('2020-12');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema['properties'] ?? schema['anyOf'] ?? schema['oneOf']).toBeDefined();
  });
});

describe('enumerations', () => {
  const lists = Object.entries(enumerations).flatMap(([name, values]) =>
    Array.isArray(values) ? [[name, values as readonly string[]] as const] : [],
  );

  test.each(lists)('%s names each value once, in one spelling', (name, values) => {
    expect(new Set(values).size).toBe(values.length);
    // Families are the three-letter marks of the sources; subject kinds are property names.
    const spelling =
      name === 'FAMILIES'
        ? /^[A-Z]{3}$/
        : name === 'SUBJECT_KINDS'
          ? /^[a-z]+([A-Z][a-z]+)*$/
          : /^[a-z0-9]+(_[a-z0-9]+)*$/;
    expect(values.filter((value) => !spelling.test(value))).toEqual([]);
  });

  test('every short name selects something, and only values of the lists', () => {
    const { KINDS, RAILS, CHANNELS, INSTRUMENTS, PURPOSES, SHORT_NAMES } = enumerations;
    const allowed: Readonly<Record<string, readonly string[]>> = {
      kind: KINDS,
      rail: RAILS,
      channel: CHANNELS,
      instrument: INSTRUMENTS,
      purpose: PURPOSES,
      direction: ['in', 'out'],
    };
    for (const [name, selector] of Object.entries(SHORT_NAMES)) {
      const parts = Object.entries(selector) as [string, string | readonly string[]][];
      expect(parts.length, name).toBeGreaterThan(0);
      for (const [part, values] of parts) {
        expect(allowed[part], `${name}.${part}`).toBeDefined();
        expect(
          [values].flat().filter((value) => !allowed[part]?.includes(value)),
          `${name}.${part}`,
        ).toEqual([]);
      }
    }
  });

  test('two short names never mean the same', () => {
    const meanings = Object.values(enumerations.SHORT_NAMES).map((selector) => JSON.stringify(selector));
    expect(new Set(meanings).size).toBe(meanings.length);
  });

  test('names of event fields are those of properties, with a unit where they are numbers', () => {
    const names = Object.keys(EVENT_FIELDS);
    expect(names.filter((name) => !/^[a-z][a-zA-Z0-9]*$/.test(name))).toEqual([]);
    const bare = Object.entries(EVENT_FIELDS)
      .filter(([, field]) => field.type === 'int' && !('unit' in field))
      .map(([name]) => name);
    expect(bare).toEqual([]);
  });
});
