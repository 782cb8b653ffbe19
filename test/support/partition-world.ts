/**
 * Several partitions, each a machine of its own, joined by their logs alone: records come in any batches, machines die and begin
 * again from nothing or behind a checkpoint, and what died goes on for a while and is heard late. Seeded.
 */
import type { Recalled } from '../../pipelines/engine/partition-engine.ts';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { kindsOfRules, Router } from '../../pipelines/partition/router.ts';
import { partitionsOfSlots, slotOfKey } from '../../pipelines/partition/slots.ts';
import type { Random } from '../../pipelines/simulate/random.ts';
import type { Alert } from '../../schemas/alert.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { RecordedRules } from '../../services/worker/recorded-rules.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import {
  append,
  type Checkpoint,
  type Input,
  type Logs,
  MemoryStore,
  PartitionMachine,
  type Said,
} from './partition-machine.ts';

export interface WorldCounts {
  rows: number;
  copies: number;
  messages: number;
  parts: number;
  restarts: number;
  fromNothing: number;
  zombies: number;
  compacted: number;
  duplicateBlocks: number;
}

export interface WorldOptions {
  readonly knowledge: Pick<Knowledge, 'ruleSet' | 'evaluation' | 'compose'>;
  readonly provided: ReadonlyMap<string, ReadonlySet<string>>;
  readonly partitions: number;
  readonly random: Random;
  /** Share of the scheduler's turns in which a machine dies. */
  readonly deaths: number;
  readonly partBytes: number;
  readonly parts?: number | undefined;
  readonly rulesOf?: (() => RecordedRules) | undefined;
}

/** Messages go through three stages, and some are said again. */
const ROUNDS_MAX = 100;

interface Zombie {
  readonly machine: PartitionMachine;
  left: number;
  /** End of its log of `signals` when the next one began: its lease was over before, so that it has fetched nothing behind it. */
  readonly until: number;
  /** What it has said and nobody has heard yet. */
  readonly unheard: Said[];
}

const isAlert = (item: Signal | Alert): item is Alert => 'typology' in item;

/** A standing document as a line that says all of it. */
export function lineOf(item: Signal | Alert): string {
  if (isAlert(item))
    return `composed:${item.subject} ${item.typology} ${item.id} v${item.version} ${contentHash(item)}`;
  const source = item.evidence.signals === undefined ? item.observedOn : `composed:${item.observedHolder}`;
  return `${source} ${item.rule} ${item.id} v${item.version} ${contentHash(item)}`;
}

export class PartitionWorld {
  readonly counts: WorldCounts = {
    rows: 0,
    copies: 0,
    messages: 0,
    parts: 0,
    restarts: 0,
    fromNothing: 0,
    zombies: 0,
    compacted: 0,
    duplicateBlocks: 0,
  };
  readonly store = new MemoryStore();
  readonly #options: WorldOptions;
  readonly #logs: Logs;
  readonly #ends: number[];
  readonly #router: Router;
  readonly #machines: PartitionMachine[] = [];
  readonly #checkpoints: (Checkpoint | undefined)[] = [];
  /** By partition of `transactions`, the last offset up to which all is evaluated and heard. */
  readonly #markers: number[];
  /** Rule sets that are on their way, by partition. */
  readonly #underway: Uint8Array[][];
  #zombies: Zombie[] = [];
  #writers = 0;

  private constructor(options: WorldOptions) {
    const { partitions, knowledge } = options;
    this.#options = options;
    const perPartition = <T>() => Array.from({ length: partitions }, (): T[] => []);
    this.#logs = { transactions: perPartition<Input>(), signals: perPartition() };
    this.#underway = perPartition<Uint8Array>();
    this.#ends = Array.from({ length: partitions }, () => 0);
    this.#markers = Array.from({ length: partitions }, () => -1);
    this.#router = new Router({ partitions, kinds: kindsOfRules(knowledge.ruleSet) });
  }

  static async start(options: WorldOptions): Promise<PartitionWorld> {
    const world = new PartitionWorld(options);
    for (let p = 0; p < options.partitions; p++) world.#machines.push((await world.#begin(p))[0]);
    return world;
  }

