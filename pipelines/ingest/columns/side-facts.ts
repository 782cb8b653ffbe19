/** The stamp of one side of a row, as text and as facts; the same for every row of the same party in the same circumstances. */
import type { Cities } from '../../../rules/reference/cities.ts';
import {
  ACCOUNT_PRODUCTS,
  AGE_BANDS,
  COVERAGES,
  type Coverage,
  PARTY_KINDS,
} from '../../../schemas/enumerations.ts';
import { BYTE_NULL, TEXT_NULL } from '../../../schemas/facts.ts';
import { OCCUPATIONS } from '../../../schemas/group-values.ts';
import type { Side } from '../../../schemas/transaction.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { Directory } from '../directory.ts';
import type { BareTransaction } from '../row-tree.ts';
import { sideOf } from '../side.ts';
import { jsonBytes } from './json-bytes.ts';

const DAY_MS = 86_400_000;
/** Circumstances of one party that are remembered. */
const CIRCUMSTANCES_MAX = 8;

export interface SideFacts {
  // When it holds.
  readonly changes: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The account opposite is kept by who reports. */
  readonly facesReporter: boolean;
  /** Who is named as beneficiary, of a creditor without an account. */
  readonly payee: string | undefined;

  readonly side: Side;
  readonly json: Uint8Array;
  readonly account: number;
  readonly party: number;
  readonly bank: number;
  readonly product: number;
  readonly partyKind: number;
  readonly licences: number;
  readonly sector: number;
  readonly country: number;
  readonly admin1: number;
  readonly municipality: number;
  /** Number of the home's city, -1 for none. */
  readonly homeCity: number;
  readonly ageBand: number;
  readonly nightWork: number;
  readonly coverageOfAccount: number;
  readonly coverageOfFeed: number;
  readonly openedAt: number | undefined;
  /** Of its own: the lists of the row may say so too. */
  readonly isVasp: boolean;
  readonly isListedVasp: boolean;
  readonly hasKin: boolean;
  /** Something of what few parties have is on record. */
  readonly hasRecord: boolean;
  readonly occupation: number;
}

export interface SideSource {
  readonly directory: Directory;
  readonly dictionary: FactDictionary;
  readonly isListedVasp: (institution: string | undefined) => boolean;
  readonly cities: Cities;
}

type Row = Pick<BareTransaction, 'institution' | 'debtor' | 'creditor' | 'beneficiaries'>;

const codeOf = (values: readonly string[], value: string | undefined): number => {
  const code = value === undefined ? -1 : values.indexOf(value);
  return code === -1 ? BYTE_NULL : code;
};

/** The facts of a side, remembered in `known`; `eventTime` in ms, `coverage` that of the row's feed. */
export function sideFacts(
  known: SideFacts[],
  row: Row,
  which: 'debtor' | 'creditor',
  eventTime: number,
  coverage: Coverage | undefined,
  source: SideSource,
): SideFacts {
  const { changes } = source.directory;
  const opposite = which === 'debtor' ? row.creditor : row.debtor;
  const facesReporter = opposite?.account?.bank === row.institution;
  const own = row[which];
  const payee = which === 'creditor' && own?.account === undefined ? row.beneficiaries?.[0]?.ref : undefined;
  for (let i = 0; i < known.length; i++) {
    const each = known[i] as SideFacts;
    if (
      each.changes === changes &&
      eventTime >= each.fromMs &&
      eventTime < each.untilMs &&
      each.facesReporter === facesReporter &&
      each.payee === payee
    )
      return each;
  }
  const made = makeSide(row, which, eventTime, coverage, source, { changes, facesReporter, payee });
  if (known.length >= CIRCUMSTANCES_MAX) known.length = 0;
  known.push(made);
  return made;
}

function makeSide(
  row: Row,
  which: 'debtor' | 'creditor',
  eventTime: number,
  coverage: Coverage | undefined,
  { directory, dictionary, isListedVasp, cities }: SideSource,
  circumstances: Pick<SideFacts, 'changes' | 'facesReporter' | 'payee'>,
): SideFacts {
  const side = sideOf(row as BareTransaction, which, { directory, eventTime, coverage });
  const textId = (text: string | undefined): number =>
    text === undefined ? TEXT_NULL : dictionary.textId(text);
  const isForeign = side.bank !== undefined && side.bank !== row.institution;
  const ofFeed = side.coverage ?? 'product_only';
  const { fromMs, untilMs } = validity(row, which, side, eventTime, directory);
  // Spelled out: an object put together from others is a slow one, and this one is read in every row.
  return {
    changes: circumstances.changes,
    fromMs,
    untilMs,
    facesReporter: circumstances.facesReporter,
    payee: circumstances.payee,
    side,
    json: jsonBytes(side),
    account: textId(side.accountKey),
    party: textId(side.holderKey ?? side.accountKey),
    bank: textId(side.bank),
    product: codeOf(ACCOUNT_PRODUCTS, side.product ?? 'unknown'),
    partyKind: codeOf(PARTY_KINDS, side.kind ?? 'unknown'),
    licences: dictionary.setId(side.licences ?? []),
    sector: textId(side.sector),
    country: textId(side.country),
    admin1: textId(side.admin1),
    municipality: textId(side.municipality),
    homeCity: cities.numberOf(side.municipality),
    ageBand: codeOf(AGE_BANDS, side.ageBand),
    nightWork: side.occupationNight === true ? 1 : 0,
    coverageOfAccount: codeOf(COVERAGES, isForeign ? 'counterparty_view' : ofFeed),
    coverageOfFeed: codeOf(COVERAGES, ofFeed),
    openedAt: side.openedAt,
    isVasp: side.kind === 'vasp' || (side.licences?.includes('vasp') ?? false),
    isListedVasp: isListedVasp(side.bank),
    hasKin: side.kinTokens !== undefined || side.relatedKeys !== undefined,
    hasRecord:
      side.occupation !== undefined ||
      side.pep !== undefined ||
      side.monthlyIn !== undefined ||
      side.openingHours !== undefined ||
      side.incorporatedAt !== undefined ||
      side.nameChanges !== undefined ||
      side.employerKeys !== undefined,
    occupation: codeOf(OCCUPATIONS, side.occupation),
  };
}

/** Event times around this one at which the side is the same. An age changes with the year, a licence or a count of days with the day. */
function validity(
  row: Row,
  which: 'debtor' | 'creditor',
  side: Side,
  eventTime: number,
  directory: Directory,
): Pick<SideFacts, 'fromMs' | 'untilMs'> {
  let [fromMs, untilMs] = directory.steady(row[which]?.account?.token, side.holderKey, eventTime);
  const facts = side.holderKey === undefined ? null : directory.factsOf(side.holderKey, eventTime);
  if (facts?.birthYear !== undefined) {
    const year = new Date(eventTime).getUTCFullYear();
    fromMs = Math.max(fromMs, Date.UTC(year, 0, 1));
    untilMs = Math.min(untilMs, Date.UTC(year + 1, 0, 1));
  }
  // Who owns an employer may be on record since another day.
  for (const employer of facts?.employers ?? []) {
    const [since, until] = directory.steady(undefined, employer, eventTime);
    fromMs = Math.max(fromMs, since);
    untilMs = Math.min(untilMs, until);
  }
  if (
    facts?.licences !== undefined ||
    facts?.nameChanges !== undefined ||
    row[which]?.licence !== undefined
  ) {
    const day = Math.floor(eventTime / DAY_MS) * DAY_MS;
    fromMs = Math.max(fromMs, day);
    untilMs = Math.min(untilMs, day + DAY_MS);
  }
  return { fromMs, untilMs };
}
