/** Compose file, Kubernetes objects, configurations and the runbook fit the program and one another. */
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Config } from '../../../schemas/config.ts';
import { loadConfig } from '../../../services/config/load.ts';
import { VERDICTS } from '../../../services/stewardship/suppressions.ts';
import { projectFiles, ROOT, readText } from '../../support/project.ts';

const files = projectFiles();
const configOf = async (path: string): Promise<Config> =>
  (await loadConfig({ file: posix.join(ROOT, path), environment: {} })).config;

/** Words after which a command of the program is told apart. */
const commands = new Set(
  files
    .filter((path) => /^services\/cli\/commands\/.*\.ts$/.test(path))
    .flatMap((path) =>
      [...readText(path).matchAll(/\.command\(\s*['"`]([a-z]+)/g)].map(([, word = '']) => word),
    ),
);
const isCommand = (word: string) => commands.has(word) || VERDICTS.some((verdict) => verdict === word);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface PodSpec {
  readonly securityContext: object;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { secretName: string };
    readonly configMap?: { name: string };
  }[];
}
interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: object };
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

describe('the configurations', () => {
  test.each(['deploy/compose/rastro.yaml', 'deploy/kubernetes/rastro.yaml'])(
    '%s is valid and says where Kafka and ClickHouse are',
    async (path) => {
      const { kafka, clickhouse } = await configOf(path);
      expect(kafka).toBeDefined();
      expect(clickhouse?.passwordFile).toBeDefined();
    },
  );
});

describe('the compose file', () => {
  interface Service {
    readonly image: string;
    readonly command?: readonly string[];
    readonly ports?: readonly string[];
    readonly volumes?: readonly string[];
    readonly read_only?: boolean;
    readonly depends_on?: Readonly<Record<string, object>>;
    readonly secrets?: readonly string[];
    readonly stop_grace_period?: string;
  }
  const compose = parse(readText('deploy/docker-compose.yaml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
    secrets: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);
  const ours = services.filter(([, { image }]) => image.startsWith('rastro:'));

  test('publishes on loopback alone, and every image has a version', () => {
    for (const [name, { ports = [], image }] of services) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      expect(image, name).toMatch(/:v?\d[\w.-]*\}?$/);
    }
  });

  test('runs commands of the program, with the configuration that is mounted, on a read-only root', async () => {
    expect(ours.map(([name]) => name)).toEqual(['topics', 'migrations', 'ingest', 'worker']);
    const { ingest, worker } = await configOf('deploy/compose/rastro.yaml');
    for (const [name, { command = [], volumes = [], read_only, stop_grace_period }] of ours) {
      expect(isCommand(command[0] ?? ''), `${name}: ${command[0]}`).toBe(true);
      expect(command.slice(-2)).toEqual(['--config', '/etc/rastro/rastro.yaml']);
      expect(volumes).toContain('./compose/rastro.yaml:/etc/rastro/rastro.yaml:ro');
      expect(read_only, name).toBe(true);
      expect(Number.parseInt(stop_grace_period ?? '', 10) * 1_000).toBeGreaterThan(
        Math.max(ingest.drainMs, worker.drainMs),
      );
    }
  });

  test('names volumes, secrets, services and files that are there', async () => {
    const { clickhouse, keys, worker, ingest } = await configOf('deploy/compose/rastro.yaml');
    for (const [name, service] of services) {
      for (const other of Object.keys(service.depends_on ?? {}))
        expect(Object.keys(compose.services), name).toContain(other);
      for (const secret of service.secrets ?? [])
        expect(Object.keys(compose.secrets), name).toContain(secret);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('./secrets/') || source.startsWith('/')) continue;
        if (!source.startsWith('./')) expect(Object.keys(compose.volumes), name).toContain(source);
        else {
          const path = posix.join('deploy', source);
          expect(
            files.some((file) => file === path || file.startsWith(`${path}/`)),
            path,
          ).toBe(true);
        }
      }
    }
    expect(clickhouse?.passwordFile).toBe('/run/secrets/clickhouse-password');
    const mounted = (name: string) =>
      compose.services[name]?.volumes?.map((volume) => volume.split(':').at(volume.startsWith('/') ? 0 : 1));
    expect(mounted('worker')).toEqual(expect.arrayContaining([keys.folder, worker.checkpointFolder]));
    expect(mounted('ingest')).toEqual(expect.arrayContaining([keys.folder, ingest.institutionsFolder]));
  });
});

