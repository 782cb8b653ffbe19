import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAYERS, layerOf, projectFiles, readText } from '../../support/project.ts';

const files = projectFiles();
const folders = [...new Set(files.map((path) => posix.dirname(path)))]
  .filter((folder) => folder !== '.')
  .sort();

describe('READMEs', () => {
  /** Folders that need a page of their own: the top ones, and the parts of each layer. Test trees mirror them. */
  const needsReadme = (folder: string): boolean => {
    const depth = folder.split('/').length;
    if (folder === '.ci') return false;
    return (
      depth === 1 ||
      (depth === 2 && (LAYERS as readonly string[]).includes(layerOf(folder)) && hasCode(folder))
    );
  };
  const hasCode = (folder: string) =>
    files.some((path) => path.startsWith(`${folder}/`) && path.endsWith('.ts'));
  const tops = [
    ...new Set(folders.flatMap((folder) => [layerOf(folder), folder.split('/').slice(0, 2).join('/')])),
  ];

  test('every part has a page that says what it is, why, and how to extend it', () => {
    const missing = tops.filter(needsReadme).filter((folder) => !files.includes(`${folder}/README.md`));
    expect(missing).toEqual([]);
  });

  test('every other folder of code is named on a page above it', () => {
    const unnamed = folders.filter((folder) => {
      if (!(LAYERS as readonly string[]).includes(layerOf(folder)) || needsReadme(folder)) return false;
      if (!hasCode(folder)) return false;
      for (let here = folder, above = posix.dirname(here); ; here = above, above = posix.dirname(here)) {
        if (files.includes(`${here}/README.md`)) return false;
        const page = `${above}/README.md`;
        if (files.includes(page)) return !readText(page).includes(`${posix.basename(here)}`);
        if (above === '.') return true;
      }
    });
    expect(unnamed).toEqual([]);
  });

  test('links between pages lead somewhere', () => {
    const dead = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) =>
        [...readText(page).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
          .map(([, target = '']) => target)
          .filter((target) => !/^[a-z]+:/.test(target))
          .map((target) => [page, posix.join(posix.dirname(page), target).replace(/\/$/, '')] as const)
          .filter(([, target]) => !files.includes(target) && !folders.includes(target))
          .map(([, target]) => `${page} -> ${target}`),
      );
    expect(dead).toEqual([]);
  });
});

describe('length', () => {
  const LINES_MAX = 400;
  /** Longer files, each with the reason why splitting it would make it harder to read. */
  const LONGER: Readonly<Record<string, string>> = {};

  test(`no file of code is longer than ${LINES_MAX} lines`, () => {
    const longer = files
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [path, readText(path).split('\n').length - 1] as const)
      .filter(([path, lines]) => lines > LINES_MAX && !(path in LONGER))
      .map(([path, lines]) => `${path}: ${lines}`);
    expect(longer).toEqual([]);
  });

  test('the list of exceptions names no file that would fit', () => {
    const fits = Object.keys(LONGER).filter(
      (path) => !files.includes(path) || readText(path).split('\n').length - 1 <= LINES_MAX,
    );
    expect(fits).toEqual([]);
  });
});

describe('names', () => {
  test('files and folders are kebab-case', () => {
    const NAMED_BY_OTHERS =
      /^(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING|SECURITY|SEMANTICS|RESULTS)\.md$|^(LICENSE|Dockerfile)$/;
    const odd = files.filter((path) => {
      const name = posix.basename(path);
      if (layerOf(path) === 'rules' && path.endsWith('.yaml')) return false;
      return !NAMED_BY_OTHERS.test(name) && !/^\.?[a-z0-9]+([-.][a-z0-9]+)*$/.test(name);
    });
    expect(odd).toEqual([]);
  });

  /**
   * The project speaks of itself alone: no place on the machine it was written on, no registry that it was installed
   * from, no tool that wrote it. Built from halves, so that this list is not found itself.
   */
  const FOREIGN = [
    ['/wo', 'rk/'],
    ['/tmp/ba', 'sh'],
    ['/ro', 'ot/'],
    ['sand', 'box'],
    ['bash_', 'jobs'],
    ['npm', 'rc registry='],
    ['arti', 'factory'],
    ['clau', 'de'],
    ['anth', 'ropic'],
    ['open', 'ai'],
    ['chat', 'gpt'],
    ['language ', 'model'],
    ['issue ', '2'],
    ['the br', 'ief'],
    ['red-fla', 'gs.md'],
    ['doma', 'in.md'],
    ['des', 'ign.md'],
    ['(des', 'ign'],
    ['domain ', 'notes'],
  ].map((halves) => halves.join(''));

  test('no file names the place where it was written', () => {
    const named = files.flatMap((path) => {
      const text = readText(path).toLowerCase();
      return FOREIGN.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`);
    });
    expect(named).toEqual([]);
  });

  test('the lock file names no registry but the public one', () => {
    const hosts = [...readText('package-lock.json').matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map(
      ([, host]) => host,
    );
    expect([...new Set(hosts)].filter((host) => host !== 'https://registry.npmjs.org')).toEqual([]);
  });

  test('nothing is left to be done in a comment', () => {
    const left = files
      .filter((path) => /\.(ts|ya?ml|sql)$/.test(path))
      .filter((path) =>
        new RegExp(`\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\b`).test(readText(path)),
      );
    expect(left).toEqual([]);
  });
});
