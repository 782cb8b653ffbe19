/** Clocks, quantiles, garbage collection and memory, as every benchmark reads them. */
import { PerformanceObserver, performance } from 'node:perf_hooks';

const NS_PER_MS = 1e6;

/** Nanoseconds of the calling process's CPU, all threads included: wall time would measure whoever else uses the machine. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

/** Nanoseconds of wall time, for parts too short for the CPU clock. */
export function wallNs(): number {
  return performance.now() * NS_PER_MS;
}

/** Nearest rank; NaN of nothing. */
export function quantile(numbers: ArrayLike<number>, milli: number): number {
  if (numbers.length === 0) return Number.NaN;
  const sorted = Float64Array.from(numbers).sort();
  const rank = Math.max(1, Math.ceil((milli / 1_000) * sorted.length));
  return sorted[rank - 1] as number;
}

export const median = (numbers: ArrayLike<number>): number => quantile(numbers, 500);

/** Collections of the JavaScript heap within the measured parts of a run, whatever the parts between them allocate. */
export interface CollectionWatch {
  begin(): void;
  measured(): void;
  stop(): Promise<{ readonly ms: number; readonly longestMs: number; readonly count: number }>;
}

export function watchCollections(): CollectionWatch {
  const seen: { readonly startTime: number; readonly duration: number }[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    begin: () => starts.push(performance.now()),
    measured: () => ends.push(performance.now()),
    async stop() {
      // Entries are handed over on a later turn of the loop.
      await new Promise((resolve) => setTimeout(resolve, 0));
      seen.push(...observer.takeRecords());
      observer.disconnect();
      seen.sort((a, b) => a.startTime - b.startTime);
      let part = 0;
      const within = seen.filter(({ startTime }) => {
        while (part < ends.length && (ends[part] as number) < startTime) part++;
        return part < ends.length && (starts[part] as number) <= startTime;
      });
      return {
        ms: within.reduce((sum, { duration }) => sum + duration, 0),
        longestMs: within.reduce((most, { duration }) => Math.max(most, duration), 0),
        count: within.length,
      };
    },
  };
}

/** Highest resident set of the process so far, MiB. */
export function peakRssMib(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
