/** What is asked of the store does not depend on which parts were merged when. */
import { expect, test } from 'vitest';
import { readMigrations } from '../../../services/store/migrate.ts';
import { projectFiles, readText, withoutComments } from '../../support/project.ts';

const migrations = readMigrations().map(({ file }) => readText(`schemas/clickhouse/${file}`));
/** Tables in which a row stands beside the ones that it replaces until they are merged. */
const replacing = migrations.flatMap((text) =>
  [...text.matchAll(/CREATE TABLE IF NOT EXISTS (\w+) \([\s\S]*?ENGINE = (\w+)/g)].flatMap(
    ([, name = '', engine]) => (engine === 'ReplacingMergeTree' ? [name] : []),
  ),
);
const READ = new RegExp(`\\b(?:FROM|JOIN)\\s+(${replacing.join('|')})\\b(?!\\s*\\()([^,)]{0,12})`, 'g');

/** What reads rows as they lie, and why it may. */
const AS_THEY_LIE: Readonly<Record<string, string>> = {
  'services/worker/history.ts: transactions':
    'a row that lies there twice comes twice, the newest form first, and the reader takes the first; merging all of it for a question costs more',
};

const readsOf = (text: string) =>
  [...text.matchAll(READ)]
    // A set of identities is the same with duplicates.
    .filter((match) => !/\bIN \(SELECT [^()]*$/.test(text.slice(Math.max(0, match.index - 80), match.index)))
    .map(([, table = '', behind = '']) => ({ table, isFinal: /^\s+(AS \w+\s+)?FINAL\b/.test(behind) }));

test('statements of the program and views read replacing tables merged, or by way of a view', () => {
  expect(replacing.length).toBeGreaterThan(10);
  const texts = [
    ...projectFiles()
      .filter((path) => /^services\/.*\.ts$/.test(path))
      .map((path) => [path, withoutComments(readText(path))] as const),
    ...migrations.map((text, at) => [`migration ${at + 1}`, text.replace(/^--.*$/gm, '')] as const),
  ];
  const bare = texts.flatMap(([path, text]) =>
    readsOf(text)
      .filter(({ isFinal }) => !isFinal)
      .map(({ table }) => `${path}: ${table}`),
  );
  expect(bare).toEqual(Object.keys(AS_THEY_LIE));
  expect(texts.flatMap(([, text]) => readsOf(text)).length).toBeGreaterThan(10);
});

test('the reader of statements sees a table that is read as it lies', () => {
  expect(readsOf('SELECT id FROM signals WHERE x')).toEqual([{ table: 'signals', isFinal: false }]);
  expect(readsOf('SELECT id FROM signals FINAL WHERE x')).toEqual([{ table: 'signals', isFinal: true }]);
  expect(readsOf('x IN (SELECT id FROM signals)')).toEqual([]);
});
