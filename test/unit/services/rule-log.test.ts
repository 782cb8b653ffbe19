/** Rule sets on the log: recorded once, on every partition, whatever was broken off. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Bus, NewRecord } from '../../../pipelines/log/bus.ts';
import { TOPIC_VALUE_BYTES, type TopicName } from '../../../schemas/topics.ts';
import { RulesInForce } from '../../../services/ingest/rules-in-force.ts';
import { activate } from '../../../services/rule-log/activation.ts';
import { RuleLog } from '../../../services/rule-log/rule-log.ts';
import { compilingOnce, RecordedRules } from '../../../services/worker/recorded-rules.ts';
import { compileKnowledge, readKnowledgeFiles } from '../../../services/workspace/knowledge.ts';
import { decodeRules, encodeRules } from '../../../services/workspace/rule-record.ts';
import { memoryBus } from '../../support/memory-bus.ts';

const PARTITIONS = 4;
const MARCH = Date.UTC(2026, 2, 1);
const APRIL = Date.UTC(2026, 3, 1);

const files = await readKnowledgeFiles();
const own = compileKnowledge(files);
const path = 'thresholds/us.yaml';
const changed = {
  ...files,
  texts: { ...files.texts, [path]: (files.texts[path] ?? '').replace("value: '10000'", "value: '20000'") },
};
const march = compileKnowledge(changed, { activeFrom: MARCH });

/** The sets that each partition has, by ordinal, in the order of its log. */
async function setsOn(bus: Bus): Promise<(number | undefined)[][]> {
  const found: (number | undefined)[][] = [];
  for (const [partition, { begin, end }] of (await bus.ranges('transactions')).entries()) {
    const ordinals: (number | undefined)[] = [];
    for await (const { headers, value } of bus.read('transactions', partition, begin, end))
      if (headers['kind'] === 'rules' && value !== null) ordinals.push(decodeRules(value).ordinal);
    found.push(ordinals);
  }
  return found;
}

/** A bus whose process dies before the append of that number. */
function dyingBus(bus: Bus, before: number): Bus {
  let appends = 0;
  return {
    ...bus,
    async append(topic: TopicName, records: readonly NewRecord[]) {
      if (++appends >= before) throw new Error('died');
      return bus.append(topic, records);
    },
  };
}

const activation = { own, knowledge: march, dryRun: false };

test('a set comes to every partition once, behind the one that was there before', async () => {
  const bus = memoryBus({ partitions: PARTITIONS });
  const dry = await activate(new RuleLog(bus), { ...activation, dryRun: true });
  expect(dry).toMatchObject({
    ordinal: null,
    known: false,
    placed: 0,
    difference: { files: { changed: [path] } },
  });
  expect((await bus.ranges('rules'))[0]?.end).toBe(0);
  const log = new RuleLog(bus);
  const done = await activate(log, activation);
  expect(done).toMatchObject({ known: false, placed: 2 * PARTITIONS });
  const [first, second] = log.sets.map(({ ordinal }) => ordinal);
  expect(done.ordinal).toBe(second);
  expect(await setsOn(bus)).toEqual(Array.from({ length: PARTITIONS }, () => [first, second]));
  expect(await activate(new RuleLog(bus), activation)).toMatchObject({
    known: true,
    ordinal: null,
    placed: 0,
  });
});

test('whoever dies half way leaves partitions without it, and the next one completes it', async () => {
  // Of 18 appends, two for the sets, then a record and its note for each set and partition.
  for (const before of [2, 4, 11, 18]) {
    const bus = memoryBus({ partitions: PARTITIONS });
    await expect(activate(new RuleLog(dyingBus(bus, before)), activation)).rejects.toThrow('died');
    const log = new RuleLog(bus);
    await log.catchUp();
    const missing = await Promise.all(log.sets.map((set) => log.missing(set)));
    if (log.sets.length === 2) expect(missing.flat()).not.toEqual([]);
    await activate(log, activation);
    for (const set of log.sets) {
      expect(await log.missing(set)).toEqual([]);
      for (const ordinals of await setsOn(bus)) expect(ordinals).toContain(set.ordinal);
    }
    expect(new Set(log.sets.map(({ activeFrom }) => activeFrom)).size).toBe(2);
    // At most the one record whose note was lost is there twice.
    expect((await setsOn(bus)).flat().length).toBeLessThanOrEqual(log.sets.length * PARTITIONS + 1);
  }
});

test('what is in force follows from the ordinals, not from the order or number of records', () => {
  const april = compileKnowledge(files, { activeFrom: APRIL });
  const again = compileKnowledge(files, { activeFrom: MARCH });
  const records = [own, march, april, again, march].map((set, ordinal) => encodeRules({ ...set, ordinal }));
  const compile = compilingOnce(own);
  const inOrder = new RecordedRules(own, compile);
  let last = '';
  for (const record of records) last = inOrder.read(record)?.ruleSet.hash ?? last;
  const orders = [
    [4, 3, 2, 1, 0],
    [1, 1, 0, 2, 4, 3, 3],
    [2, 0, 4, 1, 3, 0],
  ];
  for (const order of orders) {
    const shuffled = new RecordedRules(own, compile);
    let hash = '';
    for (const at of order) hash = shuffled.read(records[at] as Uint8Array)?.ruleSet.hash ?? hash;
    expect(hash).toBe(last);
  }
});

test('ingest follows while it runs, and completes at its start what was broken off', async () => {
  const bus = memoryBus({ partitions: PARTITIONS });
  const rules = await RulesInForce.open(bus, own);
  expect(rules.reference).toBe(own.reference);
  const other = await RulesInForce.open(bus, own);
  expect((await setsOn(bus)).flat().length).toBe(PARTITIONS);
  await expect(activate(new RuleLog(dyingBus(bus, 4)), activation)).rejects.toThrow('died');
  await rules.catchUp();
  const id = own.reference.thresholds.ids.find(
    (one) => own.evaluation.thresholdAt(one, MARCH) !== march.evaluation.thresholdAt(one, MARCH),
  ) as string;
  expect(rules.reference.thresholds.at(id, MARCH)?.minor).toBe(
    march.reference.thresholds.at(id, MARCH)?.minor,
  );
  expect(other.reference.thresholds.at(id, MARCH)?.minor).toBe(own.reference.thresholds.at(id, MARCH)?.minor);
  const third = await RulesInForce.open(bus, own);
  expect(third.reference.thresholds.at(id, MARCH)?.minor).toBe(
    march.reference.thresholds.at(id, MARCH)?.minor,
  );
  const log = new RuleLog(bus);
  await log.catchUp();
  for (const set of log.sets) expect(await log.missing(set)).toEqual([]);
});

test('a set that fits no record is refused, and nothing is recorded', async () => {
  const bus = memoryBus({ partitions: PARTITIONS });
  const rates = { name: 'rates.csv', text: randomBytes(TOPIC_VALUE_BYTES).toString('hex') };
  const large = { activeFrom: MARCH, files: { ...files, rates } };
  await expect(new RuleLog(bus).record(large)).rejects.toMatchObject({ code: 'RAS-RULES-RECORD-SIZE' });
  expect((await bus.ranges('rules'))[0]?.end).toBe(0);
});
