/** The HTTP side of the ingest role. It knows requests and answers; what they mean stands in `receive.ts` and `status.ts`. */
import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Submission } from '../../pipelines/ingest/submission/table.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Metrics } from '../observe/metrics.ts';
import { Admission } from './admission.ts';
import type { ApiKeys, Scope } from './api-keys.ts';
import { pacedBody } from './body.ts';
import { watchRequests } from './ingest-metrics.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { Mappings } from './mappings.ts';
import { openApiDocument } from './openapi.ts';
import { problemOf, RETRIABLE, tellable } from './problem.ts';
import type { Receiver } from './receive.ts';
import {
  checked,
  digestOf,
  feedPath,
  idempotencyKeyOf,
  langOf,
  listQuery,
  reportQuery,
  statusQuery,
  submissionPath,
  submitQuery,
} from './requests.ts';
import { receiptOf, reportFile, reportOf, statusOf } from './status.ts';
import type { SubmissionView } from './view.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must allow; `open` needs none. Every route says so. */
    scope?: Scope | 'open';
  }
}

export interface ServerOptions {
  readonly bus: Bus;
  readonly view: SubmissionView;
  readonly receiver: Receiver;
  readonly mappings: Mappings;
  readonly apiKeys: Pick<ApiKeys, 'find'>;
  readonly rawKey: Uint8Array;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly submissionsMax: number;
  readonly institutionSubmissionsMax?: number;
  readonly bodyBytesMax?: number;
  readonly idleMs: number;
  /** Default `INGEST_LIMITS.GRACE_MS`. */
  readonly graceMs?: number;
  readonly headersMs: number;
  /** A submission was received: there is something to do. */
  readonly onReceived: () => void;
  readonly onProblem: (what: string, id: string, error: unknown) => void;
  readonly metrics?: Metrics;
  /** Told of every route as it is added. */
  readonly onRoute?: (route: { method: string; path: string; scope: Scope | 'open' | undefined }) => void;
}

/** A connection on which nothing moves for so many times `idleMs` is closed. */
const IDLE_TIMES = 4;
const CHECK_EVERY_MS = 1_000;
const CONNECTIONS_PER_SUBMISSION = 4;
const MEDIA = {
  problem: 'application/problem+json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function buildServer(options: ServerOptions): FastifyInstance {
  const { idleMs, headersMs, tls, submissionsMax } = options;
  const http = {
    headersTimeout: headersMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, headersMs),
  };
  const common = {
    logger: false,
    connectionTimeout: IDLE_TIMES * idleMs,
    forceCloseConnections: 'idle',
  } as const;
  const app = (
    tls === undefined
      ? Fastify({ ...common, http })
      : Fastify({
          ...common,
          https: { ...http, ...tls },
        })
  ) as FastifyInstance;
  app.server.maxConnections = CONNECTIONS_PER_SUBMISSION * submissionsMax;
  // Whatever the type says: a body is bytes, and they go to the log as they come.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const problem = (request: FastifyRequest, reply: FastifyReply, thrown: unknown) => {
    const error = tellable(thrown, request.id);
    if (error.code === 'RAS-HTTP-INTERNAL' || error.code === 'RAS-HTTP-UNAVAILABLE')
      options.onProblem('request', request.id, error.cause ?? error);
    const lang = langOf(request.query, request.headers['accept-language']);
    const body = problemOf(error, lang, request.url.split('?', 1)[0] ?? '');
    if (RETRIABLE.has(body.status)) reply.header('retry-after', INGEST_LIMITS.RETRY_AFTER_S);
    // What is left of a body is not waited for.
    if (!request.raw.complete) reply.header('connection', 'close');
    return reply.code(body.status).type(MEDIA.problem).send(JSON.stringify(body));
  };
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    const isTheirs = !RastroError.is(error) && statusCode >= 400 && statusCode < 500;
    const { message } = error as Error;
    problem(request, reply, isTheirs ? new RastroError('RAS-HTTP-BAD-REQUEST', { detail: message }) : error);
  });
  app.setNotFoundHandler((request, reply) => problem(request, reply, new RastroError('RAS-HTTP-NOT-FOUND')));

  if (options.metrics !== undefined) watchRequests(options.metrics, app);
  app.addHook('onRoute', ({ method, url, config }) => {
    options.onRoute?.({ method: String(method), path: url, scope: config?.scope });
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (tls !== undefined) reply.header('strict-transport-security', 'max-age=31536000');
  });
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { scope } = request.routeOptions.config;
    if (scope === 'open') return;
    const key = await options.apiKeys.find(request.headers.authorization);
    if (key === undefined) throw new RastroError('RAS-HTTP-UNAUTHORIZED');
    const { institution } = checked(feedPath.loose(), request.params);
    if (scope === undefined || !key.scopes.includes(scope) || key.institution !== institution)
      throw new RastroError('RAS-HTTP-FORBIDDEN', { scope: scope ?? '' });
  });
  addRoutes(app, options);
  return app;
}

function addRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { view, receiver, mappings, bodyBytesMax = INGEST_LIMITS.BODY_BYTES } = options;
  const admission = new Admission({
    inAll: options.submissionsMax,
    ofInstitution: options.institutionSubmissionsMax ?? INGEST_LIMITS.INSTITUTION_SUBMISSIONS,
  });

  const found = async (request: FastifyRequest): Promise<Submission> => {
    const { institution, submissionId } = checked(submissionPath, request.params);
    // Another process may have received it a moment ago.
    if (view.table.submission(submissionId) === undefined) await view.catchUp();
    const submission = view.table.submission(submissionId);
    if (submission === undefined || submission.claim.institution !== institution)
      throw new RastroError('RAS-HTTP-NOT-FOUND');
    return submission;
  };
  const langFor = (request: FastifyRequest) => langOf(request.query, request.headers['accept-language']);

  app.post('/v1/feeds/:institution/submissions', { config: { scope: 'submit' } }, async (request, reply) => {
    const { institution } = checked(feedPath, request.params);
    const { mapping, onError, dryRun } = checked(submitQuery, request.query);
    const { headers } = request;
    const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && encoding !== 'gzip')
      throw new RastroError('RAS-HTTP-ENCODING', { encoding: encoding.slice(0, 32) });
    if (Number(headers['content-length'] ?? 0) > bodyBytesMax)
      throw new RastroError('RAS-HTTP-BODY-TOO-LARGE', { limit: bodyBytesMax });
    if (!(request.body instanceof Readable)) throw new RastroError('RAS-HTTP-BODY-EMPTY');
    if (view.table.size >= INGEST_LIMITS.REMEMBERED) throw new RastroError('RAS-HTTP-BUSY');
    await mappings.load(mapping);
    const leave = admission.enter(institution);
    try {
      const sha256 = digestOf(headers['content-digest']);
      const received = await receiver.receive({
        institution,
        mapping,
        onError,
        dryRun: dryRun === 'true',
        idempotencyKey,
        body: pacedBody(request.body, options),
        ...(sha256 === undefined ? {} : { sha256 }),
      });
      options.onReceived();
      const receipt = receiptOf(received.submission, received.replayed);
      return reply.code(202).header('location', receipt.statusUrl).send(receipt);
    } finally {
      leave();
    }
  });

  app.get('/v1/feeds/:institution/submissions', { config: { scope: 'read' } }, async (request) => {
    const { institution } = checked(feedPath, request.params);
    const { limit } = checked(listQuery, request.query);
    const own = [...view.table.submissions()].filter(({ claim }) => claim.institution === institution);
    own.sort((a, b) => b.claim.receivedMs - a.claim.receivedMs);
    return { submissions: own.slice(0, limit).map((submission) => statusOf(submission, langFor(request))) };
  });

  app.get(
    '/v1/feeds/:institution/submissions/:submissionId',
    { config: { scope: 'read' } },
    async (request) => {
      checked(statusQuery, request.query);
      return statusOf(await found(request), langFor(request));
    },
  );

  app.get(
    '/v1/feeds/:institution/submissions/:submissionId/report',
    { config: { scope: 'read' } },
    async (request, reply) => {
      const { format } = checked(reportQuery, request.query);
      const submission = await found(request);
      if (format === 'json') return reportOf(options, submission, langFor(request));
      const { submissionId } = submission.claim;
      reply.header('content-disposition', `attachment; filename="${submissionId}.${format}"`);
      return reply
        .type(MEDIA[format])
        .send(Readable.from(reportFile(options, submission, langFor(request), format)));
    },
  );

  app.get('/v1/openapi.json', { config: { scope: 'open' } }, async () => openApiDocument());
}
