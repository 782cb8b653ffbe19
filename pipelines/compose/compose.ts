/**
 * Compose: from the signals attributed to one subject to the alerts about it.
 *
 * First the rules over signals, whose signals join the others; then every composite typology. A pure function of the
 * set of signal versions, of the rule set and composites in force, and of what the context looks up.
 */
import { type RuleSet, ruleLookup, ruleSetHashAt } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { CheckedComposite } from './composites.ts';
import { derivedSignalsOf } from './derived-signals.ts';
import { alertOf, type ComposeContext } from './document.ts';
import { alertVersionsOf, attributionMilliOf, type Openings } from './episodes.ts';
import { EvidenceBook, FlowBook } from './evidence.ts';
import { protectedAs, relayedTo, withProtection } from './relay.ts';
import { type AttributedSignal, standsAlone } from './score.ts';

export interface Composition {
  /** Signals of rules over signals, every version. */
  readonly derivedSignals: readonly Signal[];
  /** Alerts about the subject, every version, in the order (typology, opened, version). */
  readonly alerts: readonly Alert[];
}

function compareVersions(a: Signal, b: Signal): number {
  return a.eventTime - b.eventTime || compareUtf8(a.id, b.id) || a.version - b.version;
}

const NOTHING: Composition = { derivedSignals: [], alerts: [] };

/**
 * Composes one subject. `signals` are all versions of the standing base signals that name the subject in an attribution
 * (weight 0 included), and of the signals of rules over signals that another person's composition gives the subject weight in, in any order;
 * signals of rules over the subject's own signals among them are ignored and made anew.
 */
export function composeSubject(
  subject: string,
  signals: readonly Signal[],
  ruleSet: RuleSet,
  composites: readonly CheckedComposite[],
  ctx: ComposeContext,
): Composition {
  const rules = ruleLookup(ruleSet);
  const base = signals
    .filter(
      (s) => rules.at(s.rule, s.eventTime)?.input !== 'signals' && attributionMilliOf(s, subject) !== null,
    )
    .sort(compareVersions);
  const made = derivedSignalsOf(subject, base, ruleSet, ctx.evaluation);
  const isProtectedAs = protectedAs(subject, [...signals, ...made]);
  const relayed = isProtectedAs === undefined ? relayedTo(subject, signals, rules) : [];
  if (base.length === 0 && relayed.length === 0) return NOTHING;
  const derivedSignals = withProtection(made, isProtectedAs);
  // What an experimental rule says is in no alert, carries nothing into one, and is no occasion to look at one.
  const attributed = [...base, ...relayed, ...derivedSignals]
    .filter(({ shadow }) => shadow !== true)
    .sort(compareVersions)
    .flatMap((signal): AttributedSignal[] => {
      const attributionMilli = attributionMilliOf(signal, subject);
      const observed = signal.observedHolder === subject;
      return attributionMilli === null ? [] : [{ signal, attributionMilli, observed }];
    });

  // Nobody stands in an alert on whom no weight falls, unless a life is at risk.
  const inForce = composites.filter(
    (composite) =>
      composite.file.status === 'live' &&
      attributed.some((held) => held.attributionMilli > 0 || standsAlone(composite, held)),
  );
  const books = { evidence: new EvidenceBook(ctx.transactionOf), flows: new FlowBook() };
  const alerts: Alert[] = [];
  /** Episodes opened by each signal, over the versions of a composite of one major version. */
  const openings = new Map<string, Openings>();
  for (const composite of inForce) {
    const family = `${composite.file.id} ${composite.majorVersion}`;
    const opened: Openings = openings.get(family) ?? new Map();
    openings.set(family, opened);
    const versions = alertVersionsOf(composite, subject, attributed, opened, ctx.signalOf?.bind(ctx));
    let previous: Alert | null = null;
    versions.forEach((version, i) => {
      const last = versions[i + 1]?.id !== version.id;
      const beforeLast = !last && versions[i + 2]?.id !== version.id;
      if (ctx.lastVersionsOnly && !last && !beforeLast) return;
      if (previous?.id !== version.id) previous = null;
      const ruleSetHash = ruleSetHashAt(ruleSet, version.eventTime);
      previous = alertOf(composite, version, subject, ruleSetHash, rules, ctx, books, previous);
      if (last || !ctx.lastVersionsOnly) alerts.push(previous);
    });
  }
  return { derivedSignals, alerts };
}
