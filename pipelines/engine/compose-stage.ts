/**
 * The compose stage: signals attributed to one subject, from whatever holders, to rules over signals and alerts.
 *
 * State: of each (subject, holder) the last that was attributed. It looks nothing up elsewhere: companions, evidence and what
 * rules said without firing come with the signals.
 */
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import { lastVersions } from './holder-stage.ts';
import { type Attributed, joinedFacts, readingsOf } from './messages.ts';
import type { Compose, Lookups } from './step.ts';

/** What compose makes of a subject. */
export interface ComposedStanding {
  readonly subject: string;
  /** The last version of each signal of a rule over signals. */
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

function compareSignals(a: Signal, b: Signal): number {
  return a.eventTime - b.eventTime || compareUtf8(a.id, b.id) || a.version - b.version;
}

const versionOf = ({ id, version }: Signal): string => `${id} ${version}`;

export class ComposeStage {
  #compose: Compose;
  readonly #subjects = new Map<string, Map<string, Attributed>>();
  readonly #touched = new Set<string>();
  #flushed: readonly string[] = [];

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
    this.#flushed = [];
  }

  /** What stands for every touched subject. */
  async flush(): Promise<ComposedStanding[]> {
    const composed: ComposedStanding[] = [];
    this.#flushed = [...this.#touched];
    for (const subject of this.#flushed) composed.push(await this.#composed(subject));
    this.#touched.clear();
    return composed;
  }

  async #composed(subject: string): Promise<ComposedStanding> {
    // In an order of its own: what is said must not depend on who was heard first.
    const from = [...(this.#subjects.get(subject)?.values() ?? [])].sort((a, b) =>
      compareUtf8(a.holder, b.holder),
    );
    const signals = unique(from.flatMap((attributed) => attributed.signals)).sort(compareSignals);
    const companions = unique(from.flatMap((attributed) => attributed.companions)).sort(compareSignals);
    const lookups: Lookups = {
      ...joinedFacts(from.map(({ facts }) => facts)),
      signalOf: (id, eventTimeMs) =>
        companions.findLast((signal) => signal.id === id && signal.eventTime <= eventTimeMs),
    };
    let composition = this.#compose(subject, signals, lookups, []);
    if (composition.alerts.length > 0) {
      const readings = await readingsOf(from.map(({ facts }) => facts));
      if (readings.length > 0) composition = this.#compose(subject, signals, lookups, readings);
    }
    return {
      subject,
      signals: lastVersions(composition.derivedSignals),
      alerts: lastVersions(composition.alerts),
    };
  }
}

/** While an account changes hands two holders may tell the same version for a moment. */
function unique(signals: readonly Signal[]): Signal[] {
  return [...new Map(signals.map((signal) => [versionOf(signal), signal])).values()];
}
