import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

/** Layers without sockets, clock, files and environment: nothing that one test file could leave to the next. */
const PURE = 'test/unit/{pipelines,rules,schemas}/**/*.test.ts';
/** These measure the process that they run in. */
const MEASURING = [
  'test/unit/pipelines/detect/hot/optimised-code.test.ts',
  'test/unit/pipelines/ingest/hostile-input.test.ts',
  'test/unit/pipelines/simulate/stream.test.ts',
];

// Forks, never threads: the embedded ClickHouse engine does not survive two threads in one process.
const common = {
  pool: 'forks' as const,
  setupFiles: ['test/support/seed.ts'],
  // Against a test that hangs; of speed it says nothing, and machines are busy.
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Vitest leaves a core to itself by default: of two, one would be idle.
    maxWorkers: 2,
    globalSetup: ['test/support/temporary.ts', 'test/support/build-once.ts', 'test/support/kafka/shared.ts'],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      // A process for many files: loading the same modules anew took as long as most of these tests.
      { test: { ...common, name: 'pure', include: [PURE], exclude: MEASURING, isolate: false } },
      { test: { ...common, name: 'whole', include: ['test/**/*.test.ts'], exclude: [PURE] } },
      { test: { ...common, name: 'measuring', include: MEASURING } },
    ],
  },
});
