/** `rastro rules peers --publish`: the sets that tables go into, of a data folder or of a log, and putting them in force. */
import { join } from 'node:path';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { PeerTableFile } from '../../../schemas/peers.ts';
import { readFileLog } from '../../log/file/file-log.ts';
import { activateEach } from '../../rule-log/activation.ts';
import { nextWithTables } from '../../workbench/peer-publication.ts';
import { type Knowledge, loadKnowledge } from '../../workspace/knowledge.ts';
import { RecordedSets, RuleTimeline } from '../../workspace/rule-timeline.ts';
import { openWorkspace } from '../../workspace/workspace.ts';
import { setsOfLog, withRuleLog } from './rules-log.ts';

/** Where rules are in force: a data folder, or with `config` a log. */
export interface RulesPlace {
  readonly dataDir: string;
  readonly config?: string;
}

/** The sets recorded there; those of this release where a log has none yet. @throws RastroError RAS-RULES-NO-HISTORY */
export async function setsThere({ dataDir, config }: RulesPlace): Promise<RuleTimeline['sets']> {
  const recorded = new RecordedSets();
  if (config !== undefined) for (const { payload } of await setsOfLog(config)) recorded.read(payload);
  else
    for await (const { kind, payload } of readFileLog(join(dataDir, 'log')))
      if (kind === 'rules') recorded.read(payload);
  recorded.requireWhole();
  if (recorded.timeline !== undefined) return recorded.timeline.sets;
  if (config === undefined) throw new RastroError('RAS-RULES-NO-HISTORY', { where: dataDir });
  return new RuleTimeline([await loadKnowledge()]).sets;
}

/**
 * Puts the tables in force; returns from which event times on, ascending, of the sets that were recorded for it. They go into the sets of
 * now: whoever activated one meanwhile keeps it.
 * @throws RastroError RAS-RULES-PEERS-OTHER
 */
export async function publish(place: RulesPlace, tables: readonly PeerTableFile[]): Promise<number[]> {
  const own = await loadKnowledge();
  const next = ({ sets }: RuleTimeline) => nextWithTables(sets, tables);
  const recorded =
    place.config === undefined
      ? await publishInFolder(place.dataDir, own, next)
      : await withRuleLog({ config: place.config }, (log) => activateEach(log, own, next));
  return recorded.map(({ activeFrom }) => activeFrom).sort((a, b) => a - b);
}

async function publishInFolder(
  dataDir: string,
  own: Knowledge,
  next: (timeline: RuleTimeline) => Knowledge | undefined,
): Promise<Knowledge[]> {
  const workspace = await openWorkspace({ dataDir, knowledge: own, keepRules: 'any' });
  try {
    const recorded: Knowledge[] = [];
    for (let set = next(workspace.state.timeline); set; set = next(workspace.state.timeline)) {
      await workspace.appendRules(set);
      recorded.push(set);
    }
    await workspace.writeGroup({ signals: 0, alerts: 0, transactions: 0 });
    return recorded;
  } finally {
    await workspace.close();
  }
}
