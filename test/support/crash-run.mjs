/**
 * Runs a feed into a data folder with the built code and kills itself and the store's process, as `kill -9` would, after
 * a given write. Argument: JSON {dataDir, rulesDir, files, parties, limits, killAfter, imagesDir?, activate?, stream?};
 * killAfter 0 runs to the end. `activate` is {rulesDir, activeFrom, afterFiles}: other rules, recorded after so many files.
 * `stream` is {institution, timeMs}: it submits as a stream, and after the first file an empty block says that event time has
 * come so far.
 *
 * With `imagesDir`, the data folder is copied to `imagesDir/N` behind write N, while nothing of either process runs: what
 * a process leaves behind when it is killed is what its files hold then, for what it wrote is the system's.
 * Prints one line per write before going on, so that the parent knows how far it came.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadMapping } from '../../dist/services/feeds/mappings.js';
import { emptyReport } from '../../dist/services/workspace/feed-report.js';
import {
  compileKnowledge,
  loadKnowledge,
  readKnowledgeFiles,
} from '../../dist/services/workspace/knowledge.js';
import { encodeReference } from '../../dist/services/workspace/reference-record.js';
import { FeedReader } from '../../dist/services/workspace/run-feed.js';
import { openWorkspace } from '../../dist/services/workspace/workspace.js';

const { dataDir, rulesDir, files, parties, limits, killAfter, imagesDir, activate, stream } = JSON.parse(
  process.argv[2],
);
let writes = 0;

/** Whether every thread of a process stands still. */
function isStopped(pid) {
  if (!existsSync('/proc/self/task')) return execFileSync('ps', ['-o', 'state=', '-p', pid]).includes('T');
  return readdirSync(`/proc/${pid}/task`).every((task) => {
    const stat = `/proc/${pid}/task/${task}/stat`;
    // A thread may have ended meanwhile.
    return !existsSync(stat) || /\) T /.test(readFileSync(stat, 'utf8'));
  });
}

/** This thread does nothing else meanwhile, and what it gave to others to write has been acknowledged. */
function takeImage() {
  const store = Number(/^PID: (\d+)$/m.exec(readFileSync(join(dataDir, 'clickhouse/status'), 'utf8'))[1]);
  process.kill(store, 'SIGSTOP');
  while (!isStopped(store));
  cpSync(dataDir, join(imagesDir, String(writes)), { recursive: true, verbatimSymlinks: true });
  process.kill(store, 'SIGCONT');
}

function afterWrite(name) {
  writes++;
  if (imagesDir !== undefined) takeImage();
  writeSync(1, `${name}\n`);
  // The whole process group: this process and the store's, which lies in it.
  if (writes === killAfter) process.kill(-process.pid, 'SIGKILL');
}

const knowledge = await loadKnowledge({ rulesDir });
const workspace = await openWorkspace({ dataDir, knowledge, limits, afterWrite });
const counts = { signals: 0, alerts: 0, transactions: 0 };
const mapping = await loadMapping('canonical');
const reader = new FeedReader({ workspace, mapping, counts, report: emptyReport() });
if (stream !== undefined) {
  const cadence = { kind: 'stream', latenessMs: 3_600_000, silenceMs: 86_400_000 };
  const declarations = [{ institution: stream.institution, fromMs: 0, cadence }];
  await workspace.appendReference(encodeReference({ declarations }));
}
for (const file of parties) await reader.parties(file, await loadMapping('canonical-parties'));
for (const [index, file] of files.entries()) {
  if (index === activate?.afterFiles) {
    const { activeFrom } = activate;
    const changed = await readKnowledgeFiles({ rulesDir: activate.rulesDir });
    await workspace.appendRules(compileKnowledge(changed, { activeFrom }));
  }
  await reader.transactions(file);
  if (index === 0 && stream !== undefined) await workspace.appendWatermark(stream.timeMs, null);
}
await workspace.writeGroup(counts);
await workspace.close();
