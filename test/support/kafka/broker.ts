/** One broker process: its settings, and a keeper that lets it not outlive whoever started it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const LOOPBACK = '127.0.0.1';

/**
 * A shell that starts the broker and reads signal names from its standard input. At the end of that (whoever held the other
 * end is gone, however it went) it kills the broker.
 */
export const KEEPER = `
exec 3<&0
"$@" </dev/null &
kept=$!
(while read -r name <&3; do kill -"$name" "$kept"; done; kill -KILL "$kept" 2>/dev/null) &
listener=$!
wait "$kept"
status=$?
kill "$listener" 2>/dev/null
exit "$status"`;

/** What a Java command of Kafka needs, whichever it is: small, quick to be there, quiet. */
const JAVA_OPTIONS = ['-XX:+UseSerialGC', '-Xshare:auto', '-Djava.net.preferIPv4Stack=true'];
const LOG_OPTIONS = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
/** Tests ask little of a broker and want it soon: the second compiler would cost more than it gives. */
export const QUICK_START = ['-XX:TieredStopAtLevel=1'];

/** Bytes of a broker's log that go into an error. */
const LAST_WORDS = 2_000;

export function javaArguments(jars: string, options: readonly string[], main: string): string[] {
  return [...JAVA_OPTIONS, ...LOG_OPTIONS, ...options, '-cp', join(jars, '*'), main];
}

/** Runs a Java command of Kafka to its end; its standard output. */
export async function runJava(
  jars: string,
  main: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const all = [...javaArguments(jars, QUICK_START, main), ...args];
  const running = promisify(execFile)('java', all, { maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(wanted: number): Promise<number[]> {
  const servers = Array.from({ length: wanted }, () => createServer().listen(0, LOOPBACK));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

export interface BrokerProcess {
  readonly exited: Promise<void>;
  readonly isRunning: () => boolean;
  /** Sends it a signal: `TERM`, `STOP`, `CONT`. */
  signal(name: string): void;
  /** As a power cut: no goodbye to anyone. */
  kill(): Promise<void>;
  lastWords(): string;
}

export function startBroker(
  jars: string,
  settingsFile: string,
  logFile: string,
  options: readonly string[],
): BrokerProcess {
  const log = openSync(logFile, 'a');
  const java = ['java', ...javaArguments(jars, options, 'kafka.Kafka'), settingsFile];
  // In a group of its own, so that Ctrl-C in a terminal reaches whoever started it first.
  const child: ChildProcess = spawn('sh', ['-c', KEEPER, 'keeper', ...java], {
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = once(child, 'exit').then(() => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    exited,
    isRunning,
    signal: (name) => void child.stdin?.write(`${name}\n`),
    async kill() {
      child.ref();
      child.stdin?.end();
      if (isRunning()) await exited;
    },
    lastWords: () => readFileSync(logFile, 'utf8').slice(-LAST_WORDS),
  };
}
