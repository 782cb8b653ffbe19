/** The SQL oracle answers every vector: truth, features and evidence as of the stated events, and every signal version. */
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../support/chdb-engine.ts';
import { answerBySql, prepareSqlOracle } from '../support/oracle-sql.ts';
import { expectAt, expectSignals } from '../support/vector-comparison.ts';
import { fullRef, loadVectors } from '../support/vectors.ts';

const vectors = loadVectors(import.meta.dirname);
const opened = openEngine();
const { engine } = opened;
if (engine !== undefined) prepareSqlOracle(engine);
afterAll(() => {
  if (opened.engine !== undefined) opened.close();
});

describe('ClickHouse SQL', () => {
  it('has its engine on continuous integration', () => {
    if (opened.reason !== undefined) console.warn(opened.reason);
    if (process.env['CI'] === 'true') expect(opened.reason).toBeUndefined();
  });

  it('leaves out less than a tenth of the vectors', () => {
    expect(vectors.filter((vector) => vector.skip['sql'] !== undefined).length * 10).toBeLessThan(
      vectors.length,
    );
  });

  for (const vector of vectors) {
    const reason = opened.reason ?? vector.skip['sql'];
    it.skipIf(reason !== undefined)(`${vector.name}${reason === undefined ? '' : ` (${reason})`}`, () => {
      const asked = (vector.expect.at ?? []).map((wanted) => fullRef(wanted.event));
      const answer = answerBySql(engine!, vector, asked);
      expectAt(vector, answer.at);
      expectSignals(vector, answer.signals, ['truncated', 'strength']);
    });
  }
});
