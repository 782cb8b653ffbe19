import { expect, test } from 'vitest';
import { Mappings } from '../../../../services/ingest/mappings.ts';
import { openApiDocument } from '../../../../services/ingest/openapi.ts';
import { Receiver } from '../../../../services/ingest/receive.ts';
import { buildServer } from '../../../../services/ingest/server.ts';
import { SubmissionView } from '../../../../services/ingest/view.ts';
import { testKeys } from '../../../support/ingest.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly responses: Record<string, object>;
  readonly security?: readonly object[];
}
const document = openApiDocument() as {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

test('the document describes the routes that there are, and each of them says what a key must allow', async () => {
  const bus = memoryBus();
  const view = new SubmissionView(bus);
  const routes: { method: string; path: string; scope: unknown }[] = [];
  const app = buildServer({
    bus,
    view,
    receiver: new Receiver({ bus, view, rawKey: testKeys.raw, nowMs: () => 0 }),
    mappings: new Mappings(null),
    apiKeys: { find: async () => undefined },
    rawKey: testKeys.raw,
    submissionsMax: 1,
    idleMs: 1_000,
    headersMs: 1_000,
    onReceived: () => undefined,
    onProblem: () => undefined,
    onRoute: (route) => routes.push(route),
  });
  await app.ready();
  const names = (list: { method: string; path: string }[]) =>
    list.map(({ method, path }) => `${method} ${path}`).sort();
  const served = routes.filter(({ method }) => method !== 'HEAD');
  expect(
    names(served.map(({ method, path }) => ({ method, path: path.replace(/:(\w+)/g, '{$1}') }))),
  ).toEqual(names(operations));
  expect(served.filter(({ scope }) => scope === undefined)).toEqual([]);
  expect(served.filter(({ scope }) => scope === 'open').map(({ path }) => path)).toEqual([
    '/v1/openapi.json',
  ]);
  await app.close();
});

test('the document is whole: parameters of its paths, references, ids', () => {
  expect(document.openapi).toBe('3.1.0');
  for (const { path, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? [])
      .filter((each) => each.in === 'path')
      .map(({ name }) => name);
    expect(declared.sort()).toEqual(inPath.sort());
    expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
  }
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name as string);
  expect(references.length).toBeGreaterThan(10);
});
