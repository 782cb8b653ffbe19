/** Experimental rules beside the live ones, from what stands in a store: whom they fall on that others do not. */
import { compareUtf8 } from '../../schemas/order.ts';
import type { Store } from '../store/client.ts';
import { compareSignals } from './comparison.ts';

/** A signal as far as it is compared. */
export interface StandingSignal {
  readonly rule: string;
  readonly observedOn: string;
  readonly holder: string;
  readonly openedAt: number;
  readonly eventTime: number;
}

export interface ShadowRule {
  readonly rule: string;
  readonly signals: number;
  readonly holders: number;
  /** Its holders on whom a live rule is true, and those about whom an alert stands. */
  readonly alsoLive: number;
  readonly alerted: number;
  /** Live rules that fall on most of its holders. */
  readonly with: readonly { readonly rule: string; readonly holders: number }[];
  /** The live rule that it may take the place of, and what each finds; null where there is none. */
  readonly against: {
    readonly rule: string;
    readonly onlyOld: number;
    readonly both: number;
    readonly onlyNew: number;
  } | null;
}

const WITH_SHOWN = 3;

const COLUMNS = `rule, observed_on AS observedOn, JSONExtractString(doc, 'observedHolder') AS holder,
  toUnixTimestamp64Milli(opened_at) AS openedAt, toUnixTimestamp64Milli(event_time) AS eventTime`;

async function signalsIn(
  store: Pick<Store, 'streamRows'>,
  view: 'signals_shown' | 'signals_shadow',
): Promise<StandingSignal[]> {
  const found: StandingSignal[] = [];
  type Row = Omit<StandingSignal, 'openedAt' | 'eventTime'> & { openedAt: string; eventTime: string };
  for await (const rows of store.streamRows<Row>(`SELECT ${COLUMNS} FROM ${view}`, {}))
    for (const row of rows)
      found.push({ ...row, openedAt: Number(row.openedAt), eventTime: Number(row.eventTime) });
  return found;
}

/** The live rule of which `rule` is a variant: `LAB-03` of `LAB-03-NEW`; null where there is none. */
export function replacedBy(rule: string, live: ReadonlySet<string>): string | null {
  const base = /^([A-Z]{2,4}-\d{2})-[A-Z]{2,4}$/.exec(rule)?.[1];
  return base !== undefined && live.has(base) ? base : null;
}

function holdersByRule(signals: readonly StandingSignal[]): Map<string, Set<string>> {
  const holders = new Map<string, Set<string>>();
  for (const { rule, holder } of signals) {
    const known = holders.get(rule);
    if (known === undefined) holders.set(rule, new Set([holder]));
    else known.add(holder);
  }
  return holders;
}

/** `experimental` and `live`: ids of the rules; an experimental one of which nothing stands is reported, too. */
export function shadowReport(
  shadow: readonly StandingSignal[],
  shown: readonly StandingSignal[],
  parts: {
    readonly experimental: readonly string[];
    readonly live: ReadonlySet<string>;
    readonly alerted: ReadonlySet<string>;
  },
): ShadowRule[] {
  const liveHolders = holdersByRule(shown);
  const everybody = new Set(shown.map(({ holder }) => holder));
  const ownHolders = holdersByRule(shadow);
  const ids = [...new Set([...parts.experimental, ...ownHolders.keys()])].sort(compareUtf8);
  return ids.map((rule) => {
    const own = shadow.filter((signal) => signal.rule === rule);
    const holders = ownHolders.get(rule) ?? new Set<string>();
    const sharedWith = (other: ReadonlySet<string>) =>
      [...holders].filter((holder) => other.has(holder)).length;
    const old = replacedBy(rule, parts.live);
    const [change] =
      old === null
        ? []
        : compareSignals(
            shown.filter((signal) => signal.rule === old),
            own,
            () => rule,
          );
    return {
      rule,
      signals: own.length,
      holders: holders.size,
      alsoLive: sharedWith(everybody),
      alerted: sharedWith(parts.alerted),
      with: [...liveHolders]
        .map(([other, theirs]) => ({ rule: other, holders: sharedWith(theirs) }))
        .filter(({ holders: shared }) => shared > 0)
        .sort((a, b) => b.holders - a.holders || compareUtf8(a.rule, b.rule))
        .slice(0, WITH_SHOWN),
      against:
        old === null
          ? null
          : {
              rule: old,
              onlyOld: change?.onlyOld.length ?? 0,
              both: change?.both ?? 0,
              onlyNew: change?.onlyNew.length ?? 0,
            },
    };
  });
}

/** Reads the store and compares. @throws RastroError of the area STORE */
export async function shadowOf(
  store: Pick<Store, 'streamRows' | 'queryRows'>,
  rules: { readonly experimental: readonly string[]; readonly live: ReadonlySet<string> },
): Promise<ShadowRule[]> {
  const shadow = await signalsIn(store, 'signals_shadow');
  const shown = await signalsIn(store, 'signals_shown');
  const alerts = await store.queryRows<{ subject: string }>('SELECT DISTINCT subject FROM alerts_standing');
  const alerted = new Set(alerts.map(({ subject }) => subject));
  return shadowReport(shadow, shown, { ...rules, alerted });
}
