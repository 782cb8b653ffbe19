/**
 * What the topic `submissions` says, as a function of its records. Partitions are independent of each other: a claim, the states of
 * its submission and its replays lie in one.
 *
 * The first claim of a key in the order of its partition has the key until a deletion of that claim is there. Every claim has
 * a record key of its own, so that compaction never drops the first of two; those that lost are deleted before the winner can
 * be, so that none of them can ever rise.
 */
import { hashList } from '../../../schemas/ids.ts';
import {
  type ClaimRecord,
  claimRecord,
  isFinal,
  type ReplayRecord,
  replayRecord,
  type StateRecord,
  SUBMISSION_LIMITS,
  SUBMISSION_STATES,
  stateRecord,
} from '../../../schemas/submission.ts';
import type { NewRecord, TopicRecord } from '../../log/bus.ts';
import { slotOfKey } from '../../partition/slots.ts';

export interface Submission {
  readonly claim: ClaimRecord;
  readonly partition: number;
  /** The newest state of the newest attempt; null while nothing but the claim is there. */
  state: StateRecord | null;
  /** The newest state with a result. */
  settled: StateRecord | null;
  /** What was asked for last, if it is not settled. */
  replay: ReplayRecord | null;
  /** Keys of its records beside the claim's; few. */
  readonly keys: string[];
}

const KIND = 'kind';
const rankOf = (record: StateRecord): number =>
  record.attempt * SUBMISSION_STATES.length + SUBMISSION_STATES.indexOf(record.state);

const encode = (record: object): Uint8Array => Buffer.from(JSON.stringify(record), 'utf8');

/** The partition of the topic in which an idempotency key is decided. */
export function partitionOfKey(institution: string, keyHash: string, partitions: number): number {
  return slotOfKey(`${institution}\0${keyHash}`) % partitions;
}

const claimKey = ({ institution, submissionId }: ClaimRecord) => `claim/${institution}/${submissionId}`;

export function claimOf(claim: ClaimRecord, partition: number): NewRecord {
  return { partition, key: claimKey(claim), headers: { [KIND]: 'claim' }, value: encode(claim) };
}

/** `nonce` tells two askers apart. */
export function replayOf(replay: ReplayRecord, partition: number, nonce: string): NewRecord {
  const key = `replay/${replay.institution}/${replay.submissionId}/${replay.attempt}/${nonce}`;
  return { partition, key, headers: { [KIND]: 'replay' }, value: encode(replay) };
}

/** An attempt has a key of its own: what a process that lost its partition still writes of an earlier one covers nothing. */
export function stateOf(state: StateRecord, partition: number): NewRecord {
  const key = `state/${state.institution}/${state.submissionId}/${state.attempt}`;
  return { partition, key, headers: { [KIND]: 'state' }, value: encode(state) };
}

/** What two bodies under one key must agree on. */
export function fingerprintOf(claim: Pick<ClaimRecord, 'sha256' | 'mapping' | 'onError' | 'dryRun'>): string {
  return hashList([claim.sha256, claim.mapping, claim.onError, String(claim.dryRun)]).toString('hex');
}

export class SubmissionTable {
  readonly #byId = new Map<string, Submission>();
  readonly #byKey = new Map<string, Submission>();
  /** Record keys of claims that came too late, by the key that they claim. */
  readonly #lost = new Map<string, { readonly partition: number; readonly keys: Set<string> }>();
  /** Claims whose key says nothing of the idempotency key, by record key. */
  readonly #claimed = new Map<string, string>();
  /** By partition, those that are to be read, in the order of their claims. */
  readonly #pending = new Map<number, Set<Submission>>();
  /** Event time of the newest row that came of an institution, at most the time at which it was taken in. */
  readonly #newest = new Map<string, number>();
  /** Those whose rows are not known to be evaluated. */
  readonly #unprocessed = new Set<Submission>();

  get size(): number {
    return this.#byId.size;
  }

  /** Takes the next record of a partition. One that cannot be read is none of ours and changes nothing. */
  apply({ key, value, headers, partition }: TopicRecord): void {
    if (key === null) return;
    if (value === null) {
      this.#deleted(key);
      return;
    }
    const json = parsed(value);
    const claim = headers[KIND] === 'claim' ? claimRecord.safeParse(json).data : undefined;
    if (claim !== undefined) this.#claim(claim, key, partition);
    const state = headers[KIND] === 'state' ? stateRecord.safeParse(json).data : undefined;
    if (state !== undefined) this.#state(state, key);
    const replay = headers[KIND] === 'replay' ? replayRecord.safeParse(json).data : undefined;
    if (replay !== undefined) this.#replay(replay, key);
  }

  /** Who has the key. */
  holderOf(institution: string, keyHash: string): Submission | undefined {
    return this.#byKey.get(slotOf(institution, keyHash));
  }

  submission(id: string): Submission | undefined {
    return this.#byId.get(id);
  }

  submissions(): Iterable<Submission> {
    return this.#byId.values();
  }

  pending(partition: number): Iterable<Submission> {
    return this.#pending.get(partition) ?? [];
  }

