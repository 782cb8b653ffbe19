/** What the project is made of: its files, and who imports whom. For the tests that keep the house in order. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Folders of code that ships, lowest layer first: each may import itself and those before it. */
export const LAYERS = ['schemas', 'rules', 'pipelines', 'services'] as const;

const FOLDERS = [...LAYERS, 'benchmarks', 'test', 'docs', 'deploy', '.ci'];
/** Generated, installed, or a user's data. */
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.rastro', 'coverage', '.cache', 'secrets']);

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** Every file of the project, as paths from its root with `/`. */
export function projectFiles(): string[] {
  const top = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return [...top, ...FOLDERS.flatMap((folder) => filesUnder(folder))].sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export const layerOf = (path: string): string => path.split('/', 1)[0] ?? '';

/** Source without its comments: what is said in prose is not done in code. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{(])\/\/.*$/gm, '$1');
}

export interface Import {
  readonly from: string;
  /** A path from the root for a file of ours, else the module's name. */
  readonly to: string;
  readonly isOurs: boolean;
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)(['"])([^'"\n]+)\1/g;

/** Imports and re-exports of a TypeScript file, types included. */
export function importsOf(path: string): Import[] {
  return [...withoutComments(readText(path)).matchAll(IMPORT)].map(([, , specifier = '']) => {
    const isOurs = specifier.startsWith('.');
    return { from: path, to: isOurs ? posix.join(posix.dirname(path), specifier) : specifier, isOurs };
  });
}
