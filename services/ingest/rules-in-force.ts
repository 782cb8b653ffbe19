/**
 * The rule sets that the log says are in force, as ingest needs them: what rows are stamped with, and to which kinds of subject they are
 * routed. The first role that finds none records its own.
 */
import type { Bus } from '../../pipelines/log/bus.ts';
import type { Reference } from '../../rules/reference/reference.ts';
import { RuleLog } from '../rule-log/rule-log.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { compileKnowledge } from '../workspace/knowledge.ts';
import { RecordedSets } from '../workspace/rule-timeline.ts';
import { type RowRouter, routerOf } from './output.ts';

export class RulesInForce {
  readonly router: RowRouter;
  readonly #log: RuleLog;
  readonly #recorded: RecordedSets;
  #reference: Reference;

  private constructor(log: RuleLog, recorded: RecordedSets, router: RowRouter, own: Knowledge) {
    this.#log = log;
    this.#recorded = recorded;
    this.router = router;
    this.#reference = own.reference;
  }

  /**
   * Reads the sets of the log; every partition of `transactions` has them afterwards, whoever began to put them there.
   * @throws RastroError RAS-RULES-RECORD-SIZE where its own set does not fit a record, and of a set that does not compile
   */
  static async open(bus: Bus, own: Knowledge): Promise<RulesInForce> {
    const log = new RuleLog(bus);
    await log.catchUp();
    if (log.sets.length === 0) await log.record(own);
    await log.place();
    const recorded = new RecordedSets(({ sha256, activeFrom, files }) =>
      sha256 === own.hash && activeFrom === own.activeFrom ? own : compileKnowledge(files, { activeFrom }),
    );
    const router = routerOf(await bus.partitionsOf('transactions'), own.ruleSet);
    const rules = new RulesInForce(log, recorded, router, own);
    for (const { payload } of log.sets) recorded.read(payload);
    recorded.requireWhole();
    rules.#use();
    return rules;
  }

  /** Of the set recorded last: rows that come in are stamped with it. */
  get reference(): Reference {
    return this.#reference;
  }

  /** Follows what was activated since. @throws RastroError of a set that does not compile; those before it go on */
  async catchUp(): Promise<void> {
    const fresh = await this.#log.catchUp();
    if (fresh.length === 0) return;
    for (const { payload } of fresh) this.#recorded.read(payload);
    this.#use();
    this.#recorded.requireWhole();
  }

  #use(): void {
    const { timeline } = this.#recorded;
    if (timeline === undefined) return;
    this.#reference = timeline.newest.reference;
    this.router.useRules(timeline.rules.ruleSet);
  }
}
