/** Random derived kinds for the brute-force comparison, and what features take of their sub-events. */
import fc from 'fast-check';

/** Windows in which matching and grouping happens: short, so that sub-events end and begin. */
const over = fc.constantFrom('3h', '1d', '2day@local');
const amount = fc.constantFrom('amount', 'amountUsd');
const length = fc.constantFrom('20m', '1h', '3h');

export const flows = fc.record({
  in: fc.constantFrom('direction in ["in", "self"]', 'direction == "in"', 'direction == "in" && isNight'),
  out: fc.constantFrom(
    'direction in ["out", "self"]',
    'direction == "out"',
    'direction == "out" && amount < 90',
  ),
  of: amount,
  over,
});

type Part = Record<string, unknown>;

/** Present in every other one. */
function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

const grouped = {
  where: maybe(
    fc.constantFrom('direction == "in"', 'amount >= 50', 'purpose != "goods"', 'pairOrdinal <= 2'),
  ),
  over,
};
const cycle = fc
  .tuple(flows, length, fc.constantFrom('fifo', 'sum'))
  .map(([part, within, match]): Part => ({ make: 'cycle', ...part, within, match }));
const night = fc.record({
  ...grouped,
  make: fc.constant('night'),
  of: maybe(amount),
  by: maybe(fc.constantFrom('counterparty', 'place', 'kind')),
});
const stay = fc.record({
  ...grouped,
  make: fc.constant('stay'),
  of: maybe(fc.constantFrom('amount', 'amountUsd', 'pairOrdinal')),
  by: fc.constantFrom('counterparty', 'place', 'kind'),
  gap: length,
});
const circuit = fc.record({
  ...grouped,
  make: fc.constant('circuit'),
  by: fc.constantFrom('counterparty', 'place'),
  within: fc.constantFrom('1h', '3h'),
  stops_min: fc.constantFrom(2, 2, 3),
});
const payPeriod = fc.record({
  make: fc.constant('pay_period'),
  start: fc.constantFrom('direction == "in"', 'direction == "in" && amount >= 50', 'purpose == "wage"'),
  out: fc.constantFrom('direction == "out"', 'direction != "self"', 'direction == "out" && amount < 90'),
  of: amount,
  longest: fc.constantFrom('40m', '3h'),
  over,
});

export const derive: fc.Arbitrary<Part> = fc
  .oneof(cycle, night, stay, circuit, payPeriod)
  .map((part: Part) => Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)));

/** Features over sub-events of each kind. */
const TAKEN: Readonly<Record<string, readonly Part[]>> = {
  cycle: [
    { agg: 'count', where: 'matchedShareMilli >= 500' },
    { agg: 'sum', of: 'matched' },
    { agg: 'max', of: 'sources', where: 'sources >= 1 && amount >= 5' },
    { agg: 'last', of: 'matchedShareMilli' },
  ],
  night: [
    { agg: 'count', where: 'events >= 2' },
    { agg: 'sum', of: 'total' },
    { agg: 'max', of: 'spanMs', where: 'direction == "in"' },
    { agg: 'distinct', of: 'counterparty', where: 'stops >= 2' },
  ],
  stay: [
    { agg: 'count', where: 'events > 1 || days >= 2' },
    { agg: 'sum', of: 'total', where: 'spanMs <= 3600000' },
    { agg: 'max', of: 'days' },
    { agg: 'share', of: 'events', part: 'spanMs >= 1200000 && amount > 5' },
  ],
  circuit: [
    { agg: 'count' },
    { agg: 'min', of: 'spanMs', where: 'stops == 2' },
    { agg: 'max', of: 'events', where: '5 < events' },
    { agg: 'distinct', of: 'place' },
  ],
  pay_period: [
    { agg: 'count', where: 'shareMilli >= 500' },
    { agg: 'sum', of: 'paid', where: 'events >= 2' },
    { agg: 'last', of: 'shareMilli' },
    { agg: 'max', of: 'total', where: 'spanMs < 7200000 && paid > 10' },
  ],
};

/** A feature that takes sub-events, of the kind that was drawn; any other as it is. */
export function fromDerived(part: Part, { make }: Part): Part {
  if (part['from'] === undefined) return part;
  const { pick, ...rest } = part;
  const kinds = TAKEN[make as string]!;
  return { ...rest, ...kinds[Number(pick) % kinds.length]! };
}
