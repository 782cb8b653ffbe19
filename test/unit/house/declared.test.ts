/** What is declared is there for something: metrics are set, fields of the configuration are read. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema, type SectionName } from '../../../schemas/config.ts';
import { METRICS } from '../../../services/observe/metrics.ts';
import { projectFiles, readText, withoutComments } from '../../support/project.ts';

const sources = projectFiles()
  .filter((path) => /^services\/.*\.ts$/.test(path))
  .map((path) => ({ path, code: withoutComments(readText(path)) }));

describe('metrics', () => {
  const code = sources
    .filter(({ path }) => path !== 'services/observe/metrics.ts')
    .map((source) => source.code)
    .join('\n');
  const isSet = (name: string) => new RegExp(`\\.(count|set|observe)\\(\\s*'${name}'`).test(code);

  test('each is set by somebody: a panel that never shows anything looks like a quiet system', () => {
    expect(Object.keys(METRICS).filter((name) => !isSet(name))).toEqual([]);
  });

  test('the reader of the code sees what is not there', () => {
    expect(isSet('rastro_nosuch_total')).toBe(false);
  });
});

describe('the configuration', () => {
  interface Part {
    readonly properties?: Readonly<Record<string, Part>>;
    readonly type?: string;
  }
  const { properties: sections = {} } = z.toJSONSchema(configSchema, { io: 'input' }) as Part;

  /** Names of fields; those of a map from names of the user's are values of it. */
  const leavesOf = ({ properties }: Part): string[] =>
    Object.entries(properties ?? {}).flatMap(([name, part]) =>
      part.properties === undefined || Object.keys(part.properties).length === 0 ? [name] : leavesOf(part),
    );
  /** Files that have the section in their hands: as a type, out of the whole, or because they are the role that it is of. */
  const readersOf = (section: string) => {
    const type = `${section[0]?.toUpperCase()}${section.slice(1)}Config`;
    const ways = `\\b${type}\\b|\\bconfig\\.${section}\\b|'${section}'\\)|\\{[^{}]*\\b${section}\\b[^{}]*\\}(: Config\\b| = (await )?config)`;
    return sources
      .filter(({ path }) => !/^services\/(config|docs)\//.test(path))
      .filter(({ path, code }) => path.startsWith(`services/${section}/`) || new RegExp(ways).test(code))
      .map(({ code }) => code)
      .join('\n');
  };
  const fields = (Object.keys(sections) as SectionName[]).flatMap((section) => {
    const readers = readersOf(section);
    return leavesOf(sections[section] as Part).map((leaf) => ({ section, leaf, readers }));
  });

  test('has sections, fields, and readers of each section', () => {
    expect(fields.length).toBeGreaterThan(40);
    expect(fields.filter(({ readers }) => readers === '')).toEqual([]);
  });

  test('every field is read: one that changes nothing is a promise', () => {
    const unread = fields.filter(({ leaf, readers }) => !new RegExp(`\\b${leaf}\\b`).test(readers));
    expect(unread.map(({ section, leaf }) => `${section}.${leaf}`)).toEqual([]);
  });
});
