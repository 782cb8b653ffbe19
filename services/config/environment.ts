/**
 * Configuration from the environment: `RASTRO_KAFKA__CLIENT_ID` is `kafka.clientId`. Two underscores go one level down, one
 * begins a new word. Variables without two underscores (`RASTRO_DATA_DIR`) are not configuration.
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../../schemas/config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting {
  /** `['kafka', 'clientId']` */
  readonly path: readonly string[];
  readonly value: unknown;
  /** Name of the variable. */
  readonly variable: string;
}

const PREFIX = 'RASTRO_';
const VARIABLES_MAX = 1_000;

/** What the environment sets, in the order of the names. A text becomes a number, a truth value or a list where that is expected. */
export function settingsOf(environment: Environment): Setting[] {
  return Object.keys(environment)
    .filter((variable) => variable.startsWith(PREFIX) && variable.includes('__'))
    .sort()
    .slice(0, VARIABLES_MAX)
    .map((variable) => {
      const path = variable.slice(PREFIX.length).split('__').map(camelCase);
      return { path, variable, value: readValue(environment[variable] ?? '', schemaAt(path)) };
    });
}

/** The variable that sets `path`. */
export function variableOf(path: readonly string[]): string {
  return (
    PREFIX + path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('__')
  );
}

function camelCase(word: string): string {
  return word.toLowerCase().replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The part of the schema that `path` leads to, its defaults taken off; undefined where it leads nowhere. */
function schemaAt(path: readonly string[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = configSchema;
  for (const key of path) {
    schema = bare(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[key] as z.core.$ZodType | undefined;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else return undefined;
  }
  return bare(schema);
}

function bare(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.def.innerType;
  }
  return inner;
}

function readValue(text: string, schema: z.core.$ZodType | undefined): unknown {
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum || schema === undefined) return text;
  if (schema instanceof z.ZodArray && !text.trimStart().startsWith('[')) {
    return text.split(',').map((item) => item.trim());
  }
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}
