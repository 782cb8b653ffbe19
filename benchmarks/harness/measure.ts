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

/** Milliseconds spent in collections of the JavaScript heap since `start`, longest pause beside it. */
export interface CollectionWatch {
  stop(): Promise<{ readonly ms: number; readonly longestMs: number; readonly count: number }>;
}

export function watchCollections(): CollectionWatch {
  let ms = 0;
  let longestMs = 0;
  let count = 0;
  const take = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) {
      ms += duration;
      longestMs = Math.max(longestMs, duration);
      count++;
    }
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    async stop() {
      // Entries are handed over on a later turn of the loop.
      await new Promise((resolve) => setTimeout(resolve, 0));
      take(observer.takeRecords());
      observer.disconnect();
      return { ms, longestMs, count };
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
