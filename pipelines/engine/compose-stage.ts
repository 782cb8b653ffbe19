/**
 * The compose stage: signals attributed to one subject, from whatever holders, to rules over signals and alerts.
 *
 * State: of each (subject, holder) the last that was attributed, and whom each subject's rules over signals gave weight last. It looks
 * nothing up elsewhere: companions, evidence and what rules said without firing come with the signals. What a rule over signals says of
 * another than the subject is told to whoever composes that one, like what a holder's sources attribute, under `composedSource` of the subject.
 */
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import { othersOf } from '../compose/relay.ts';
import { SignalVersions } from '../compose/signal-versions.ts';
import { lastVersions } from './holder-stage.ts';
import { type Attributed, composedSource, joinedFacts, NO_FACTS, readingsOf } from './messages.ts';
import type { Compose, Lookups } from './step.ts';

/** What compose makes of a subject. */
export interface ComposedStanding {
  readonly subject: string;
  /** The last version of each signal of a rule over signals. */
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

/** What a flush made, and what it tells of others than those whom it composed: no signals where nothing is said any more. */
export interface ComposedFlush {
  readonly composed: readonly ComposedStanding[];
  readonly relayed: readonly Attributed[];
}

function compareSignals(a: Signal, b: Signal): number {
  return a.eventTime - b.eventTime || compareUtf8(a.id, b.id) || a.version - b.version;
}

const versionOf = ({ id, version }: Signal): string => `${id} ${version}`;

export class ComposeStage {
  #compose: Compose;
  readonly #subjects = new Map<string, Map<string, Attributed>>();
  readonly #touched = new Set<string>();
  /** Whom the rules over signals of each subject named last. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #flushed = new Set<string>();

  constructor(compose: Compose) {
    this.#compose = compose;
  }

  /** Takes in what a holder's sources attribute to a subject. Its caller knows that it is the newest (`asOf`). */
  take(attributed: Attributed): void {
    let holders = this.#subjects.get(attributed.subject);
    if (holders === undefined) {
      holders = new Map();
      this.#subjects.set(attributed.subject, holders);
    }
    holders.set(attributed.holder, attributed);
    this.#touched.add(attributed.subject);
  }

  /** The next flush composes the subject whatever came in. */
  await(subject: string): void {
    this.#touched.add(subject);
  }

  /** The next flush composes everybody. */
  touchAll(): void {
    for (const subject of this.#subjects.keys()) this.#touched.add(subject);
  }

  /** From now on it is composed so: subjects with versions from `fromMs` of event time on are composed anew. */
  useRules(compose: Compose, fromMs: number): void {
    this.#compose = compose;
    for (const [subject, holders] of this.#subjects) {
      for (const { signals } of holders.values())
        if (signals.some(({ eventTime }) => eventTime >= fromMs)) this.#touched.add(subject);
    }
  }

  /** As `HolderStage.forgetEmpty`. */
  forgetEmpty(): void {
    for (const subject of this.#flushed) {
      const holders = this.#subjects.get(subject) ?? new Map<string, Attributed>();
      for (const [holder, { signals }] of holders) if (signals.length === 0) holders.delete(holder);
      if (holders.size === 0) this.#subjects.delete(subject);
    }
    this.#flushed.clear();
  }

  /** What stands for every touched subject; `asOf`: how much of the stage's input that is. */
  async flush(asOf: number): Promise<ComposedFlush> {
    const composed: ComposedStanding[] = [];
    const relayed: Attributed[] = [];
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const subject of touched) {
      this.#flushed.add(subject);
      composed.push(await this.#composed(subject, asOf, relayed));
    }
    return { composed, relayed };
  }

  async #composed(subject: string, asOf: number, relayed: Attributed[]): Promise<ComposedStanding> {
    // In an order of its own: what is said must not depend on who was heard first.
    const from = [...(this.#subjects.get(subject)?.values() ?? [])].sort((a, b) =>
      compareUtf8(a.holder, b.holder),
    );
    const signals = unique(from.flatMap((attributed) => attributed.signals)).sort(compareSignals);
    const companions = unique(from.flatMap((attributed) => attributed.companions)).sort(compareSignals);
    const versions = new SignalVersions(companions);
    const lookups: Lookups = {
      ...joinedFacts(from.map(({ facts }) => facts)),
      signalOf: (id, eventTimeMs) => versions.at(id, eventTimeMs),
    };
    let composition = this.#compose(subject, signals, lookups, []);
    if (composition.alerts.length > 0) {
      const readings = await readingsOf(from.map(({ facts }) => facts));
      if (readings.length > 0) composition = this.#compose(subject, signals, lookups, readings);
    }
    relayed.push(...this.#relayedOf(subject, composition.derivedSignals, from, asOf));
    return {
      subject,
      signals: lastVersions(composition.derivedSignals),
      alerts: lastVersions(composition.alerts),
    };
  }

  /** By whom they name, all versions, with the signals that they carry or rest on. */
  #relayedOf(
    subject: string,
    derived: readonly Signal[],
    from: readonly Attributed[],
    asOf: number,
  ): Attributed[] {
    const byOther = new Map<string, Signal[]>();
    for (const signal of derived) {
      if (signal.shadow === true) continue;
      for (const other of othersOf(signal)) {
        const signals = byOther.get(other);
        if (signals === undefined) byOther.set(other, [signal]);
        else signals.push(signal);
      }
    }
    const told = this.#told.get(subject) ?? new Set<string>();
    const holder = composedSource(subject);
    const out: Attributed[] = [];
    for (const [other, signals] of byOther) {
      const needed = new Set(
        signals.flatMap(({ companions, evidence }) => [
          ...companions.map(({ signalId }) => signalId),
          ...(evidence.signals ?? []),
        ]),
      );
      const companions = unique(
        from.flatMap((each) => [...each.signals, ...each.companions]).filter(({ id }) => needed.has(id)),
      ).sort(compareSignals);
      const facts = from.map((each) => each.facts);
      out.push({
        asOf,
        subject: other,
        holder,
        signals,
        companions,
        facts: { ...joinedFacts(facts), readings: () => readingsOf(facts) },
      });
    }
    for (const other of told) {
      if (!byOther.has(other))
        out.push({ asOf, subject: other, holder, signals: [], companions: [], facts: NO_FACTS });
    }
    if (byOther.size === 0) this.#told.delete(subject);
    else this.#told.set(subject, new Set(byOther.keys()));
    return out.sort((a, b) => compareUtf8(a.subject, b.subject));
  }
}

/** While an account changes hands two holders may tell the same version for a moment. */
function unique(signals: readonly Signal[]): Signal[] {
  return [...new Map(signals.map((signal) => [versionOf(signal), signal])).values()];
}
