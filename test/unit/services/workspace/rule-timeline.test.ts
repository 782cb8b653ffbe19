/** Rule sets as records, and the timeline that the records of a log make. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LOG_LIMITS } from '../../../../pipelines/log/port.ts';
import { ALWAYS_MS, catalogueOf, readsReference } from '../../../../rules/compiler/index.ts';
import { PeerTableBuilder, peerTableText } from '../../../../rules/reference/peer-table.ts';
import { eventTimeOf } from '../../../../services/cli/commands/rules-activate.ts';
import {
  compileKnowledge,
  type KnowledgeFiles,
  readKnowledgeFiles,
} from '../../../../services/workspace/knowledge.ts';
import { differenceOf } from '../../../../services/workspace/rule-difference.ts';
import { decodeRules, encodeRules } from '../../../../services/workspace/rule-record.ts';
import { RecordedSets, RULE_SETS_MAX, RuleTimeline } from '../../../../services/workspace/rule-timeline.ts';

const shipped = await readKnowledgeFiles();
const MARCH = Date.UTC(2026, 2, 1);

/** The files with one text of `path` changed. */
function edited(path: string, change: (text: string) => string): KnowledgeFiles {
  const text = shipped.texts[path];
  if (text === undefined || change(text) === text) throw new Error(`${path} has nothing to change`);
  return { ...shipped, texts: { ...shipped.texts, [path]: change(text) } };
}

/** The shipped set with the United States' threshold for cash reports at 20,000 dollars. */
const HIGHER = edited('thresholds/us.yaml', (text) => text.replace("value: '10000'", "value: '20000'"));
const base = compileKnowledge(shipped);

test('a record gives back the files and the time, and is bounded', () => {
  const record = decodeRules(encodeRules({ activeFrom: MARCH, files: base.files }));
  expect(record).toEqual({ activeFrom: MARCH, sha256: base.hash, files: base.files });
  expect(decodeRules(encodeRules({ activeFrom: ALWAYS_MS, files: shipped })).activeFrom).toBe(ALWAYS_MS);
  expect(encodeRules({ activeFrom: MARCH, files: shipped }).byteLength).toBeLessThan(
    LOG_LIMITS.RULES_BYTES / 10,
  );
  const rates = { name: 'rates.yaml', text: 'x'.repeat(LOG_LIMITS.RULES_BYTES) };
  expect(() => encodeRules({ activeFrom: MARCH, files: { ...shipped, rates } })).toThrow(
    expect.objectContaining({ code: 'RAS-RULES-RECORD-SIZE' }),
  );
});

test('a record whose files are not those of its hash is refused', () => {
  const text = gunzipSync(encodeRules({ activeFrom: MARCH, files: shipped })).toString('utf8');
  const forged = gzipSync(text.replace('status: live', 'status: waiting'));
  expect(() => decodeRules(forged)).toThrow(expect.objectContaining({ code: 'RAS-RULES-RECORD-HASH' }));
});

test('records that were written plain are read as they were, and bombs are not unpacked', () => {
  const packed = encodeRules({ activeFrom: MARCH, files: base.files });
  expect(decodeRules(gunzipSync(packed))).toEqual(decodeRules(packed));
  const bomb = gzipSync(Buffer.alloc(LOG_LIMITS.RULES_BYTES + 1, 0x20));
  expect(bomb.byteLength).toBeLessThan(LOG_LIMITS.RULES_BYTES / 100);
  expect(() => decodeRules(bomb)).toThrow(/larger than/);
});

