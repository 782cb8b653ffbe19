/**
 * Configuration of the roles: a file, and over it the environment (`services/config`). Secrets are named by files, never
 * written into it. Every field has a unit in its name or says it, and a default where one is right for most.
 */
import { z } from 'zod';
import { streamTiming } from './cadence.ts';
import { identifier } from './identity.ts';

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A file that holds a secret and nothing else; a newline at its end does not count. */
const secretFile = z.string().min(1);

const tls = z
  .strictObject({
    /** PEM of the authorities to trust; default the system's. */
    caFile: z.string().min(1).optional(),
    /** PEM of a client's certificate and of its key, where the brokers ask for them. */
    certFile: z.string().min(1).optional(),
    keyFile: secretFile.optional(),
  })
  .refine(
    ({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined),
    'certFile and keyFile belong together',
  );

const sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-512']),
  username: z.string().min(1),
  passwordFile: secretFile,
});

export const kafkaConfig = z.strictObject({
  /** `host:port` of some brokers; the others are found. */
  brokers: z
    .array(z.string().regex(/^[A-Za-z0-9._-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'is not host:port'))
    .min(1)
    .max(32),
  clientId: z.string().min(1).default('rastro'),
  /** In front of every topic and group. */
  prefix: z
    .string()
    .regex(/^[a-z0-9._-]{0,64}$/)
    .default('rastro.'),
  /** Of the topics by subject; never changed once records are there. */
  partitions: z.int().min(1).max(1_024).default(16),
  replicationFactor: z.int().min(1).max(9).default(3),
  minInsyncReplicas: z.int().min(1).max(9).default(2),
  compression: z.enum(COMPRESSIONS).default('lz4'),
  tls: tls.optional(),
  sasl: sasl.optional(),
});
export type KafkaConfig = z.infer<typeof kafkaConfig>;

export const clickhouseConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !/^[a-z]+:\/\/[^/]*@/i.test(url),
      'holds a user or a password; use `user` and `passwordFile`',
    ),
  user: z.string().min(1).default('rastro'),
  passwordFile: secretFile.optional(),
  database: z.string().min(1).default('default'),
  /** Name of the cluster whose servers get the replicated form of the tables; default: one server. */
  cluster: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/)
    .optional(),
  /** PEM of the authorities to trust for an https URL; default the system's. */
  caFile: z.string().min(1).optional(),
});
export type ClickhouseConfig = z.infer<typeof clickhouseConfig>;

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const host = z.string().regex(/^[A-Za-z0-9._:-]{1,255}$/, 'is not a host or an address');
/** 0 takes a free one. */
const port = z.int().min(0).max(65_535);

/** Where the secret of pseudonyms, vault and raw submissions lies; every role that handles rows needs the same one. */
export const keysConfig = z.strictObject({
  folder: z.string().min(1).default('.rastro'),
});
export type KeysConfig = z.infer<typeof keysConfig>;

export const ingestConfig = z.strictObject({
  host: host.default('127.0.0.1'),
  port: port.default(8480),
  tls: z.strictObject({ certFile: z.string().min(1), keyFile: secretFile }).optional(),
  /** Folder with what institutions may hand in, and their API keys, hashed. */
  institutionsFolder: z.string().min(1).default('.rastro/institutions'),
  /** Largest submission, unpacked. */
  submissionBytesMax: z
    .int()
    .min(1_024)
    .max(64 * GIB)
    .default(4 * GIB),
  /** Submissions that are received or validated at one time; more are asked to come back. */
  submissionsMax: z.int().min(1).max(10_000).default(1_000),
  /** A body that brings nothing for so long is given up. */
  idleMs: z.int().min(100).max(600_000).default(30_000),
  /** Headers that are not complete after so long are given up. */
  headersMs: z.int().min(100).max(600_000).default(15_000),
  /** How long running submissions may go on when the process is asked to end. */
  drainMs: z.int().min(0).max(600_000).default(25_000),
  /** Institutions that hand rows in within moments of what they tell, by name; all others send files. */
  streams: z.record(identifier, streamTiming).default({}),
});

