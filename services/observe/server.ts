/**
 * `/metrics`, `/healthz` (the process answers) and `/readyz` (it can work: each check by name) of a role. They know no users:
 * the configuration binds them to loopback, and anything else is the operator's decision.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ObserveConfig } from '../../schemas/config.ts';
import { listenFailure } from '../config/listen-failure.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface ObserveServer {
  readonly url: string;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 64;
const REQUEST_TIMEOUT_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

/** Listens. @throws RastroError RAS-CONFIG-LISTEN */
export async function serveObservation(
  config: ObserveConfig,
  metrics: Metrics,
  health: Health,
): Promise<ObserveServer> {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return json(405, { status: 'method not allowed' });
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        return { status: 200, type: metrics.registry.contentType, body: await metrics.text() };
      case '/healthz':
        return json(200, { status: 'alive' });
      case '/readyz': {
        const readiness = await health.readiness();
        return json(readiness.ready ? 200 : 503, readiness);
      }
      default:
        return json(404, { status: 'not found' });
    }
  };
  const server = createServer((request, response) => {
    answer(request)
      .catch(() => json(500, { status: 'failed' }))
      .then((given) => send(response, given, request.method === 'HEAD'));
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, { ...config, section: 'observe' })));
    server.listen(config.port, config.host, resolve);
  });
  const { port, address, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status, type, body }: Answer, headOnly: boolean): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(headOnly ? undefined : body);
}
