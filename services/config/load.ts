/**
 * The configuration of a role: defaults, over them a YAML or JSON file, over it the environment; checked as a whole, every
 * value with where it came from.
 */
import { readFile } from 'node:fs/promises';
import { YamlSource } from '../../rules/compiler/source.ts';
import { type Config, configSchema, type SectionName } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { type Environment, type Setting, settingsOf, variableOf } from './environment.ts';

export interface LoadOptions {
  /** `--config`; else `RASTRO_CONFIG` of the environment; else no file. */
  readonly file?: string | undefined;
  /** `process.env`. */
  readonly environment: Environment;
}

export interface ConfigIssue {
  /** `rastro.yaml:12:3`, or the name of a variable. */
  readonly where: string;
  /** `kafka.brokers` */
  readonly path: string;
  readonly detail: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly file: string | undefined;
  /** Where the value at a path came from: `file:line:col`, the name of a variable, or `default`. */
  sourceOf(path: readonly string[]): string;
}

const FILE_BYTES_MAX = 1024 * 1024;
const ISSUES_MAX = 100;

/**
 * Loads and checks.
 * @throws RastroError RAS-CONFIG-FILE-MISSING, or RAS-CONFIG-INVALID with the first issue and the number of the others.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { loaded, issues } = await checkConfig(options);
  if (loaded !== undefined) return loaded;
  const [first] = issues;
  const rest = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new RastroError('RAS-CONFIG-INVALID', {
    detail: `${first?.where}: ${first?.path === '' ? '' : `${first?.path}: `}${first?.detail}${rest}`,
  });
}

/** A section that a role cannot do without. @throws RastroError RAS-CONFIG-SECTION-MISSING */
export function sectionOf<N extends SectionName>(config: Config, section: N): NonNullable<Config[N]> {
  const found = config[section];
  if (found !== undefined) return found;
  const example = section === 'kafka' ? variableOf(['kafka', 'brokers']) : variableOf([section, 'url']);
  throw new RastroError('RAS-CONFIG-SECTION-MISSING', { section, example });
}

/** As `loadConfig`, with every issue as a value. @throws RastroError RAS-CONFIG-FILE-MISSING */
export async function checkConfig(
  options: LoadOptions,
): Promise<{ readonly loaded?: LoadedConfig; readonly issues: readonly ConfigIssue[] }> {
  const file = options.file ?? options.environment['RASTRO_CONFIG'];
  const source = file === undefined ? undefined : new YamlSource(await textOf(file));
  if (source !== undefined && source.problems.length > 0) {
    return {
      issues: source.problems
        .slice(0, ISSUES_MAX)
        .map(({ line, col, message }) => ({ where: `${file}:${line}:${col}`, path: '', detail: message })),
    };
  }
  const settings = settingsOf(options.environment);
  const inFile: unknown = source?.data ?? {};
  const whereOf = (path: readonly PropertyKey[]): string => {
    const setting = settingFor(settings, path);
    if (setting !== undefined) return setting.variable;
    if (source === undefined || !holds(inFile, path.slice(0, 1)))
      return source === undefined ? 'default' : `${file}`;
    const { line, col } = holds(inFile, path) ? source.keyPosition(path) : source.position(path);
    return `${file}:${line}:${col}`;
  };
  const merged = settings.reduce<unknown>((whole, { path, value }) => withValue(whole, path, value), inFile);
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, ISSUES_MAX).flatMap((issue) => {
      // A field that does not exist is reported at its parent: name it, and say where it stands.
      const paths =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => ({
        where: whereOf(path),
        path: path.join('.'),
        detail: issue.code === 'unrecognized_keys' ? 'there is no such field' : lowerFirst(issue.message),
      }));
    });
    return { issues };
  }
  const sourceOf = (path: readonly string[]) =>
    settingFor(settings, path) !== undefined || holds(inFile, path) ? whereOf(path) : 'default';
  return { loaded: { config: parsed.data, file, sourceOf }, issues: [] };
}

async function textOf(file: string): Promise<string> {
  const missing = (detail: string, cause?: unknown) =>
    new RastroError('RAS-CONFIG-FILE-MISSING', { file, detail }, { cause });
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw missing((error as NodeJS.ErrnoException).code ?? 'it cannot be read', error);
  }
  if (bytes.length > FILE_BYTES_MAX) throw missing(`it has more than ${FILE_BYTES_MAX} bytes`);
  return bytes.toString('utf8');
}

/** The variable that set the value at `path`, or an object around it. */
function settingFor(settings: readonly Setting[], path: readonly PropertyKey[]): Setting | undefined {
  const agrees = (shorter: readonly PropertyKey[], longer: readonly PropertyKey[]) =>
    shorter.every((key, index) => key === longer[index]);
  return settings.findLast((setting) => setting.path.length <= path.length && agrees(setting.path, path));
}

function holds(data: unknown, path: readonly PropertyKey[]): boolean {
  let here = data;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return false;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return path.length > 0;
}

/** A copy of `data` with `value` at `path`; what is no object on the way is replaced. */
function withValue(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const here = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  return { ...here, [key]: withValue((here as Record<string, unknown>)[key], rest, value) };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
