/** Rules that tick, for streams: shipped ones that are made to, and some that fire on silence. */
import type { CheckedRule, RuleSet } from '../../rules/compiler/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { rule } from './rules.ts';

const incoming = 'direction == "in"';

/** What was there and is not any more, for kinds of subject and in ways that read all that an evaluation may read. */
const SILENCES: readonly CheckedRule[] = [
  rule({
    id: 'TST-01',
    tick: '1d',
    subject: ['account', 'holder'],
    features: {
      before: { agg: 'count', where: incoming, over: '20d', skip: '3d' },
      recent: { agg: 'count', where: incoming, over: '3d' },
    },
    when: 'before >= 2 && recent == 0',
    strength: { of: 'before', at: 1, full: 9 },
  }),
  rule({
    id: 'TST-02',
    tick: '1d',
    subject: ['counterparty', 'account'],
    features: {
      n: { agg: 'count', where: 'amount > 0', over: '7d' },
      known: { agg: 'count', where: 'pairAgeMs >= 3600000', over: '15d', skip: '1d', evidence: false },
      old: { agg: 'sum', of: 'amount', where: incoming, over: '15d', skip: '2d', evidence: false },
    },
    when: 'n >= 1 && n <= 2 && (old >= 1 || known >= 1)',
    explain: { es: '{known}', en: '{known}', fr: '{known}' },
  }),
  rule({
    id: 'TST-03',
    tick: '1d',
    subject: 'holder',
    quiet: '30d',
    derive: {
      pass: {
        make: 'cycle',
        in: incoming,
        out: 'direction == "out"',
        of: 'amount',
        within: '2d',
        match: 'sum',
        over: '10d',
      },
    },
    features: {
      n: { agg: 'count', from: 'pass', where: 'matchedShareMilli >= 100', over: '10d' },
      now: { agg: 'share', part: incoming, over: '4d' },
      out: { agg: 'count', where: 'direction == "out"', over: '1d' },
    },
    when: 'out == 0 && (n >= 1 || now > 0.6)',
  }),
  // Fires on the silence of what triggers it, beside what does not: reversed as a whole, what triggered did so all the same.
  rule({
    id: 'TST-04',
    tick: '1d',
    subject: 'account',
    features: {
      ins: { agg: 'count', where: incoming, over: '20d' },
      outs: { agg: 'count', where: 'direction == "out"', over: '20d', evidence: false },
    },
    when: 'ins == 0 && outs >= 1',
    strength: { of: 'outs', at: 1, full: 9 },
    explain: { es: '{outs}', en: '{outs}', fr: '{outs}' },
  }),
];

/** The rules over sliding windows, which are also asked as of ticks from now on, with those that fire on silence. */
export function tickingSet(set: RuleSet): RuleSet {
  const made = set.rules
    .filter(
      ({ input, program }) =>
        input === 'events' &&
        [...program.features, ...program.derives].every(
          ({ window }) => window === null || window.kind === 'sliding',
        ),
    )
    .map(
      (found): CheckedRule => ({
        ...found,
        ticks: true,
        quietMs: Math.max(found.quietMs, found.longestWindowMs),
        contentHash: contentHash([found.contentHash, 'ticks']),
      }),
    );
  return { ...set, rules: [...made, ...SILENCES], hash: contentHash([set.hash, 'ticks']) };
}
