/** What processes that are not ours to instrument took: CPU and memory, as Linux counts them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Clock ticks of `/proc` in a second: fixed for user programs on Linux. */
const TICKS = 100;
const UTIME = 11;
const STIME = 12;
const KIB_PER_MIB = 1_024;

export const hasProcessTimes = (): boolean => existsSync('/proc/self/stat');

/** Seconds of CPU of a process and its threads so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS;
}

/** Highest resident set of a process so far, MiB. */
export function peakMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / KIB_PER_MIB;
}

/** The process of a command among all, whose arguments hold every one of these. @throws where there is none */
export function processOf(command: string, ...parts: readonly string[]): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [path = '', ...line] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (basename(path) === command && parts.every((part) => line.includes(part))) return Number(name);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`no process of ${command}`);
}