  /** Whether it is to be read: until then rows of it may come. */
  isPending(submission: Submission): boolean {
    return this.#pending.get(submission.partition)?.has(submission) === true;
  }

  /** Those of an institution that are to be read, in all partitions. */
  *pendingOf(institution: string): Generator<Submission> {
    for (const pending of this.#pending.values())
      for (const submission of pending) if (submission.claim.institution === institution) yield submission;
  }

  /** Event time of the newest row that came of an institution, as far as states that are still kept say. */
  newestOf(institution: string): number | undefined {
    return this.#newest.get(institution);
  }

  unprocessed(): Iterable<Submission> {
    return this.#unprocessed;
  }

  /** Record keys of a partition that can be deleted: claims that lost, and what has been kept for `keptMs`. */
  deletable(partition: number, nowMs: number, keptMs: number = SUBMISSION_LIMITS.KEPT_MS): string[] {
    const keys: string[] = [];
    for (const lost of this.#lost.values()) if (lost.partition === partition) keys.push(...lost.keys);
    for (const submission of this.#byId.values()) {
      const { claim, state } = submission;
      if (submission.partition !== partition) continue;
      const isSettled = state !== null && isFinal(state.state, state.result !== null, claim.dryRun);
      const slot = slotOf(claim.institution, claim.keyHash);
      const isKeyHeld = this.#byKey.get(slot) === submission;
      if (isKeyHeld && !this.#lost.has(slot) && claim.receivedMs + keptMs < nowMs)
        keys.push(claimKey(claim), ...(isSettled ? submission.keys : []));
    }
    return keys;
  }

  #claim(claim: ClaimRecord, key: string, partition: number): void {
    const slot = slotOf(claim.institution, claim.keyHash);
    this.#claimed.set(key, slot);
    const holder = this.#byKey.get(slot);
    if (holder !== undefined) {
      if (holder.claim.submissionId === claim.submissionId) return;
      const lost = this.#lost.get(slot) ?? { partition, keys: new Set<string>() };
      this.#lost.set(slot, { partition, keys: lost.keys.add(key) });
      return;
    }
    const submission = {
      claim,
      partition,
      state: null,
      settled: null,
      replay: null,
      keys: [],
    };
    this.#byKey.set(slot, submission);
    this.#byId.set(claim.submissionId, submission);
    this.#isPending(submission, true);
  }

  #state(state: StateRecord, key: string): void {
    const submission = this.#byId.get(state.submissionId);
    if (submission === undefined) return;
    remember(submission, key);
    if (submission.state !== null && rankOf(state) < rankOf(submission.state)) return;
    this.#sawRows(state);
    // Where all rows are evaluated, nobody asks any more where they lie.
    const kept = state.state === 'processed' ? { ...state, appended: {} } : state;
    submission.state = kept;
    if (state.result !== null) {
      submission.settled = kept;
      if (submission.replay !== null && submission.replay.attempt <= state.attempt) submission.replay = null;
      if (submission.replay === null) this.#isPending(submission, false);
    }
    const waits = state.state === 'accepted' || state.state === 'partially_accepted';
    if (waits && !submission.claim.dryRun) this.#unprocessed.add(submission);
    else this.#unprocessed.delete(submission);
  }

  #sawRows({ institution, newestMs, atMs }: StateRecord): void {
    if (newestMs === undefined) return;
    // A row with a wrong year counts as one of now.
    const seenMs = Math.min(newestMs, atMs);
    this.#newest.set(institution, Math.max(seenMs, this.#newest.get(institution) ?? seenMs));
  }

  #replay(replay: ReplayRecord, key: string): void {
    const submission = this.#byId.get(replay.submissionId);
    if (submission === undefined) return;
    remember(submission, key);
    const { settled } = submission;
    if (submission.replay !== null || settled === null || replay.attempt !== settled.attempt + 1) return;
    submission.replay = replay;
    this.#isPending(submission, true);
  }

  #isPending(submission: Submission, is: boolean): void {
    const of = this.#pending.get(submission.partition) ?? new Set<Submission>();
    this.#pending.set(submission.partition, of);
    if (is) of.add(submission);
    else of.delete(submission);
  }

  #deleted(key: string): void {
    const slot = this.#claimed.get(key);
    if (slot === undefined) return;
    this.#claimed.delete(key);
    const lost = this.#lost.get(slot);
    if (lost?.keys.delete(key) === true && lost.keys.size === 0) this.#lost.delete(slot);
    const holder = this.#byKey.get(slot);
    if (holder === undefined || claimKey(holder.claim) !== key) return;
    this.#byKey.delete(slot);
    this.#byId.delete(holder.claim.submissionId);
    this.#isPending(holder, false);
    this.#unprocessed.delete(holder);
  }
}

function remember({ keys }: Submission, key: string): void {
  if (!keys.includes(key)) keys.push(key);
}

const slotOf = (institution: string, keyHash: string) => `${institution}\0${keyHash}`;

function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'));
  } catch {
    return undefined;
  }
}
