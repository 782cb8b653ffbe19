/** Roles as processes of the built command, against a broker and a store, for tests that kill them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaConfig } from '../../schemas/config.ts';
import { CLI } from './cli.ts';

export interface RolePlace {
  /** Of the configuration and the state. */
  readonly folder: string;
  readonly kafka: KafkaConfig;
  readonly store: { readonly url: string; readonly key: string };
  /** With the secret that the rows were made with. */
  readonly keysFolder: string;
  /** Of the ingest role. */
  readonly port?: number;
}

/** Writes the configuration of a place; the file's path. */
export function roleConfig({ folder, kafka, store, keysFolder, port = 0 }: RolePlace): string {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, store.key, { mode: 0o600 });
  const config = join(folder, 'rastro.json');
  writeFileSync(
    config,
    JSON.stringify({
      kafka,
      clickhouse: { url: store.url, passwordFile },
      keys: { folder: keysFolder },
      ingest: { port, institutionsFolder: join(folder, 'institutions') },
      worker: {
        checkpointFolder: join(folder, 'checkpoints'),
        checkpointEveryMs: 1_000,
      },
      observe: { enabled: false },
      logging: { format: 'json' },
    }),
  );
  return config;
}

export class RoleProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** What it logged. */
  log = '';

  constructor(role: 'worker' | 'ingest', config: string, more: readonly string[] = []) {
    this.#child = spawn(process.execPath, [CLI, role, '--config', config, ...more], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** How often it logged an event. */
  times(event: string): number {
    return this.log.split('\n').filter((line) => line.includes(`"${event}"`)).length;
  }

  /** Offsets of `transactions` from which it went on, as it logged them. */
  get assignedAt(): readonly number[] {
    return [...this.log.matchAll(/"partition\.assigned".*?"offset":(\d+)/g)].map(([, at]) => Number(at));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to end. */
  async drain(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }
}