test('cases are no part of a set: with others it is the same, without them it compiles', () => {
  const path = 'catalogue/laundering/AML-01-structuring.yaml';
  const whole = shipped.texts[path]!;
  expect(base.files.texts[path]).toBe(whole.slice(0, whole.indexOf('\ncases:') + 1));
  expect(base.ruleSet.rules.every(({ file }) => file.cases.length === 0)).toBe(true);
  const others = { ...shipped, texts: { ...shipped.texts, [path]: `${whole}\n# one more word\n` } };
  const read = compileKnowledge(others, { cases: true });
  expect(read.ruleSet.rules.every(({ file }) => file.cases.length > 0)).toBe(true);
  expect([read.hash, read.ruleSet.hash]).toEqual([base.hash, base.ruleSet.hash]);
  const changed = whole.replace('weight: ', 'weight: 1 # was ');
  const other = compileKnowledge({ ...shipped, texts: { ...shipped.texts, [path]: changed } });
  expect(other.hash).not.toBe(base.hash);
  expect(other.ruleSet.hash).not.toBe(base.ruleSet.hash);
});

test('thresholds are those of the set in force at the time', () => {
  const later = compileKnowledge(HIGHER, { activeFrom: MARCH });
  const timeline = new RuleTimeline([base]).with(later);
  const id = base.reference.thresholds.ids.find(
    (one) => base.evaluation.thresholdAt(one, MARCH) !== later.evaluation.thresholdAt(one, MARCH),
  );
  if (id === undefined) throw new Error('no threshold differs');
  const { evaluation } = timeline.rules;
  expect(evaluation.thresholdAt(id, MARCH - 1)).toBe(base.evaluation.thresholdAt(id, MARCH - 1));
  expect(evaluation.thresholdAt(id, MARCH)).toBe(later.evaluation.thresholdAt(id, MARCH));
  const values = [MARCH - 1, MARCH].map((timeMs) => evaluation.thresholdAt(id, timeMs));
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(evaluation.thresholdRange?.(id)?.least as number);
    expect(value).toBeLessThanOrEqual(evaluation.thresholdRange?.(id)?.most as number);
  }
  // No rule is another one for it.
  expect(timeline.rules.ruleSet.rules).toHaveLength(base.ruleSet.rules.length);
});

test('peers are those of the set in force at the time', () => {
  const definition = base.reference.peers.definitions.get('cash_share')!;
  const tableAt = (day: string, level: number) => {
    const builder = new PeerTableBuilder(definition);
    for (let i = 0; i < definition.minAccounts; i++) builder.add(['SCIAN:722412'], level);
    return { [`peers/cash_share.${day}.yaml`]: peerTableText(builder.table(day)) };
  };
  const withTable = (level: number, activeFrom?: number) =>
    compileKnowledge(
      { ...base.files, texts: { ...base.files.texts, ...tableAt('2026-02-20', level) } },
      activeFrom === undefined ? {} : { activeFrom },
    );
  const [early, later] = [withTable(0.4), withTable(0.6, MARCH)];
  const { evaluation, ruleSet } = new RuleTimeline([early]).with(later).rules;
  const at = (timeMs: number) => evaluation.peerAt?.('cash_share', 950, ['SCIAN:722412'], timeMs)?.value;
  expect([at(MARCH - 1), at(MARCH)]).toEqual([0.4, 0.6]);
  // No rule is another one for it; those that compare with peers are evaluated anew.
  expect(ruleSet.rules).toHaveLength(base.ruleSet.rules.length);
  expect(ruleSet.rules.filter(readsReference).map(({ id }) => id)).toContain('SEX-14');
  const plain = new RuleTimeline([early]);
  expect(plain.with(withTable(0.6)).rules.evaluation).not.toBe(plain.rules.evaluation);
});

test('two timelines differ from the first event time at which another set is in force', () => {
  const higher = (activeFrom?: number) =>
    compileKnowledge(HIGHER, activeFrom === undefined ? {} : { activeFrom });
  const plain = new RuleTimeline([base]);
  expect(plain.with(higher(MARCH)).differsFrom(plain)).toBe(MARCH);
  expect(plain.differsFrom(plain.with(higher(MARCH)))).toBe(MARCH);
  expect(plain.with(higher()).differsFrom(plain)).toBe(Number.NEGATIVE_INFINITY);
  expect(plain.with(compileKnowledge(shipped, { activeFrom: MARCH })).differsFrom(plain)).toBe(
    Number.POSITIVE_INFINITY,
  );
  const both = plain.with(higher(MARCH));
  expect(both.with(compileKnowledge(shipped, { activeFrom: MARCH + 5 })).differsFrom(both)).toBe(MARCH + 5);
});

