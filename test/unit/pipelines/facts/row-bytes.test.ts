/**
 * What a stored row takes in memory, by column: of a simulated feed, under the shipped rules, when its segment lies on disk.
 * After a change of rules or columns, `npx vitest run test/unit/pipelines/facts/row-bytes.test.ts -u` writes the page anew.
 */
import { describe, expect, test } from 'vitest';
import { factsOf } from '../../../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../../../pipelines/facts/dictionary.ts';
import { COLUMN_AT } from '../../../../pipelines/facts/segment.ts';
import { FactStore } from '../../../../pipelines/facts/store.ts';
import { storedNulls } from '../../../../pipelines/facts/stored-column.ts';
import { columnsRead } from '../../../../rules/compiler/index.ts';
import { allocateFacts, FACT_COLUMNS, type FactColumnName } from '../../../../schemas/facts.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { simulatedRows } from '../../../support/fact-rows.ts';
import { memoryColdFile } from '../../../support/memory-cold-file.ts';

/** What the design allows a row, histories aside: 32 bytes for each of the four to five events that it is. */
const ROW_BYTES_MAX = 150;

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
const widthOf = (name: FactColumnName) => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1);

describe('a stored row', () => {
  test('has so many bytes in memory, column by column', async () => {
    const { ruleSet } = await loadKnowledge();
    const dictionary = new FactDictionary([1, 2]);
    const batch = factsOf(simulatedRows(12, 1_200, 28).slice(0, 1_000), dictionary);
    const store = new FactStore(dictionary, { cold: memoryColdFile() });
    store.keep(columnsRead(ruleSet));
    for (let i = 0; i < 200; i++) store.append(batch);

    const { list, sharedRef } = store.home(0);
    const wide = allocateFacts(1);
    const lines = NAMES.map((name) => {
      const array = list[COLUMN_AT[name]];
      const isNull = array !== undefined && array === storedNulls(FACT_COLUMNS[name]);
      const bytes = array === undefined || isNull ? 0 : array.BYTES_PER_ELEMENT * widthOf(name);
      const why =
        array === undefined ? 'on disk: few or no rules read it' : isNull ? 'null in every row' : '';
      return { name: `\`${name}\``, before: wide[name].byteLength, bytes, why };
    });
    lines.push({
      name: 'shared reference',
      before: 4,
      bytes: (sharedRef as Int32Array).BYTES_PER_ELEMENT,
      why: '',
    });
    lines.push({ name: 'id, version, hash, members', before: 0, bytes: 0, why: 'on disk' });
    const total = lines.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBeLessThanOrEqual(ROW_BYTES_MAX);
    const page = [
      '# Bytes of a stored row',
      '',
      'Of a simulated feed under the shipped rules, once its segment lies on disk. A column is as narrow as the values of its',
      'segment; a feed with more banks, places or larger amounts has wider ones. Written by `row-bytes.test.ts` (`-u`).',
      '',
      '| column | in a batch | in memory | |',
      '| --- | ---: | ---: | --- |',
      ...lines.map(({ name, before, bytes, why }) => `| ${name} | ${before || ''} | ${bytes} | ${why} |`),
      `| **all** | **${lines.reduce((sum, { before }) => sum + before, 0)}** | **${total}** | |`,
      '',
    ].join('\n');
    await expect(page).toMatchFileSnapshot('../../../../pipelines/facts/row-bytes.md');
  });
});
