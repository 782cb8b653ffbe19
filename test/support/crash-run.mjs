/**
 * Runs a feed into a data folder with the built code and kills itself and the store's process, as `kill -9` would, after
 * a given write. Argument: JSON {dataDir, rulesDir, files, parties, limits, killAfter, activate?, stream?}; killAfter 0 runs to
 * the end. `activate` is {rulesDir, activeFrom, afterFiles}: other rules, recorded after so many files. `stream` is {institution,
 * timeMs}: it submits as a stream, and after the first file an empty block says that event time has come so far.
 * Prints one line per write before going on, so that the parent knows how far it came.
 */
import { writeSync } from 'node:fs';
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

const { dataDir, rulesDir, files, parties, limits, killAfter, activate, stream } = JSON.parse(
  process.argv[2],
);
let writes = 0;

function afterWrite(name) {
  writes++;
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
