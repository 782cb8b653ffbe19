/** Workers as processes of the built command, against a broker and a store, for tests that kill them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaConfig } from '../../schemas/config.ts';
import { CLI } from './cli.ts';

export interface WorkerPlace {
  /** Of the configuration, the state and the keys. */
  readonly folder: string;
  readonly kafka: KafkaConfig;
  readonly store: { readonly url: string; readonly key: string };
  /** With the secret that the rows were made with. */
  readonly keysFolder: string;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** What it logged. */
  log = '';

  constructor(place: WorkerPlace) {
    const { folder, kafka, store, keysFolder } = place;
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, store.key, { mode: 0o600 });
    const config = join(folder, 'rastro.json');
    writeFileSync(
      config,
      JSON.stringify({
        kafka,
        clickhouse: { url: store.url, passwordFile },
        keys: { folder: keysFolder },
        worker: {
          checkpointFolder: join(folder, 'checkpoints'),
          checkpointEveryMs: 1_000,
          insertLingerMs: 20,
        },
        observe: { enabled: false },
        logging: { format: 'json' },
      }),
    );
    this.#child = spawn(process.execPath, [CLI, 'worker', '--config', config], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Partitions that it was given so far, as it logged them. */
  get assigned(): number {
    return this.log.split('\n').filter((line) => line.includes('"partition.assigned"')).length;
  }

  /** Offsets from which it went on with them. */
  get assignedAt(): readonly number[] {
    return [...this.log.matchAll(/"partition\.assigned".*?"offset":(\d+)/g)].map(([, at]) => Number(at));
  }

  /** Without a word. */
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
