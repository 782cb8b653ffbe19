/** Option values that several commands read, and how moments are shown. */
import type { Command } from 'commander';
import { RastroError } from '../../schemas/errors/index.ts';
import { THREADS_MAX } from '../threads/limits.ts';

/** No list prints more. */
const LIST_MAX = 10_000;

export function limitOf(text: string): number {
  return countOf('--limit', text, LIST_MAX);
}

export function threadsOf(text: string): number {
  return countOf('--threads', text, THREADS_MAX);
}

/** No command waits longer for what others do. */
const TIMEOUT_SECONDS_MAX = 86_400;

/** Milliseconds of `--timeout`. */
export function timeoutMsOf(text: string): number {
  return countOf('--timeout', text, TIMEOUT_SECONDS_MAX) * 1_000;
}

function countOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: `1..${most}` });
}

/** Nobody reads more of one kind. */
const SAMPLES_MAX = 100;

/** Of `--samples`; none is allowed. */
export function samplesOf(text: string): number {
  return text === '0' ? 0 : countOf('--samples', text, SAMPLES_MAX);
}

export function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(text)) return text as T;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: allowed.join(' | ') });
}

/** `2026-03-01 14:05Z`: times are UTC and say so. */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** How a command that reads feeds is told what they are. */
export interface FeedOptions {
  readonly mapping: string;
  readonly parties?: string[];
  readonly partiesMapping: string;
  readonly institution?: string;
}

export function addFeedOptions(command: Command): Command {
  return command
    .option('--mapping <name>', 'a shipped mapping or the path of one', 'canonical')
    .option('--parties <file...>', 'party files: who holds which account')
    .option('--parties-mapping <name>', 'mapping of the party files', 'canonical-parties')
    .option('--institution <id>', 'who submits, where the mapping leaves it open');
}
