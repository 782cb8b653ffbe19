/**
 * Rows to records of the topic `transactions`: to the partitions of the subjects that the rules ask about. One router serves the
 * whole process: rows of many submissions share its blocks (`publisher.ts` says when each is out).
 */
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { KIND_HEADER, type RecordKind } from '../../pipelines/log/port.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../pipelines/partition/router.ts';
import type { RuleSet } from '../../rules/compiler/index.ts';

export interface RowRouter {
  readonly partitions: number;
  /** Rows in open blocks, by partition. */
  readonly open: readonly number[];
  /** Takes in the rows of a block; gives the blocks that they have filled. */
  route(block: Uint8Array): RoutedBlock[];
  /** Ends the open blocks of a partition. */
  close(partition: number): RoutedBlock[];
  /** From now on rows go to the subjects that these rules ask about, those of submissions under way too. */
  useRules(ruleSet: Pick<RuleSet, 'rules'>): void;
  /** A record that every partition has to have in front of what rests on it. */
  toAll(kind: RecordKind, payload: Uint8Array): readonly NewRecord[];
}

export function routerOf(partitions: number, ruleSet: Pick<RuleSet, 'rules'>): RowRouter {
  const router = new Router({ partitions, kinds: kindsOfRules(ruleSet) });
  return {
    partitions,
    get open() {
      return router.open;
    },
    route(block) {
      // Where the blocks will lie is not known yet; whoever stores the rows says so.
      const { blocks, tooLarge } = router.route(block);
      if (tooLarge.length > 0) throw new Error('a row that is too large was not rejected');
      return blocks;
    },
    close: (partition) => router.close(partition),
    useRules: (rules) => router.useKinds(kindsOfRules(rules)),
    toAll: (kind, value) =>
      Array.from({ length: partitions }, (_, partition) => recordOf({ partition, kind, bytes: value })),
  };
}

export function recordOf({
  partition,
  kind,
  bytes,
}: Pick<RoutedBlock, 'partition' | 'bytes'> & { kind: RecordKind }): NewRecord {
  return { partition, key: null, headers: { [KIND_HEADER]: kind }, value: bytes };
}
