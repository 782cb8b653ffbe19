/**
 * The jars of a broker, fetched by Maven from the pinned `pom.xml` into a cache folder: `.cache/kafka/<version>`, or under
 * `RASTRO_KAFKA_CACHE`. Fetched once; a folder counts only when every file that was fetched is there in full.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../schemas/package-root.ts';

/** Major versions: the last 3.x and a current 4.x. */
export const KAFKA_MAJORS = [3, 4] as const;
export type KafkaMajor = (typeof KAFKA_MAJORS)[number];

const run = promisify(execFile);

/** Maven gets that long for 50 MB. */
const FETCH_TIMEOUT_MS = 300_000;
const LIST = 'complete.json';

const pomFile = () => join(packageRoot(), 'test/support/kafka/pom.xml');

/** The pinned version, as the pom says it. */
export function kafkaVersion(major: KafkaMajor): string {
  const pom = readFileSync(pomFile(), 'utf8');
  const found = new RegExp(`<id>kafka-${major}</id>\\s*<properties><kafka.version>([\\d.]+)<`).exec(pom)?.[1];
  if (found === undefined) throw new Error(`the pom pins no version for Kafka ${major}`);
  return found;
}

function cacheFolder(major: KafkaMajor): string {
  const cache = process.env['RASTRO_KAFKA_CACHE'] ?? join(packageRoot(), '.cache/kafka');
  return join(cache, kafkaVersion(major));
}

/** True where every jar of the list has the size that was fetched. */
function isComplete(folder: string): boolean {
  const list = join(folder, LIST);
  if (!existsSync(list)) return false;
  const sizes = Object.entries(JSON.parse(readFileSync(list, 'utf8')) as Record<string, number>);
  return sizes.every(
    ([name, size]) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === size,
  );
}

/** Why a broker cannot be had here; undefined where it can. */
export async function whyNoKafka(major: KafkaMajor): Promise<string | undefined> {
  const needed = isComplete(cacheFolder(major)) ? ['java'] : ['java', 'mvn'];
  for (const command of needed) {
    const isThere = await run(command, ['-version']).then(
      () => true,
      () => false,
    );
    if (!isThere) return `Kafka ${kafkaVersion(major)} needs \`${command}\`, which is not here`;
  }
  return undefined;
}

/**
 * The folder of the jars, fetched where it is not there yet. Each process fetches into a folder of its own and moves it into
 * place whole; of two at once the first counts.
 */
export async function kafkaJars(major: KafkaMajor): Promise<string> {
  const folder = cacheFolder(major);
  if (isComplete(folder)) return folder;
  const own = `${folder}.fetch-${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  try {
    const goal = 'dependency:copy-dependencies';
    const options = [`-Pkafka-${major}`, `-DoutputDirectory=${own}`, '-DincludeScope=runtime'];
    await run('mvn', ['-q', '-B', '-f', pomFile(), ...options, goal], { timeout: FETCH_TIMEOUT_MS });
    const sizes = Object.fromEntries(readdirSync(own).map((name) => [name, statSync(join(own, name)).size]));
    await writeFile(join(own, LIST), JSON.stringify(sizes, undefined, 1));
    if (!isComplete(folder)) {
      rmSync(folder, { recursive: true, force: true });
      try {
        renameSync(own, folder);
      } catch (error) {
        if (!isComplete(folder)) throw error;
      }
    }
    return folder;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