test('what evaluations read beside the rules stays the same object while it says the same', () => {
  const other = edited('composites/K-SMUG.yaml', (text) => text.replace('version: 1.0.0', 'version: 1.1.0'));
  const plain = new RuleTimeline([base]);
  const same = plain.with(compileKnowledge(other, { activeFrom: MARCH }));
  expect(same.rules.evaluation).toBe(plain.rules.evaluation);
  expect(same.with(compileKnowledge(HIGHER, { activeFrom: MARCH + 1 })).rules.evaluation).not.toBe(
    plain.rules.evaluation,
  );
});

test('a recorded set that does not compile matters until another takes its place', () => {
  const broken = { ...shipped, texts: { ...shipped.texts, 'catalogue/broken.yaml': 'id: [' } };
  const recorded = new RecordedSets();
  recorded.read(encodeRules({ activeFrom: ALWAYS_MS, files: shipped }));
  recorded.read(encodeRules({ activeFrom: MARCH, files: broken }));
  expect(() => recorded.requireWhole()).toThrow(expect.objectContaining({ code: 'RAS-RULES-REFUSED' }));
  expect(recorded.timeline?.sets).toHaveLength(1);
  recorded.read(encodeRules({ activeFrom: MARCH, files: HIGHER }));
  recorded.requireWhole();
  expect(recorded.timeline?.sets.map(({ inForce }) => inForce.fromMs)).toEqual([-Infinity, MARCH]);
});

test('there are only so many sets', () => {
  const first = { ...base, activeFrom: 0 };
  const more = Array.from({ length: RULE_SETS_MAX }, (_, i) => ({ ...base, activeFrom: i + 1 }));
  expect(() => new RuleTimeline([first, ...more])).toThrow(
    expect.objectContaining({ code: 'RAS-RULES-SETS' }),
  );
});

test('the difference of two sets names rules, composites and files', () => {
  const path =
    Object.keys(shipped.texts).find((one) => one.startsWith('catalogue/') && one.includes('SEX-01')) ?? '';
  const changed = edited(path, (text) => text.replace(/version: [\d.]+/, 'version: 9.0.0'));
  const none = { added: [], changed: [], removed: [] };
  expect(differenceOf(base, base)).toEqual({ rules: none, composites: none, files: none });
  expect(differenceOf(base, compileKnowledge(changed))).toEqual({
    rules: { ...none, changed: ['SEX-01'] },
    composites: none,
    files: none,
  });
  expect(differenceOf(base, compileKnowledge(HIGHER))).toEqual({
    rules: none,
    composites: none,
    files: { ...none, changed: ['thresholds/us.yaml'] },
  });
  expect(differenceOf(undefined, base).rules.added).toEqual(catalogueOf(base.ruleSet).map((rule) => rule.id));
});

test('event times are dates, or times with their offset', () => {
  expect(eventTimeOf('2026-03-01')).toBe(MARCH);
  expect(eventTimeOf('2026-03-01T00:00:00Z')).toBe(MARCH);
  expect(eventTimeOf('2026-02-28T18:00-06:00')).toBe(MARCH);
  for (const text of [
    '2026-02-30',
    '2026-03-01T00:00:00',
    'March 2026',
    '2026-03-01T25:00Z',
    '1772323200000',
  ])
    expect(() => eventTimeOf(text), text).toThrow(expect.objectContaining({ code: 'RAS-CLI-BAD-OPTION' }));
});
