/**
 * Purpose texts become classes. A text is folded (case, accents, punctuation), cut into words, and matched against the
 * phrases of all languages at once, because a payer in Chicago writes Spanish. Whole words match, in order; `word*`
 * matches any ending. The result describes what was written, and is all that leaves ingest.
 */
import type { LexiconFile } from '../../schemas/reference.ts';

/** Distinct texts whose classes are remembered. */
const CACHED_TEXTS_MAX = 65_536;
/** Words of a text that are looked at; a purpose text of a rail has at most 140 characters. */
const WORDS_MAX = 200;

export interface Lexicon {
  readonly classes: readonly string[];
  /** Classes of a text, sorted, without repeats. */
  classify(text: string): readonly string[];
}

interface Phrase {
  readonly words: readonly string[];
  readonly class: string;
}

/** Lower case without accents, every run of other characters one space. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

export function createLexicon(files: readonly LexiconFile[]): Lexicon {
  const exact = new Map<string, Phrase[]>();
  const prefixes = new Map<string, Phrase[]>();
  const prefixLengths = new Set<number>();
  const classes = new Set<string>();
  for (const file of files) {
    for (const [name, phrases] of Object.entries(file.classes)) {
      classes.add(name);
      for (const phrase of phrases) {
        const words = phrase.split(/\s+/).map((word) => foldText(word) + (word.endsWith('*') ? '*' : ''));
        const first = words[0] as string;
        const open = first.endsWith('*');
        const key = open ? first.slice(0, -1) : first;
        if (open) prefixLengths.add(key.length);
        const index = open ? prefixes : exact;
        index.set(key, [...(index.get(key) ?? []), { words, class: name }]);
      }
    }
  }
  const lengths = [...prefixLengths].sort((a, b) => a - b);
  const cache = new Map<string, readonly string[]>();

  function match(text: string): readonly string[] {
    const words = foldText(text).split(' ').slice(0, WORDS_MAX);
    const found = new Set<string>();
    const tryAll = (phrases: readonly Phrase[] | undefined, at: number) => {
      for (const phrase of phrases ?? []) if (matchesAt(words, at, phrase.words)) found.add(phrase.class);
    };
    words.forEach((word, at) => {
      tryAll(exact.get(word), at);
      for (const length of lengths)
        if (length <= word.length) tryAll(prefixes.get(word.slice(0, length)), at);
    });
    return [...found].sort();
  }

  return {
    classes: [...classes].sort(),
    classify(text) {
      const known = cache.get(text);
      if (known !== undefined) return known;
      if (cache.size >= CACHED_TEXTS_MAX) cache.clear();
      const found = match(text);
      cache.set(text, found);
      return found;
    },
  };
}

function matchesAt(words: readonly string[], at: number, phrase: readonly string[]): boolean {
  return phrase.every((part, i) => {
    const word = words[at + i];
    if (word === undefined) return false;
    return part.endsWith('*') ? word.startsWith(part.slice(0, -1)) : word === part;
  });
}
