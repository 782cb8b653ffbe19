/**
 * Progress of long work: a redrawn bar with rate and time left on a terminal, a line every few seconds elsewhere,
 * nothing with `--json`.
 */
import cliProgress from 'cli-progress';
import { count, type Terminal } from './terminal.ts';

/** Without a terminal, at most one line in this time. */
const LINE_EVERY_MS = 10_000;

export interface Progress {
  /** `done` of the total so far; units are the caller's. */
  update(done: number): void;
  stop(): void;
}

/** Starts to show work of `total` units (0 when unknown) named `label`. */
export function startProgress(terminal: Terminal, label: string, total: number, unit: string): Progress {
  if (terminal.json) return { update() {}, stop() {} };
  const startedMs = performance.now();
  const rate = (done: number) => Math.round(done / Math.max((performance.now() - startedMs) / 1000, 0.001));
  if (terminal.live && total > 0) {
    const bar = new cliProgress.SingleBar(
      {
        format: `${label} {bar} {percentage}%  {rate} ${unit}/s  ETA {eta_formatted}`,
        hideCursor: true,
        clearOnComplete: true,
        stream: process.stderr,
      },
      cliProgress.Presets.shades_classic,
    );
    bar.start(total, 0, { rate: '0' });
    return {
      update: (done) => bar.update(Math.min(done, total), { rate: count(rate(done)) }),
      stop: () => bar.stop(),
    };
  }
  let lastMs = startedMs;
  return {
    update(done) {
      const nowMs = performance.now();
      if (nowMs - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs;
      const share = total > 0 ? ` (${Math.floor((100 * done) / total)}%)` : '';
      terminal.note(`${label}: ${count(done)} ${unit}${share}, ${count(rate(done))} ${unit}/s`);
    },
    stop() {},
  };
}
