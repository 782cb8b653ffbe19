/**
 * The canonical transaction, at the edge (`TransactionInput`) and inside (`Transaction`).
 *
 * Both are one tree. At the edge it carries what a bank has: decimal strings, raw identifiers, names, free text.
 * Inside, ingest has replaced every identifier by a keyed pseudonym, every amount by integer minor units, text by
 * lexicon classes, and has added `stamp`: everything a rule may read that is not in the row itself, with its version.
 * A transaction is versioned by (institution, id, version).
 */
import { z } from 'zod';
import {
  ACCOUNT_PRODUCTS,
  ACCOUNT_SCHEMES,
  AGE_BANDS,
  CHANNELS,
  INSTRUMENTS,
  KINDS,
  LICENCE_KINDS,
  OFFSET_SOURCES,
  PARTY_KINDS,
  PLACE_PRECISIONS,
  PLACE_ROLES,
  PRECISIONS,
  PURPOSES,
  RAILS,
  REF_SCHEMES,
  REF_STRENGTHS,
  RELATIONSHIPS,
  STATUSES,
} from './enumerations.ts';
import { CUSTODIES, IP_CLASSES } from './group-values.ts';
import {
  country,
  date,
  epochMs,
  identifier,
  LIMITS,
  money,
  moneyInput,
  pseudonym,
  text,
} from './identity.ts';
import { actedIns, side } from './side.ts';

const list = <T extends z.ZodType>(item: T) => z.array(item).max(LIMITS.LIST_ITEMS);

