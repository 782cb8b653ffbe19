/**
 * The holder stage: the signals observed on the accounts, cards, persons ... behind which one holder stands, read together. Fills
 * in companions (SEMANTICS §10) and tells everybody to whom weight is attributed.
 *
 * State: of each (holder, source) the last that was observed. A version belongs to the holder that it names; versions of one
 * signal may name several, where an account changes hands, and each of these holders is told all of them.
 */
import { isDeepStrictEqual } from 'node:util';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Companion, Signal } from '../../schemas/signal.ts';
import { companionsOf, type HeldSignal, isAttributedAway } from '../detect/signals.ts';
import { type Attributed, joinedFacts, NO_FACTS, type Observed, readingsOf } from './messages.ts';

/** What stands on a source for one holder: the last version of each signal whose last version names the holder. */
export interface HolderStanding {
  readonly source: string;
  readonly holder: string;
  readonly signals: readonly Signal[];
}

export interface HolderOutcome {
  readonly standing: readonly HolderStanding[];
  readonly attributed: readonly Attributed[];
}

interface Source {
  readonly observed: Observed;
  /** The holder's own versions, companions filled in. */
  own: readonly Signal[];
  /** Of these the last of each signal, where it is the last of all. */
  standing: readonly Signal[];
}

interface Holder {
  readonly sources: Map<string, Source>;
  /** Whom the last flush told. */
  told: ReadonlySet<string>;
}

/** The last version of each id. */
export function lastVersions<T extends { readonly id: string; readonly version: number }>(
  items: Iterable<T>,
): T[] {
  const last = new Map<string, T>();
  for (const item of items) {
    const known = last.get(item.id);
    if (known === undefined || known.version < item.version) last.set(item.id, item);
  }
  return [...last.values()];
}

export class HolderStage {
  readonly #holders = new Map<string, Holder>();
  /** Holders by source. */
  readonly #behind = new Map<string, Set<string>>();
  readonly #touched = new Set<string>();
  /** Versions with companions, by the version without: one that carries the same as before is the same object. */
  readonly #filled = new WeakMap<Signal, Signal>();
  /** Whom the last flush was about: nobody else can have become empty. */
  #flushed: readonly string[] = [];

  /** Takes in what stands on a source now. Its caller knows that it is the newest (`asOf`). */
  take(observed: Observed): void {
    let holder = this.#holders.get(observed.holder);
    if (holder === undefined) {
      holder = { sources: new Map(), told: new Set() };
      this.#holders.set(observed.holder, holder);
    }
    holder.sources.set(observed.source, { observed, own: [], standing: [] });
    this.#behind.set(observed.source, (this.#behind.get(observed.source) ?? new Set()).add(observed.holder));
    this.#touched.add(observed.holder);
  }

  /** The next flush says everything that stands. */
  touchAll(): void {
    for (const holder of this.#holders.keys()) this.#touched.add(holder);
  }

  /** Behind a flush: forgets sources on which nothing stands. Who hears of each source in order needs no memory of what is gone. */
  forgetEmpty(): void {
    for (const key of this.#flushed) {
      const { sources } = this.#holders.get(key) as Holder;
      for (const [source, { observed }] of sources) {
        if (observed.signals.length > 0) continue;
        sources.delete(source);
        const behind = this.#behind.get(source);
        behind?.delete(key);
        if (behind?.size === 0) this.#behind.delete(source);
      }
      if (sources.size === 0) this.#holders.delete(key);
    }
    this.#flushed = [];
  }

  /** What stands on a source for whatever holder, as of the last flush. */
  standingOn(source: string): Signal[] {
    return [...(this.#behind.get(source) ?? [])].flatMap((key) => [
      ...(this.#holders.get(key)?.sources.get(source)?.standing ?? []),
    ]);
  }

  /** Everything that stands for the touched holders; `asOf`: how much of the stage's input that is. */
  flush(asOf: number): HolderOutcome {
    const standing: HolderStanding[] = [];
    const attributed: Attributed[] = [];
    for (const key of this.#touched) {
      const holder = this.#holders.get(key) as Holder;
      this.#fill(key, holder);
      for (const [source, { standing: signals }] of holder.sources)
        standing.push({ source, holder: key, signals });
      attributed.push(...this.#attributedOf(key, holder, asOf));
    }
    this.#flushed = [...this.#touched];
    this.#touched.clear();
    return { standing, attributed };
  }

  #fill(key: string, { sources }: Holder): void {
    const neighbours: HeldSignal[] = [];
    for (const { observed } of sources.values()) neighbours.push(...observed.signals);
    for (const source of sources.values()) {
      source.own = source.observed.signals.flatMap(({ signal }) => {
        if (signal.observedHolder !== key) return [];
        if (!isAttributedAway(signal)) return [signal];
        return [this.#with(signal, companionsOf(signal, neighbours))];
      });
      const last = new Map(
        lastVersions(source.observed.signals.map((held) => held.signal)).map((s) => [s.id, s]),
      );
      source.standing = source.own.filter(({ id, version }) => last.get(id)?.version === version);
    }
  }

  #with(signal: Signal, companions: readonly Companion[]): Signal {
    const known = this.#filled.get(signal);
    if (known !== undefined && isDeepStrictEqual(known.companions, companions)) return known;
    const filled = { ...signal, companions: [...companions] };
    this.#filled.set(signal, filled);
    return filled;
  }

  #attributedOf(key: string, holder: Holder, asOf: number): Attributed[] {
    const bySubject = new Map<string, { source: Source; signal: Signal }[]>();
    for (const source of holder.sources.values()) {
      for (const signal of source.own) {
        for (const subject of new Set(signal.attributions.map((attribution) => attribution.subject))) {
          const named = bySubject.get(subject);
          if (named === undefined) bySubject.set(subject, [{ source, signal }]);
          else named.push({ source, signal });
        }
      }
    }
    const versions = this.#versionsOf(holder);
    const out: Attributed[] = [];
    for (const [subject, named] of bySubject) {
      const behind = new Set(named.map(({ source }) => source));
      const companions = new Map<string, Signal>();
      const carried = new Set(behind);
      for (const { signal } of named) {
        for (const { signalId, eventTime } of signal.companions) {
          const found = versions.get(signalId)?.findLast(({ version }) => version.eventTime <= eventTime);
          if (found === undefined) continue;
          companions.set(`${signalId} ${found.version.version}`, found.version);
          carried.add(found.source);
        }
      }
      const facts = [...behind].map(({ observed }) => observed.facts);
      out.push({
        asOf,
        subject,
        holder: key,
        signals: named.map(({ signal }) => signal),
        companions: [...companions.values()],
        facts: {
          ...joinedFacts([...carried].map(({ observed }) => observed.facts)),
          readings: () => readingsOf(facts),
        },
      });
    }
    for (const subject of holder.told) {
      if (bySubject.has(subject)) continue;
      out.push({ asOf, subject, holder: key, signals: [], companions: [], facts: NO_FACTS });
    }
    holder.told = new Set(bySubject.keys());
    return out.sort((a, b) => compareUtf8(a.subject, b.subject));
  }

  /** Versions of every signal of the holder's sources, oldest first. */
  #versionsOf({ sources }: Holder): Map<string, { source: Source; version: Signal }[]> {
    const versions = new Map<string, { source: Source; version: Signal }[]>();
    for (const source of sources.values()) {
      for (const { signal } of source.observed.signals) {
        const known = versions.get(signal.id);
        if (known === undefined) versions.set(signal.id, [{ source, version: signal }]);
        else known.push({ source, version: signal });
      }
    }
    return versions;
  }
}
