import { expect, test } from 'vitest';
import { compilingOnce, RecordedRules } from '../../../../services/worker/recorded-rules.ts';
import { compileKnowledge, readKnowledgeFiles } from '../../../../services/workspace/knowledge.ts';
import { encodeRules } from '../../../../services/workspace/rule-record.ts';
import type { CompileRecord } from '../../../../services/workspace/rule-timeline.ts';

const files = await readKnowledgeFiles();
const own = compileKnowledge(files);
const MARCH = Date.UTC(2026, 2, 1);
const PATH = 'thresholds/us.yaml';
const text = files.texts[PATH] ?? '';
const changed = (to: string) => ({
  ...files,
  texts: { ...files.texts, [PATH]: text.replace("value: '10000'", to) },
});

test('each set is compiled once, however many partitions read of it', () => {
  expect(text).toContain("value: '10000'");
  const compile = compilingOnce(own);
  const higher = encodeRules({ activeFrom: MARCH, files: changed("value: '20000'") });
  const asked: unknown[] = [];
  const counted: CompileRecord = (record) => {
    const found = compile(record);
    asked.push(found);
    return found;
  };
  const results = [1, 2, 3].map(() => new RecordedRules(own, counted).read(higher));
  for (const result of results) expect(result?.fromMs).toBeLessThanOrEqual(MARCH);
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(asked).size).toBe(1);
});

test('a record of the rules in force changes nothing, and one that is no record is refused', () => {
  const rules = new RecordedRules(own, compilingOnce(own));
  const same = encodeRules({ activeFrom: own.activeFrom, files });
  expect(rules.read(same)).toBeUndefined();
  expect(() => rules.read(Buffer.from('{}'))).toThrow();
});
