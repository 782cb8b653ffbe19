/**
 * The rule set that the log says is in force, told to every partition of `transactions` once. The first role that finds none puts
 * its own there; two of them at the same time put the same there twice, which changes nothing.
 */
import type { Bus } from '../../pipelines/log/bus.ts';
import type { RuleSet } from '../../rules/compiler/index.ts';
import type { Reference } from '../../rules/reference/reference.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { decodeRules, encodeRules } from '../workspace/rule-record.ts';
import { type RowRouter, routerOf } from './output.ts';

const TOPIC = 'rules';
const KEY = 'rules';

export interface RulesInForce {
  readonly ruleSet: RuleSet;
  readonly reference: Reference;
  readonly router: RowRouter;
}

/** @throws RastroError RAS-RULES-RECORD-SIZE where the set does not fit a record */
export async function rulesInForce(bus: Bus, own: Knowledge): Promise<RulesInForce> {
  const newest = await newestRecord(bus);
  const inForce = newest === undefined ? own : knowledgeOf(newest, own);
  const { ruleSet, reference } = inForce;
  const router = routerOf(await bus.partitionsOf('transactions'), ruleSet);
  if (newest === undefined) {
    const payload = encodeRules(own);
    if (payload.byteLength > TOPIC_VALUE_BYTES)
      throw new RastroError('RAS-RULES-RECORD-SIZE', { bytes: payload.byteLength, limit: TOPIC_VALUE_BYTES });
    await bus.append('transactions', router.toAll('rules', payload));
    await bus.append(TOPIC, [{ partition: 0, key: KEY, value: payload }]);
  }
  return { ruleSet, reference, router };
}

function knowledgeOf(record: Uint8Array, own: Knowledge): Knowledge {
  const { sha256, files, activeFrom } = decodeRules(record);
  return sha256 === own.hash ? own : compileKnowledge(files, { activeFrom });
}

async function newestRecord(bus: Bus): Promise<Uint8Array | undefined> {
  const [range] = await bus.ranges(TOPIC);
  let newest: Uint8Array | undefined;
  for await (const { value } of bus.read(TOPIC, 0, range?.begin ?? 0, range?.end ?? 0))
    if (value !== null) newest = value;
  return newest;
}