export const workerConfig = z.strictObject({
  checkpointFolder: z.string().min(1).default('.rastro/checkpoints'),
  checkpointEveryMs: z.int().min(1_000).max(86_400_000).default(60_000),
  /** One insert closes at any of these. */
  insertRowsMax: z.int().min(1).max(1_000_000).default(100_000),
  insertBytesMax: z
    .int()
    .min(MIB)
    .max(GIB)
    .default(64 * MIB),
  insertLingerMs: z.int().min(0).max(60_000).default(200),
  /** Bytes of records that were fetched and are not yet taken in, over all partitions; above it the worker stops fetching. */
  bufferedBytesMax: z
    .int()
    .min(MIB)
    .max(16 * GIB)
    .default(256 * MIB),
  /** How long a worker that is asked to end may finish what it has begun. */
  drainMs: z.int().min(0).max(600_000).default(25_000),
  /** Without an answer to a fetch for so long the process ends, to be started anew. */
  silentMs: z.int().min(5_000).max(3_600_000).default(120_000),
});
export type WorkerConfig = z.infer<typeof workerConfig>;

/** `/metrics`, `/healthz`, `/readyz` of a role. They know no users: a host other than loopback belongs behind a firewall. */
export const observeConfig = z.strictObject({
  enabled: z.boolean().default(true),
  host: host.default('127.0.0.1'),
  port: port.default(9464),
});
export type ObserveConfig = z.infer<typeof observeConfig>;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export const LOG_FORMATS = ['auto', 'json', 'text'] as const;

export const loggingConfig = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info'),
  /** `auto`: text on a terminal, else JSON lines. */
  format: z.enum(LOG_FORMATS).default('auto'),
});
export type LoggingConfig = z.infer<typeof loggingConfig>;

/** OpenTelemetry, where its packages are installed beside this one; `services/observe/README.md`. */
export const tracingConfig = z.strictObject({
  enabled: z.boolean().default(false),
  /** OTLP over HTTP. */
  endpoint: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4318/v1/traces'),
});
export type TracingConfig = z.infer<typeof tracingConfig>;

/** What is deleted after a time; `services/stewardship` says from when it counts. What has no days is kept. */
export const RETAINED = ['transactions', 'rejects', 'submissions', 'signals', 'alerts', 'parties'] as const;
export type Retained = (typeof RETAINED)[number];

const DAYS_MAX = 36_500;
const days = z.int().min(1).max(DAYS_MAX);
const daysOf = z.partialRecord(z.enum(RETAINED), days);
const countryCode = z.enum(['US', 'MX', 'CA']);

/**
 * Days after which rows go, by table; a country may keep them longer or shorter. What several countries share is kept as long
 * as the longest of them says. The defaults are the record keeping of 31 CFR 1010.430 (US) and of the PCMLTFR (CA), five years,
 * and of Mexico's LFPIORPI art. 18 as amended in 2025, ten years.
 */
export const retentionConfig = z.strictObject({
  days: daysOf.default({
    transactions: 1_826,
    rejects: 30,
    submissions: 1_826,
    signals: 1_826,
    alerts: 1_826,
  }),
  countries: z
    .partialRecord(countryCode, daysOf)
    .default({ MX: { transactions: 3_653, submissions: 3_653, signals: 3_653, alerts: 3_653 } }),
  /** Whose law an institution keeps records under; one that is not named here is kept as long as the longest says. */
  institutions: z.record(z.string().min(1), countryCode).default({}),
  /** Alerts that were closed as unfounded go earlier where they name a protected person. */
  protectedUnfoundedDays: days.default(90),
});
export type RetentionConfig = z.infer<typeof retentionConfig>;

/** Everything. A section without which a role cannot work is optional here and asked for by the role. */
export const configSchema = z.strictObject({
  kafka: kafkaConfig.optional(),
  clickhouse: clickhouseConfig.optional(),
  keys: keysConfig.prefault({}),
  ingest: ingestConfig.prefault({}),
  worker: workerConfig.prefault({}),
  observe: observeConfig.prefault({}),
  logging: loggingConfig.prefault({}),
  tracing: tracingConfig.prefault({}),
  retention: retentionConfig.prefault({}),
});
export type Config = z.infer<typeof configSchema>;
export type SectionName = keyof Config;