/** The tree, parameterised by what differs between edge and inside: money, identifiers, moments. */
function tree<M extends z.ZodType, I extends z.ZodType, T extends z.ZodType>(of: {
  money: M;
  id: I;
  moment: T;
}) {
  const place = z.strictObject({
    role: z.enum(PLACE_ROLES),
    country: country.optional(),
    admin1: identifier
      .optional()
      .describe('State, province or department: ISO 3166-2 without the country, e.g. TX, BCN'),
    municipalityCode: identifier
      .optional()
      .describe('National code: INEGI (MX), FIPS place or county (US), SGC (CA)'),
    lat: z.number().min(-90).max(90).optional(),
    lon: z.number().min(-180).max(180).optional(),
    tz: identifier.optional().describe('IANA time zone'),
    precision: z.enum(PLACE_PRECISIONS).optional(),
  });
  const licence = z.strictObject({
    kind: z.enum(LICENCE_KINDS),
    register: identifier.optional(),
    idToken: of.id.optional(),
    validTo: date.optional(),
  });
  const account = z.strictObject({
    scheme: z.enum(ACCOUNT_SCHEMES),
    token: of.id.describe('The account, globally: never scoped by the reporting institution'),
    bank: identifier.optional().describe('The institution that keeps the account'),
    branchPlace: place.optional(),
    product: z.enum(ACCOUNT_PRODUCTS).optional(),
  });
  const holder = z.strictObject({
    ref: of.id,
    refScheme: z.enum(REF_SCHEMES),
    refStrength: z.enum(REF_STRENGTHS).optional(),
  });
  const partyShape = {
    account: account.optional(),
    holders: list(holder).optional(),
    kind: z.enum(PARTY_KINDS).optional(),
    country: country.optional().describe('Country of the account or instrument, never a nationality'),
    licence: licence.optional(),
  };
  const counted = z.strictObject({
    ccy: z.string(),
    face: z.string(),
    note: z.enum(['note', 'coin']),
    count: z.int().min(0),
  });
  const groups = {
    fees: list(
      z.strictObject({ money: of.money, payer: z.enum(['debtor', 'creditor', 'other']) }),
    ).optional(),
    instructed: of.money.optional(),
    settled: of.money,
    fxRate: z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .optional(),
    balanceAfter: of.money.optional(),
    purpose: z.enum(PURPOSES).optional(),
    purposeCode: identifier
      .optional()
      .describe('ISO 20022 ExternalPurpose: SALA, SSBE, RENT, LOAN, GDDS ...'),
    railPurpose: identifier.optional().describe('ACH SEC code, CPA-005 code, SPEI tipo de pago'),
    refs: z
      .strictObject({
        endToEndId: of.id,
        uetr: of.id,
        speiClaveRastreo: of.id,
        speiReferencia: of.id,
        achTrace: of.id,
        mtcnToken: of.id,
        interacRefToken: of.id,
      })
      .partial()
      .optional(),
    reverses: z
      .strictObject({ institution: identifier, id: identifier, amount: of.money.optional() })
      .optional(),
    sameAs: list(z.strictObject({ institution: identifier, id: identifier })).optional(),
    conductors: list(
      z.strictObject({
        ref: of.id,
        refScheme: z.enum(REF_SCHEMES).optional().describe('Default customer'),
        kind: z.enum(PARTY_KINDS).optional(),
        isHolder: z.boolean().optional(),
        authorised: z.boolean().optional(),
        onBehalfOf: list(
          z.strictObject({
            ref: of.id,
            refScheme: z.enum(REF_SCHEMES).optional(),
            relationship: z.enum(RELATIONSHIPS).optional(),
          }),
        ).optional(),
        idRequested: z.boolean().optional(),
        idRefused: z.boolean().optional(),
        ageBandAtEvent: z.enum(AGE_BANDS).optional(),
      }),
    ).optional(),
    beneficiaries: list(
      z.strictObject({ ref: of.id, refScheme: z.enum(REF_SCHEMES).optional(), country: country.optional() }),
    ).optional(),
    places: list(place).optional(),
    terminal: z
      .strictObject({ id: of.id, owner: identifier.optional(), kind: identifier.optional() })
      .optional(),
    employee: z.strictObject({ token: of.id }).optional(),
    card: z
      .strictObject({
        token: of.id.optional(),
        present: z.boolean().optional(),
        entryMode: identifier.optional(),
        recurring: z.boolean().optional(),
        merchantId: of.id.optional(),
        mcc: z
          .string()
          .regex(/^\d{4}$/)
          .optional()
          .describe('ISO 18245'),
        merchantDescriptorClass: identifier.optional(),
        facilitator: identifier.optional(),
        subMerchant: of.id.optional(),
        approved: z.boolean().optional(),
      })
      .optional(),
    cash: z
      .strictObject({
        in: list(counted).optional(),
        out: list(counted).optional(),
        method: z.enum(['counter', 'atm', 'night_drop', 'armoured', 'other']).optional(),
      })
      .optional(),
    mto: z
      .strictObject({
        operator: identifier,
        sendAgent: of.id.optional(),
        payAgent: of.id.optional(),
        payoutMethod: z.enum(['cash', 'account', 'wallet', 'home', 'other']).optional(),
        fundedBy: z.enum(['cash', 'account', 'card', 'other']).optional(),
        sentAt: of.moment.optional(),
        paidAt: of.moment.optional(),
        declaredRelationshipClass: z.enum(RELATIONSHIPS).optional(),
        declaredPurposeClass: z.enum(PURPOSES).optional(),
      })
      .optional(),
    payroll: z
      .strictObject({
        employer: of.id,
        employee: of.id,
        payDate: date,
        periodFrom: date.optional(),
        periodTo: date.optional(),
        days: z.number().min(0).max(366).optional(),
        hours: z.number().min(0).max(9_000).optional(),
        gross: of.money.optional(),
        net: of.money.optional(),
        deductions: list(z.strictObject({ kind: identifier, amount: of.money })).optional(),
      })
      .optional(),
    loan: z
      .strictObject({
        contractToken: of.id,
        lenderLicensed: z.boolean().optional(),
        principal: of.money.optional(),
        outstanding: of.money.optional(),
      })
      .optional(),
    lodging: z
      .strictObject({
        checkIn: date,
        nights: z.int().min(0).max(400),
        rooms: z.int().min(0).max(1_000).optional(),
      })
      .optional(),
    travel: z
      .strictObject({
        carrier: identifier.optional(),
        from: identifier.optional().describe('COUNTRY-ADMIN1, e.g. MX-ROO'),
        to: identifier.optional().describe('COUNTRY-ADMIN1'),
        depart: date.optional(),
        return: date.optional(),
        passengers: list(of.id).optional(),
        oneWay: z.boolean().optional(),
        bookedBy: of.id.optional(),
      })
      .optional(),
    telecom: z.strictObject({ toppedUpToken: of.id }).optional(),
    session: z
      .strictObject({
        deviceToken: of.id.optional(),
        ipToken: of.id.optional(),
        ipCountry: country.optional(),
        ipClass: z.enum(IP_CLASSES).optional(),
      })
      .optional(),
    va: z
      .strictObject({
        chain: identifier,
        txHash: identifier.optional(),
        leg: identifier.optional(),
        asset: identifier,
        contract: identifier.optional(),
        from: list(of.id).optional(),
        to: list(of.id).optional(),
        memoTag: identifier.optional(),
        fee: of.money.optional(),
        block: z.int().optional(),
        confirmations: z.int().optional(),
        custody: z.enum(CUSTODIES).optional(),
        vaspFrom: identifier.optional(),
        vaspTo: identifier.optional(),
        tradePair: identifier.optional(),
        price: z.string().optional(),
        kioskId: of.id.optional(),
      })
      .optional(),
  };
  return { place, licence, account, holder, partyShape, groups };
}

