import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

// Forks, never threads: the embedded ClickHouse engine does not survive two threads in one process.
export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves a core to itself by default: of two, one would be idle.
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    globalSetup: ['test/support/temporary.ts', 'test/support/build-once.ts', 'test/support/kafka/shared.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});
