/** `rastro rules peers --publish`: the sets that tables go into, of a data folder or of a log, and putting them in force. */
import { join } from 'node:path';
import { setAt } from '../../../rules/compiler/index.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { PeerTableFile } from '../../../schemas/peers.ts';
import { readFileLog } from '../../log/file/file-log.ts';
import { activate } from '../../rule-log/activation.ts';
import { withTables } from '../../workbench/peer-publication.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
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

/** Puts the tables in force; returns from which event times on, in order. */
export async function publish(place: RulesPlace, tables: readonly PeerTableFile[]): Promise<number[]> {
  const own = await loadKnowledge();
  if (place.config !== undefined) {
    // Whoever activated a set meanwhile keeps it: the tables go into the sets of now.
    const changed = withTables(await setsThere(place), tables);
    await withRuleLog({ config: place.config }, async (log) => {
      for (const knowledge of changed) await activate(log, { own, knowledge, dryRun: false });
    });
    return changed.map(({ activeFrom }) => activeFrom);
  }
  const workspace = await openWorkspace({ dataDir: place.dataDir, knowledge: own, keepRules: 'any' });
  try {
    const { timeline } = workspace.state;
    const changed = withTables(timeline.sets, tables).filter(
      ({ hash, activeFrom }) => setAt(timeline.sets, activeFrom)?.hash !== hash,
    );
    for (const knowledge of changed) await workspace.appendRules(knowledge);
    await workspace.writeGroup({ signals: 0, alerts: 0, transactions: 0 });
    return changed.map(({ activeFrom }) => activeFrom);
  } finally {
    await workspace.close();
  }
}
