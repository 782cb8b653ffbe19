/**
 * Rows to records of the topic `transactions`: to the partitions of the subjects that the rules ask about, each submission in blocks
 * of its own, so that what it brought can be ended with it.
 */
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../pipelines/partition/router.ts';
import type { RuleSet } from '../../rules/compiler/index.ts';

/** Header of a record of `transactions`: its kind, as in the log port. */
const KIND_HEADER = 'kind';

/** The rows of one submission. */
export interface RowOutput {
  /** Records that the rows of a block have filled. */
  rows(block: ClosedBlock): readonly NewRecord[];
  /** Records of what waits; nothing may be asked of it afterwards. One that is not closed is left to itself. */
  close(): readonly NewRecord[];
}

export interface RowRouter {
  open(): RowOutput;
  /** A record that every partition has to have in front of what rests on it. */
  toAll(kind: RecordKind, payload: Uint8Array): readonly NewRecord[];
  /** From now on rows go to the subjects that these rules ask about, those of submissions under way too. */
  useRules(ruleSet: Pick<RuleSet, 'rules'>): void;
}

export function routerOf(partitions: number, ruleSet: Pick<RuleSet, 'rules'>): RowRouter {
  let kinds = kindsOfRules(ruleSet);
  /** Between two submissions a router is empty, and as good as a new one, which would cost more than a small submission. */
  const idle: Router[] = [];
  return {
    open() {
      const router = idle.pop() ?? new Router({ partitions, kinds });
      return {
        rows(block) {
          router.useKinds(kinds);
          // Where the blocks will lie is not known yet; whoever stores the rows says so.
          const { blocks, tooLarge } = router.route(block.bytes(0));
          if (tooLarge.length > 0) throw new Error('a row that is too large was not rejected');
          return blocks.map(recordOf);
        },
        close() {
          const blocks = router.close();
          idle.push(router);
          return blocks.map(recordOf);
        },
      };
    },
    toAll: (kind, value) =>
      Array.from({ length: partitions }, (_, partition) => recordOf({ partition, kind, bytes: value })),
    useRules(changed) {
      kinds = kindsOfRules(changed);
    },
  };
}

function recordOf({
  partition,
  kind,
  bytes,
}: Pick<RoutedBlock, 'partition' | 'bytes'> & { kind: RecordKind }): NewRecord {
  return { partition, key: null, headers: { [KIND_HEADER]: kind }, value: bytes };
}
