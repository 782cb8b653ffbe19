/** `rastro rules`: the catalogue and the workbench. */
import type { Command } from 'commander';
import { addRulesActivate } from './rules-activate.ts';
import { addRulesBacktest } from './rules-backtest.ts';
import { addRulesDiff } from './rules-diff.ts';
import { addRulesExplain } from './rules-explain.ts';
import { addRulesHistory } from './rules-history.ts';
import { addRulesLint } from './rules-lint.ts';
import { addRulesList } from './rules-list.ts';
import { addRulesLock } from './rules-lock.ts';
import { addRulesStatus } from './rules-log.ts';
import { addRulesNew } from './rules-new.ts';
import { addRulesPack } from './rules-pack.ts';
import { addRulesPeers } from './rules-peers.ts';
import { addRulesShadow } from './rules-shadow.ts';
import { addRulesSweep } from './rules-sweep.ts';
import { addRulesTest } from './rules-test.ts';

export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('the red flags: what they are, what they need, whether their own cases hold');

  addRulesList(rules);
  addRulesExplain(rules);
  addRulesActivate(rules);
  addRulesHistory(rules);
  addRulesStatus(rules);
  addRulesNew(rules);
  addRulesLint(rules);
  addRulesTest(rules);
  addRulesBacktest(rules);
  addRulesDiff(rules);
  addRulesSweep(rules);
  addRulesShadow(rules);
  addRulesLock(rules);
  addRulesPack(rules);
  addRulesPeers(rules);
}