describe('the Kubernetes objects', () => {
  const kustomization = parse(readText('deploy/kubernetes/kustomization.yaml')) as {
    resources: string[];
    configMapGenerator: { name: string; files: string[] }[];
  };
  const objects = kustomization.resources.flatMap((name) =>
    parseAllDocuments(readText(`deploy/kubernetes/${name}`), { merge: true }).map(
      (each) => each.toJS() as KubernetesObject,
    ),
  );
  const pods = objects.flatMap(({ kind, metadata, spec }) => {
    const pod = spec?.template?.spec ?? spec?.jobTemplate?.spec.template.spec;
    return pod === undefined ? [] : [{ name: `${kind} ${metadata.name}`, pod, spec }];
  });

  test('are all in the kustomization, named, and unlike one another', () => {
    const there = files
      .filter((path) => posix.dirname(path) === 'deploy/kubernetes')
      .map((path) => posix.basename(path));
    const listed = [
      ...kustomization.resources,
      ...kustomization.configMapGenerator.flatMap((each) => each.files),
    ];
    expect(there.filter((name) => name !== 'kustomization.yaml').sort()).toEqual(listed.sort());
    const names = objects.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^[a-z0-9./]+ [A-Za-z]+ [a-z-]+$/.test(name))).toBe(true);
  });

  test('run without root, without a token of the cluster, on a read-only root, and end after they have drained', async () => {
    const { ingest, worker } = await configOf('deploy/kubernetes/rastro.yaml');
    expect(pods).toHaveLength(4);
    for (const { name, pod } of pods) {
      expect(pod.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.automountServiceAccountToken, name).toBe(false);
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(isCommand(container.args[0] ?? ''), `${name}: ${container.args[0]}`).toBe(true);
        expect(container.image).toBe('rastro');
      }
      if (pod.terminationGracePeriodSeconds !== undefined)
        expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
          Math.max(ingest.drainMs, worker.drainMs),
        );
    }
  });

  test('mount what the configuration names, and select their own pods', async () => {
    const { keys, clickhouse, worker, ingest, observe } = await configOf('deploy/kubernetes/rastro.yaml');
    for (const { name, pod, spec } of pods) {
      const volumes = [
        ...pod.volumes.map((volume) => volume.name),
        ...(spec?.volumeClaimTemplates ?? []).map((each) => each.metadata.name),
      ];
      for (const { volumeMounts } of [...pod.containers, ...(pod.initContainers ?? [])])
        for (const mount of volumeMounts) expect(volumes, name).toContain(mount.name);
      for (const { configMap } of pod.volumes)
        if (configMap !== undefined)
          expect(kustomization.configMapGenerator.map((each) => each.name)).toContain(configMap.name);
      for (const { secret } of pod.volumes)
        if (secret !== undefined)
          expect(readText('deploy/README.md')).toContain(`secret generic ${secret.secretName} `);
      const selected = spec?.selector?.matchLabels;
      if (selected !== undefined) expect(spec?.template?.metadata.labels).toMatchObject(selected);
    }
    const container = (of: string) => pods.find(({ name }) => name.endsWith(` ${of}`))?.pod.containers[0];
    const paths = (of: string) => container(of)?.volumeMounts.map((mount) => mount.mountPath) ?? [];
    const isUnder = (path: string | undefined, folders: readonly string[]) =>
      folders.some((folder) => path === folder || path?.startsWith(`${folder}/`));
    for (const role of ['ingest', 'worker']) {
      expect(isUnder(keys.folder, paths(role))).toBe(true);
      expect(isUnder(clickhouse?.passwordFile, paths(role))).toBe(true);
      expect(container(role)?.ports).toContainEqual({ name: 'observe', containerPort: observe.port });
    }
    expect(isUnder(worker.checkpointFolder, paths('worker'))).toBe(true);
    expect(isUnder(ingest.institutionsFolder, paths('ingest'))).toBe(true);
    expect(container('ingest')?.ports).toContainEqual({ name: 'http', containerPort: ingest.port });
  });
});

describe('the runbook', () => {
  test.each(['docs/operations.md', 'deploy/README.md'])('%s names commands that exist', (page) => {
    const named = [...readText(page).matchAll(/(?:`|^)rastro ([a-z]+)(?: ([a-z]+)\b)?/gm)];
    if (page === 'docs/operations.md') expect(named.length).toBeGreaterThan(20);
    const unknown = named
      .flatMap(([, first = '', second]) => [first, ...(second === undefined ? [] : [second])])
      .filter((word) => !isCommand(word));
    expect([...new Set(unknown)]).toEqual([]);
  });
});

describe('the image', () => {
  test('copies what there is, runs as somebody and begins with the command', () => {
    const dockerfile = readText('deploy/Dockerfile');
    const copied = [...dockerfile.matchAll(/\/build\/([a-z_]+)\b(?!\/)/g)].map(([, name = '']) => name);
    const made = ['dist', 'node_modules'];
    for (const name of copied.filter((each) => !made.includes(each)))
      expect(
        files.some((path) => path.startsWith(`${name}/`) || path.startsWith(`${name}.`)),
        name,
      ).toBe(true);
    expect(dockerfile).toMatch(/^USER node$/m);
    const { bin } = JSON.parse(readText('package.json')) as { bin: { rastro: string } };
    expect(dockerfile).toContain(`/opt/rastro/${bin.rastro}`);
  });
});
