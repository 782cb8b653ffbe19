/**
 * Spans around stages, for whoever runs an OpenTelemetry collector. Off unless configured, and its packages are no dependency:
 * `@opentelemetry/sdk-node` and `@opentelemetry/exporter-trace-otlp-http` are loaded where they are installed beside this one.
 * A span has the name of a stage and no attributes but numbers: what is redacted nowhere must not be in it.
 */
import type { TracingConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Stage } from './labels.ts';

export interface Tracing {
  /** Does `work` inside a span. */
  span<T>(
    stage: Stage,
    numbers: Readonly<Record<'rows' | 'partition', number>>,
    work: () => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

/** What is used of the packages. */
interface Span {
  setStatus(status: { code: number }): void;
  end(): void;
}
interface Packages {
  readonly api: {
    trace: {
      getTracer(name: string): {
        startActiveSpan<T>(name: string, options: { attributes: object }, work: (span: Span) => T): T;
      };
    };
  };
  readonly sdk: { NodeSDK: new (options: object) => { start(): void; shutdown(): Promise<void> } };
  readonly exporter: { OTLPTraceExporter: new (options: { url: string }) => unknown };
}

const SPAN_ERROR = 2;

const OFF: Tracing = { span: (_stage, _numbers, work) => work(), close: async () => undefined };

/** @throws RastroError RAS-OPS-TRACING-MISSING when it is configured and the packages are not installed. */
export async function openTracing(
  config: TracingConfig,
  role: string,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<Tracing> {
  if (!config.enabled) return OFF;
  const { api, sdk, exporter } = await packages(load);
  const running = new sdk.NodeSDK({
    serviceName: `rastro-${role}`,
    traceExporter: new exporter.OTLPTraceExporter({ url: config.endpoint }),
    instrumentations: [],
    // They would say the machine's name and the command line.
    resourceDetectors: [],
  });
  running.start();
  const tracer = api.trace.getTracer('rastro');
  return {
    span: (stage, numbers, work) =>
      tracer.startActiveSpan(stage, { attributes: { ...numbers } }, async (span) => {
        try {
          return await work();
        } catch (error) {
          span.setStatus({ code: SPAN_ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    close: () => running.shutdown(),
  };
}

async function packages(load: (name: string) => Promise<unknown>): Promise<Packages> {
  const installed = (name: string) =>
    load(name).catch((error: unknown) =>
      Promise.reject(new RastroError('RAS-OPS-TRACING-MISSING', { name }, { cause: error })),
    );
  const sdk = (await installed('@opentelemetry/sdk-node')) as Packages['sdk'] & { api: Packages['api'] };
  const exporter = (await installed('@opentelemetry/exporter-trace-otlp-http')) as Packages['exporter'];
  return { api: sdk.api, sdk, exporter };
}