const head = {
  institution: identifier.describe('The institution that submits the row'),
  id: identifier.describe('Unique within the institution'),
  version: z.int().min(1).max(4_000_000_000),
  kind: z.enum(KINDS),
  rail: z.enum(RAILS),
  channel: z.enum(CHANNELS),
  instrument: z.enum(INSTRUMENTS),
  status: z.enum(STATUSES),
  statusReason: identifier.optional(),
};

const moment = z.iso.datetime({ offset: true, local: false });
const edge = tree({ money: moneyInput, id: identifier, moment });

/** A party of a row as a bank knows it. Names, surnames and addresses go to the vault and leave only keyed tokens. */
const partyInput = z.strictObject({
  ...edge.partyShape,
  name: text.optional(),
  surnames: list(text).optional(),
});

/** What a feed hands in, after its mapping: the canonical NDJSON line. */
export const transactionInput = z.strictObject({
  ...head,
  version: head.version.default(1),
  op: z.enum(['put', 'withdraw']).default('put'),
  status: head.status.default('completed'),
  occurredAt: z.union([moment, date]).optional(),
  occurredPrecision: z.enum(PRECISIONS).optional(),
  offsetSource: z.enum(OFFSET_SOURCES).optional(),
  postedAt: z.union([moment, date]).optional(),
  valueDate: date.optional(),
  ...edge.groups,
  debtor: partyInput.optional(),
  creditor: partyInput.optional(),
  ultimateDebtor: partyInput.optional(),
  ultimateCreditor: partyInput.optional(),
  purposeText: text.optional().describe('Free text: becomes lexicon classes, then goes to the vault'),
});
export type TransactionInput = z.infer<typeof transactionInput>;
export type PartyInput = z.infer<typeof partyInput>;

const inner = tree({ money, id: pseudonym, moment: epochMs });

/** What ingest knew: every reference value a rule may read, with the version it came from. */
export const stamp = z.strictObject({
  eventTime: epochMs.describe('occurredAt, else postedAt, else valueDate'),
  precision: z.enum(PRECISIONS),
  localOffsetMin: z.int().min(-1_080).max(1_080).nullable(),
  offsetSource: z.enum(OFFSET_SOURCES).nullable(),
  amountMinor: z.string().regex(/^-?\d+$/),
  ccy: z.string(),
  usdMinor: z
    .int()
    .nullable()
    .describe('US cents at the last official rate at or before the value date, <= 7 days old'),
  mxnMinor: z.int().nullable().describe('Mexican centavos, likewise'),
  cadMinor: z.int().nullable().describe('Canadian cents, likewise'),
  rateId: z.string().nullable(),
  wageMilli: z
    .int()
    .nullable()
    .describe('Amount over the local daily minimum wage of the place or bank, thousandths'),
  wageTable: z.string().nullable(),
  nightNormMilli: z
    .int()
    .nullable()
    .describe("Share of the rail's events between 22:00 and 06:00, thousandths"),
  debtor: side,
  creditor: side,
  textClasses: list(identifier),
  lists: list(identifier).describe("Named lists that the row's place, merchant or parties are on"),
  cities: actedIns.optional().describe('Cities in which the sides acted'),
  provided: z.string().describe("Id of the feed's set of provided fields (mapping id@version)"),
  lexiconVersion: z.string(),
  listVersion: z.string(),
  submissionId: z.string(),
  line: z.int(),
  pseudonymKeyId: z.string(),
});
export type Stamp = z.infer<typeof stamp>;
export type Side = z.infer<typeof side>;

const partyInside = z.strictObject({
  ...inner.partyShape,
  kinTokens: list(pseudonym).optional().describe('Keyed surnames that the row itself gave'),
});

/** The transaction that the log, the engine and ClickHouse carry. Holds pseudonyms only. */
export const transaction = z.strictObject({
  ...head,
  op: z.enum(['put', 'withdraw']),
  occurredAt: epochMs.optional(),
  postedAt: epochMs.optional(),
  valueDate: date.optional(),
  ...inner.groups,
  debtor: partyInside.optional(),
  creditor: partyInside.optional(),
  ultimateDebtor: partyInside.optional(),
  ultimateCreditor: partyInside.optional(),
  textToken: pseudonym.optional().describe('Equal purpose texts have equal tokens; the text is in the vault'),
  stamp,
});
export type Transaction = z.infer<typeof transaction>;
