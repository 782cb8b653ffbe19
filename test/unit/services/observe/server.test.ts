import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../../../schemas/config.ts';
import { Health } from '../../../../services/observe/health.ts';
import { Metrics } from '../../../../services/observe/metrics.ts';
import { type ObserveServer, serveObservation } from '../../../../services/observe/server.ts';
import { openTracing } from '../../../../services/observe/tracing.ts';

const { observe, tracing } = configSchema.parse({});
let server: ObserveServer | undefined;
afterEach(() => server?.close());

async function served(health: Health) {
  const metrics = new Metrics();
  metrics.count('rastro_rebalances_total', {});
  server = await serveObservation({ ...observe, port: 0 }, metrics, health);
  return async (path: string, method = 'GET') => {
    const response = await fetch(`${server?.url}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
}

describe('observation over HTTP', () => {
  test('listens on loopback, gives metrics, is alive', async () => {
    const get = await served(new Health());
    expect(server?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await get('/metrics')).text).toContain('rastro_rebalances_total 1');
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    expect(await get('/healthz', 'POST')).toMatchObject({ status: 405 });
    expect(await get('/etc/passwd')).toMatchObject({ status: 404 });
  });

  test('is ready when each check says so; one that fails, throws or hangs is named, and nothing else is said of it', async () => {
    const health = new Health(50);
    health.add('partitions', () => ({ ok: true, value: 4, unit: 'partitions' }));
    const get = await served(health);
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    health.add('store', async () => {
      throw new Error('password of Jane');
    });
    health.add('fetch', () => new Promise(() => undefined));
    const { status, text } = await get('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({
      ready: false,
      checks: {
        partitions: { ok: true, value: 4, unit: 'partitions' },
        store: { ok: false },
        fetch: { ok: false },
      },
    });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  test('a port that is taken is an error with a code', async () => {
    await served(new Health());
    const port = Number(new URL(server?.url ?? '').port);
    await expect(serveObservation({ ...observe, port }, new Metrics(), new Health())).rejects.toMatchObject({
      code: 'RAS-CONFIG-LISTEN',
    });
  });
});

describe('tracing', () => {
  test('is off, and then nothing is loaded', async () => {
    const off = await openTracing(tracing, 'worker', () => Promise.reject(new Error('loaded')));
    expect(await off.span('detect', { rows: 1, partition: 0 }, async () => 7)).toBe(7);
    await off.close();
  });

  test('switched on without its packages it says which one is missing', async () => {
    await expect(openTracing({ ...tracing, enabled: true }, 'worker')).rejects.toMatchObject({
      code: 'RAS-OPS-TRACING-MISSING',
      params: { name: '@opentelemetry/sdk-node' },
    });
  });

  test('with them a stage is a span, a failed one says so and nothing more', async () => {
    const seen: string[] = [];
    const load = async (name: string) =>
      name.endsWith('sdk-node')
        ? {
            NodeSDK: class {
              start = () => seen.push('start');
              shutdown = async () => void seen.push('shutdown');
            },
            api: {
              trace: {
                getTracer: () => ({
                  startActiveSpan: (stage: string, options: object, work: (span: object) => unknown) => {
                    seen.push(`${stage} ${JSON.stringify(options)}`);
                    return work({
                      end: () => seen.push('end'),
                      setStatus: (status: object) => seen.push(JSON.stringify(status)),
                    });
                  },
                }),
              },
            },
          }
        : { OTLPTraceExporter: class {} };
    const on = await openTracing({ ...tracing, enabled: true }, 'worker', load);
    const failing = on.span('insert', { rows: 2, partition: 1 }, () => Promise.reject(new Error('Jane')));
    await expect(failing).rejects.toThrow('Jane');
    await on.close();
    expect(seen).toEqual([
      'start',
      'insert {"attributes":{"rows":2,"partition":1}}',
      '{"code":2}',
      'end',
      'shutdown',
    ]);
  });
});
