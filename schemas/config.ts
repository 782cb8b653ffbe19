/** Configuration of the roles: a file, and over it the environment. Secrets are named by files, never written into it. */
import { z } from 'zod';

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A file that holds a secret and nothing else; a newline at its end does not count. */
const secretFile = z.string().min(1);

const tls = z.strictObject({
  /** PEM of the authorities to trust; default the system's. */
  caFile: z.string().min(1).optional(),
  certFile: z.string().min(1).optional(),
  keyFile: secretFile.optional(),
});

const sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-512']),
  username: z.string().min(1),
  passwordFile: secretFile,
});

export const kafkaConfig = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1).max(32),
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
  url: z.url(),
  user: z.string().min(1).default('rastro'),
  passwordFile: secretFile.optional(),
  database: z.string().min(1).default('default'),
  /** Name of the cluster whose servers get the replicated form of the tables; default: one server. */
  cluster: z.string().min(1).optional(),
});
export type ClickhouseConfig = z.infer<typeof clickhouseConfig>;
