/** The hot evaluator as a measured detector: blocks of facts, or records of the log, through the columnar effective set. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuleSignals } from '../../pipelines/detect/detector.ts';
import { EffectiveRows, type ReversedBy } from '../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../pipelines/detect/hot/hot-core.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import type { ColdFile } from '../../pipelines/state/cold-file.ts';
import { decodeBlock } from '../../schemas/arrow.ts';
import { decodeFacts } from '../../schemas/block-facts.ts';
import type { FactBatch } from '../../schemas/facts.ts';
import { openColdFile } from '../../services/state/disk-cold-file.ts';
import { round } from '../harness/measure.ts';
import { DAY_MS } from '../stream/options.ts';
import type { Knowledge } from '../stream/stream.ts';
import type { DetectorFactory, LogDetectorFactory, SubjectCounts, SubjectSignals } from './subject.ts';

const MIB = 1_048_576;
const SEED: readonly [number, number] = [0x1234567, 0x89abcde];
/** Records are made room for at once; few accounts are the only ones of their holder, or named otherwise. */
const SUBJECTS_PER_ACCOUNT = 1.4;

/** As in production: rows in memory for 30 days of event time, subjects until 90 days have passed without an event. */
const HOT_WINDOW_MS = 30 * DAY_MS;
const IDLE_MS = 90 * DAY_MS;

/** Where old rows and idle subjects go, and when; without it all stay in memory. */
export interface ColdOptions {
  readonly rows: ColdFile;
  readonly subjects: ColdFile;
  readonly hotWindowMs: number;
  readonly idleMs: number;
}

/** As what ships: in a folder of their own, gone when the process ends. */
function openCold(): ColdOptions {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-cold-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    rows: openColdFile(folder, 'rows'),
    subjects: openColdFile(folder, 'subjects'),
    hotWindowMs: HOT_WINDOW_MS,
    idleMs: IDLE_MS,
  };
}

export class HotSubject {
  readonly store: FactStore;
  readonly core: HotCore;
  readonly #rows: EffectiveRows;
  readonly #standing = new Map<string, readonly RuleSignals[]>();

  constructor(
    knowledge: Knowledge,
    dictionary: FactDictionary,
    size: { accounts: number; rows: number },
    cold?: ColdOptions,
  ) {
    this.store = new FactStore(
      dictionary,
      cold === undefined ? {} : { cold: cold.rows, hotWindowMs: cold.hotWindowMs },
    );
    this.core = new HotCore({
      ruleSet: knowledge.ruleSet,
      evaluation: knowledge.evaluation,
      store: this.store,
      dictionary,
      subjects: Math.ceil(size.accounts * SUBJECTS_PER_ACCOUNT),
      ...(cold === undefined ? {} : { idle: { file: cold.subjects, idleMs: cold.idleMs } }),
    });
    this.#rows = new EffectiveRows({ store: this.store, core: this.core, seed: SEED, rows: size.rows });
  }

  feed(batch: FactBatch, reversedBy: (place: number) => ReversedBy): void {
    this.#rows.admit(batch, reversedBy);
  }

  flush(): void {
    this.core.evaluate((subjectKey, groups) => {
      const speaking = groups.filter(({ versions }) => versions.length > 0);
      if (speaking.length > 0) this.#standing.set(subjectKey, speaking);
      else this.#standing.delete(subjectKey);
    });
  }

  /** Memory of what tells whether a row was there before. */
  get seenBytes(): number {
    return this.#rows.bytes;
  }

  counts(): SubjectCounts {
    const { records, histories, events } = this.core.bytes;
    const { recentRows, recent, forever, cache } = this.store.memory;
    const { candidates, confirmed, evaluated, rebuilt } = this.core.counts;
    const { held, reordered, late, releasedEarly } = this.core.orderCounts;
    return {
      survivors: candidates,
      stateBytes: records + this.seenBytes,
      historyBytes: histories + this.store.bytes,
      details: {
        candidates,
        confirmed,
        subjectsEvaluated: evaluated,
        subjectsRebuilt: rebuilt,
        eventsLate: this.core.lateEvents,
        recentRows,
        recentBytesPerRow: round(recent / recentRows, 1),
        foreverBytesPerRow: round(forever / this.store.rows, 2),
        pageCacheMib: round(cache / MIB, 1),
        subjectEvents: events,
        chunkBytesPerSubjectEvent: round(histories / events, 1),
        historyBytesPerSubjectEvent: round((histories + this.store.bytes) / events, 1),
        ...(held === 0
          ? {}
          : { rowsHeld: held, rowsReordered: reordered, rowsLate: late, rowsReleasedEarly: releasedEarly }),
      },
    };
  }

  *signals(): Iterable<SubjectSignals> {
    for (const [subjectKey, groups] of this.#standing) {
      for (const { rule, versions } of groups) yield { subjectKey, rule: rule.id, versions };
    }
  }
}

/** Nobody is waited for who has not sent a row for so long. */
const SILENCE_MS = 3_600_000;

export const createHot: DetectorFactory = ({ knowledge, dictionary, accounts, rows, ...how }) => {
  const { streaming, inMemory = false } = how;
  const subject = new HotSubject(
    knowledge,
    dictionary,
    { accounts, rows },
    inMemory ? undefined : openCold(),
  );
  for (const institution of streaming?.institutions ?? []) {
    const { latenessMs = 0 } = streaming ?? {};
    subject.core.setCadence(institution, 0, { kind: 'stream', latenessMs, silenceMs: SILENCE_MS });
  }
  return {
    feed(block) {
      subject.feed(block.batch, (place) => {
        const { institution, id } = block.reversed.get(place)!;
        return { institution, id, amountMinor: null };
      });
    },
    repair: () => subject.core.repair(),
    flush: () => subject.flush(),
    drain: () => subject.core.drain(),
    counts: () => subject.counts(),
    signals: () => subject.signals(),
  };
};

export const createHotOfLog: LogDetectorFactory = (knowledge) => {
  const dictionary = new FactDictionary(SEED);
  const subject = new HotSubject(knowledge, dictionary, { accounts: 1_024, rows: 1_024 }, openCold());
  return {
    feed({ payload }) {
      let documents: ReturnType<typeof decodeBlock> | undefined;
      subject.feed(decodeFacts(payload, dictionary), (place) => {
        documents ??= decodeBlock(payload);
        const { reverses } = documents[place]!.tx;
        const { institution, id, amount } = reverses!;
        return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
      });
    },
    flush: () => subject.flush(),
    counts: () => subject.counts(),
    signals: () => subject.signals(),
  };
};