  /** A record for every partition. */
  refer(step: Extract<Input, { kind: 'step' }>['step']): void {
    this.#append(this.#router.close());
    for (const log of this.#logs.transactions) log.push({ kind: 'step', step });
  }

  /** A rule set: every partition gets it some time, in any order, some twice. */
  activate(payload: Uint8Array): void {
    for (const sets of this.#underway) sets.push(payload);
  }

  #arrive(share: number): void {
    const { random } = this.#options;
    for (const [p, sets] of this.#underway.entries()) {
      while (sets.length > 0 && random.chance(share)) {
        const [payload] = sets.splice(random.int(0, sets.length - 1), 1) as [Uint8Array];
        const log = this.#logs.transactions[p] as Input[];
        log.push({ kind: 'rules', payload });
        if (random.chance(0.2)) log.push({ kind: 'rules', payload });
      }
    }
  }

  /** Rows of a block. */
  submit(block: Uint8Array): void {
    const { random } = this.#options;
    this.#arrive(0.1);
    this.#append(this.#router.route(block).blocks);
    if (random.chance(0.5)) this.#append(this.#router.close());
    Object.assign(this.counts, { rows: this.#router.counts.rows, copies: this.#router.counts.copies });
  }

  #append(blocks: ReturnType<Router['close']>): void {
    for (const { partition, bytes } of blocks) {
      const log = this.#logs.transactions[partition] as Input[];
      log.push({ kind: 'rows', block: bytes });
      if (!this.#options.random.chance(0.05)) continue;
      log.push({ kind: 'rows', block: bytes });
      this.counts.duplicateBlocks++;
    }
  }

  /** Any machine does something. */
  async turn(): Promise<void> {
    const { random, deaths } = this.#options;
    const p = random.int(0, this.#machines.length - 1);
    const machine = this.#machines[p] as PartitionMachine;
    const what = random.float();
    if (what < deaths) await this.#die(p);
    else if (what < 0.35) this.#hear(await machine.read(machine.transactionsAt + random.int(1, 4)));
    else if (what < 0.55) {
      await this.#flush(machine);
      if (machine.mayFlush && random.chance(0.3)) {
        const checkpoint = machine.checkpoint;
        this.#checkpoints[p] = checkpoint;
        const { kept, transactions } = checkpoint;
        append(this.#logs, machine.engine.checkpointed(kept, transactions), this.#ends);
      }
    } else for (const said of await machine.take(random.int(1, 12))) this.#hear(said);
    if (random.chance(0.1)) this.#compact(random.int(0, this.#machines.length - 1));
    if (this.#zombies.length > 0 && random.chance(0.4)) await this.#walk(random.pick(this.#zombies));
  }

  /** Everything there is to do, until nothing is left. */
  async settle(): Promise<void> {
    this.#append(this.#router.close());
    this.#arrive(1);
    for (const zombie of this.#zombies)
      while (zombie.left > 0 || zombie.unheard.length > 0) await this.#walk(zombie);
    let rounds = 0;
    for (let isIdle = false; !isIdle; ) {
      if (++rounds > ROUNDS_MAX) throw new Error('the machines never come to rest');
      isIdle = true;
      for (const machine of this.#machines) {
        const { transactionsAt } = machine;
        this.#hear(await machine.read(Number.POSITIVE_INFINITY));
        if (machine.transactionsAt > transactionsAt || machine.engine.detect.hasWork) {
          isIdle = false;
          await this.#flush(machine);
        }
        const said = await machine.take(1_000);
        if (said.length > 0) isIdle = false;
        for (const each of said) this.#hear(each);
      }
    }
  }

  /** Every machine begins again from nothing: what stands is the same. */
  async rebuild(): Promise<void> {
    for (let p = 0; p < this.#machines.length; p++) {
      this.#compactAll(p);
      const [machine, said] = await this.#begin(p, undefined, this.#recalled(p));
      this.#machines[p] = machine;
      this.#hear(said);
    }
    await this.settle();
  }

  get lines(): string[] {
    return this.store.standing.map(lineOf).sort();
  }

  /** Evaluates; where that is heard, a marker is set. */
  async #flush(machine: PartitionMachine): Promise<void> {
    this.#hear(await machine.flush());
    const marked = this.#markers[machine.partition] as number;
    this.#markers[machine.partition] = Math.max(marked, machine.transactionsAt - 1);
  }

  async #begin(p: number, from?: Checkpoint, recalled?: Recalled): Promise<[PartitionMachine, Said]> {
    const { knowledge, provided, partitions, partBytes, parts, rulesOf } = this.#options;
    const partition = { index: p, count: partitions };
    const writer = `run-${++this.#writers}`;
    return PartitionMachine.start(
      {
        knowledge,
        provided,
        partition,
        logs: this.#logs,
        writer,
        partBytes,
        parts,
        rulesOf,
        markedUntil: this.#markers[p] as number,
      },
      from,
      recalled,
    );
  }

  async #die(p: number): Promise<void> {
    const { random } = this.#options;
    const checkpoint = random.chance(0.7) ? this.#checkpoints[p] : undefined;
    this.counts.restarts++;
    if (checkpoint === undefined) this.counts.fromNothing++;
    if (random.chance(0.6)) {
      this.#zombies.push({
        machine: this.#machines[p] as PartitionMachine,
        left: random.int(1, 8),
        until: this.#ends[p] as number,
        unheard: [],
      });
      this.counts.zombies++;
    }
    const recalled = checkpoint === undefined ? this.#recalled(p) : undefined;
    const [machine, said] = await this.#begin(p, checkpoint, recalled);
    this.#machines[p] = machine;
    if (checkpoint === undefined) this.#checkpoints[p] = undefined;
    this.#hear(said);
  }

  /** What the store holds as standing in the places of a partition. */
  #recalled(p: number): Recalled {
    const partitionOf = partitionsOfSlots(this.#options.partitions);
    const recalled = { signals: [] as Signal[], alerts: [] as Alert[] };
    for (const item of this.store.standing) {
      const owner = isAlert(item) ? item.subject : item.observedHolder;
      if (partitionOf[slotOfKey(owner)] !== p) continue;
      if (isAlert(item)) recalled.alerts.push(item);
      else recalled.signals.push(item);
    }
    return recalled;
  }

  async #walk(zombie: Zombie): Promise<void> {
    const { random } = this.#options;
    const { machine, unheard } = zombie;
    if (zombie.left > 0) {
      zombie.left--;
      unheard.push(await machine.read(machine.transactionsAt + random.int(0, 3)));
      unheard.push(await machine.flush(), ...(await machine.take(random.int(0, 6), zombie.until)));
    } else {
      const said = unheard.shift();
      if (said !== undefined) this.#hear(said);
    }
    this.#zombies = this.#zombies.filter((each) => each.left > 0 || each.unheard.length > 0);
  }

  #hear({ records, outcome }: Said): void {
    const { random } = this.#options;
    const told: NewRecord[] = [...records];
    this.counts.messages += told.length;
    this.counts.parts += told.filter(({ headers }) => headers?.['parts'] !== '1').length;
    append(this.#logs, told, this.#ends);
    // A sender that does not know whether it was heard says it again.
    if (random.chance(0.05)) append(this.#logs, told, this.#ends);
    for (const write of outcome?.signals ?? []) this.store.write('signal', write);
    for (const write of outcome?.alerts ?? []) this.store.write('alert', write);
  }

  /** Of each key only the last record stays, as far as every checkpoint reaches. */
  #compact(p: number): void {
    const reach = this.#checkpoints[p]?.signals;
    if (reach === undefined) return;
    // A machine that is dead without knowing it and still reads: the topic keeps for it what is superseded (`compactionLagMs`).
    const reading = this.#zombies.filter(({ left, machine }) => left > 0 && machine.partition === p);
    this.#compactTo(p, Math.min(reach, ...reading.map(({ machine }) => machine.signalsAt - 1)));
  }

  #compactAll(p: number): void {
    this.#compactTo(p, Number.POSITIVE_INFINITY);
  }

  #compactTo(p: number, reach: number): void {
    const log = this.#logs.signals[p] ?? [];
    const last = new Map<string | null, number>();
    for (const { key, offset } of log) if (offset <= reach) last.set(key, offset);
    const left = log.filter(({ key, offset }) => offset > reach || last.get(key) === offset);
    this.counts.compacted += log.length - left.length;
    this.#logs.signals[p] = left;
  }
}
