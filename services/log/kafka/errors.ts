/** What kafkajs and brokers say, as errors of the area BUS. */
import { type ErrorCode, type ErrorParams, RastroError } from '../../../schemas/errors/index.ts';

/** What was being done, for who reads the message. */
export interface BusContext {
  readonly brokers: readonly string[];
  /** Name of the topic in the cluster. */
  readonly topic?: string;
  readonly user?: string;
  readonly mechanism?: string;
  readonly what: string;
}

interface KafkaFailure extends Error {
  /** The broker's name for it. */
  readonly type?: string;
  /** Of a connection: Node's. */
  readonly code?: string | number;
  readonly retriable?: boolean;
}

/** An error and those that caused it, outermost first; kafkajs wraps what ended its retries. */
function* chain(error: unknown): Generator<KafkaFailure> {
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    yield at;
  }
}

/** What a broker says of the certificate of a client, or of its lack. */
const CERTIFICATE_REFUSED = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA)/;
const SASL_REFUSED = 'KafkaJSSASLAuthenticationError';
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|ERR_SSL/;

/** Whether two sides do not believe each other's certificates, or one speaks no TLS: no attempt changes that. */
export function isTrustFailure(error: unknown): boolean {
  return [...chain(error)].some(({ code }) => typeof code === 'string' && UNTRUSTED.test(code));
}

/** Whether the brokers will not have this client, or it will not have them. */
export function isRefused(error: unknown): boolean {
  return isTrustFailure(error) || [...chain(error)].some(({ name }) => name === SASL_REFUSED);
}

const BY_TYPE: Readonly<Record<string, (context: BusContext, type: string) => RastroError>> = {
  UNKNOWN_TOPIC_OR_PARTITION: ({ topic = '' }) => new RastroError('RAS-BUS-TOPIC-MISSING', { topic }),
  INVALID_TOPIC_EXCEPTION: ({ topic = '' }) => new RastroError('RAS-BUS-TOPIC-MISSING', { topic }),
  NOT_ENOUGH_REPLICAS: ({ topic = '' }) => new RastroError('RAS-BUS-NOT-ENOUGH-REPLICAS', { topic }),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: ({ topic = '' }) =>
    new RastroError('RAS-BUS-NOT-ENOUGH-REPLICAS', { topic }),
  ...Object.fromEntries(
    [
      'INVALID_PRODUCER_EPOCH',
      'PRODUCER_FENCED',
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'DUPLICATE_SEQUENCE_NUMBER',
      'UNKNOWN_PRODUCER_ID',
      'INVALID_PRODUCER_ID_MAPPING',
    ].map((known) => [
      known,
      ({ topic = '' }: BusContext, type: string) =>
        new RastroError('RAS-BUS-FENCED', { topic, detail: type }),
    ]),
  ),
};

/** A RastroError stays what it is. */
export function busError(error: unknown, context: BusContext): RastroError {
  const links = [...chain(error)];
  const own = links.find((link) => RastroError.is(link));
  if (own !== undefined) return own as RastroError;
  const { topic, what, user = '', mechanism = '' } = context;
  const brokers = context.brokers.join(', ');
  const fail = (code: ErrorCode, params: ErrorParams) => new RastroError(code, params, { cause: error });
  for (const { type, name, code, message } of links) {
    const named = type === undefined ? undefined : BY_TYPE[type]?.(context, type);
    if (named !== undefined) return named;
    if (type?.endsWith('_AUTHORIZATION_FAILED'))
      return new RastroError('RAS-BUS-NOT-AUTHORISED', { what: topic ?? what });
    if (name === SASL_REFUSED) return fail('RAS-BUS-LOGIN-REFUSED', { user, mechanism });
    if (typeof code === 'string' && CERTIFICATE_REFUSED.test(code))
      return fail('RAS-BUS-CERTIFICATE-REFUSED', { brokers, detail: code });
    if (typeof code === 'string' && UNTRUSTED.test(code))
      return fail('RAS-BUS-UNTRUSTED', { brokers, detail: code });
    if (isUnreachable(name)) return fail('RAS-BUS-UNREACHABLE', { brokers, detail: code ?? message });
  }
  const detail = links.at(-1)?.message ?? String(error);
  return new RastroError('RAS-BUS-REQUEST-FAILED', { what, detail }, { cause: error });
}

function isUnreachable(name: string): boolean {
  return (
    name === 'KafkaJSConnectionError' ||
    name === 'KafkaJSConnectionClosedError' ||
    name === 'KafkaJSRequestTimeoutError' ||
    name === 'KafkaJSBrokerNotFound'
  );
}

/** Whether the same request may succeed later: leaders move, brokers come back. Of a topic that is not there, no. */
export function mayPass(error: unknown): boolean {
  const links = [...chain(error)];
  if (isRefused(error) || links.some((link) => RastroError.is(link))) return false;
  return links.some(
    ({ name, type, retriable }) =>
      isUnreachable(name) ||
      (type !== undefined && retriable === true) ||
      name === 'KafkaJSLockTimeout' ||
      name === 'KafkaJSMetadataNotLoaded' ||
      name === 'KafkaJSTopicMetadataNotLoaded',
  );
}
