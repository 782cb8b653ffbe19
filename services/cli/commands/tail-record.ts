/**
 * How a record of a topic is shown: enough to see what goes by, nothing that names a person. Pseudonyms are shortened, texts and
 * long numbers are counted, what is encrypted stays closed.
 */
import type { TopicRecord } from '../../../pipelines/log/bus.ts';
import { TOPICS } from '../../../schemas/topics.ts';

/** Longest text that is a name of something rather than a sentence. */
const TOKEN_CHARS = 64;
/** Members of a list, and fields of an object, that are shown. */
const SHOWN_MEMBERS = 16;
const SHOWN_DEPTH = 4;
/** Digits in a row from which on a number may be that of an account. */
const LONG_NUMBER = /\d{10,}/g;
const PSEUDONYM = /\b([a-z]{2,4}_[0-9a-z]{6})[0-9a-z]{20}\b/g;
/** An Arrow stream begins so. */
const ARROW = Buffer.from([0xff, 0xff, 0xff, 0xff]);

export interface ShownRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly kind: string | null;
  readonly bytes: number;
  /** What it is; `json` has a `value`, `lines` a list of them. */
  readonly form: 'deleted' | 'encrypted' | 'block' | 'json' | 'lines' | 'bytes';
  readonly value?: unknown;
}

/** Of a key too, which may be made of pseudonyms. */
function shortened(text: string): string {
  return text.replace(PSEUDONYM, '$1…').replace(LONG_NUMBER, (digits) => `(${digits.length} digits)`);
}

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return /\s/.test(value) || value.length > TOKEN_CHARS ? `(${value.length} characters)` : shortened(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const shown = entries.slice(0, SHOWN_MEMBERS).map(([key, one]) => [shortened(key), masked(one, depth - 1)]);
  const left = entries.length - shown.length;
  if (isList) return [...shown.map(([, one]) => one), ...(left > 0 ? [`(${left} more)`] : [])];
  return { ...Object.fromEntries(shown), ...(left > 0 ? { '…': `${left} more` } : {}) };
}

function formOf(record: TopicRecord): Pick<ShownRecord, 'form' | 'value'> {
  const { topic, value } = record;
  if (value === null) return { form: 'deleted' };
  if (TOPICS[topic].content === 'encrypted') return { form: 'encrypted' };
  if (ARROW.equals(value.subarray(0, ARROW.length))) return { form: 'block' };
  try {
    const lines = Buffer.from(value).toString().split('\n');
    const said = lines.slice(0, SHOWN_MEMBERS + 1).map((line): unknown => JSON.parse(line));
    if (said.length === 1) return { form: 'json', value: masked(said[0], SHOWN_DEPTH) };
    const shown = said.slice(0, SHOWN_MEMBERS).map((line) => masked(line, SHOWN_DEPTH));
    const left = lines.length - shown.length;
    return { form: 'lines', value: [...shown, ...(left > 0 ? [`(${left} more)`] : [])] };
  } catch {
    // Part of a message, or nothing of ours.
    return { form: 'bytes' };
  }
}

export function shownRecord(record: TopicRecord): ShownRecord {
  const { partition, offset, key, headers, value } = record;
  return {
    partition,
    offset,
    key: key === null ? null : shortened(key),
    kind: headers['kind'] ?? null,
    bytes: value?.length ?? 0,
    ...formOf(record),
  };
}
