/**
 * Alerts on the clean population that are known and accepted for a while: which composite, on which kind of look-alike, why,
 * and until when. At most ten; an entry past its day is a fault, and so is one that nothing matches any more.
 */
import { z } from 'zod';

const LONGEST_LIST = 10;

const knownAlert = z.strictObject({
  typology: z.string(),
  /** Of a look-alike; `other` for ordinary people. */
  kind: z.string(),
  reason: z.string().min(20),
  /** Last day on which it is accepted. */
  until: z.iso.date(),
});
type KnownAlert = z.infer<typeof knownAlert>;

export const KNOWN_ALERTS: readonly KnownAlert[] = [];

export interface RaisedAlert {
  readonly typology: string;
  readonly kind: string;
}

export interface KnownVerdict {
  /** What is not accepted. */
  readonly open: readonly RaisedAlert[];
  /** What is wrong with the list itself. */
  readonly faults: readonly string[];
}

/** Takes off what the list accepts on a day (`YYYY-MM-DD`). Throws where an entry has not its form. */
export function withoutKnown(
  raised: readonly RaisedAlert[],
  list: readonly KnownAlert[],
  today: string,
): KnownVerdict {
  const entries = list.map((entry) => knownAlert.parse(entry));
  const matches = (entry: KnownAlert, alert: RaisedAlert): boolean =>
    entry.typology === alert.typology && entry.kind === alert.kind;
  const faults = [
    ...(entries.length > LONGEST_LIST
      ? [`the known list has ${entries.length} of at most ${LONGEST_LIST} entries`]
      : []),
    ...entries
      .filter((entry) => entry.until < today)
      .map((entry) => `known ${entry.typology} on ${entry.kind} was accepted until ${entry.until}`),
    ...entries
      .filter((entry) => !raised.some((alert) => matches(entry, alert)))
      .map((entry) => `known ${entry.typology} on ${entry.kind} does not occur any more`),
  ];
  const inForce = entries.filter((entry) => entry.until >= today);
  return { open: raised.filter((alert) => !inForce.some((entry) => matches(entry, alert))), faults };
}
