import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeFeed } from '../../../../pipelines/ingest/decode.ts';
import { foldHeader } from '../../../../pipelines/ingest/header-words.ts';
import { parseMapping } from '../../../../pipelines/ingest/mapping-file.ts';
import type { Outcome } from '../../../../pipelines/ingest/outcome.ts';
import { type Proposal, proposeMapping } from '../../../../pipelines/ingest/propose.ts';
import { readSample } from '../../../../pipelines/ingest/sample.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import { codesOf, rowsOf, sourceOf } from '../../../support/feed-text.ts';

async function proposed(
  content: string | Uint8Array,
): Promise<{ proposal: Proposal; outcomes: Outcome<TransactionInput>[] }> {
  const sample = await readSample(sourceOf(content));
  const proposal = proposeMapping({ id: 'proposed', ...sample });
  const mapping = parseMapping(proposal.yaml, 'proposed.yaml');
  const outcomes: Outcome<TransactionInput>[] = [];
  for await (const batch of decodeFeed({ source: sourceOf(content), mapping, institution: 'bank-1' }))
    outcomes.push(...batch);
  return { proposal, outcomes };
}

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../fixtures/feeds/${name}`, import.meta.url)));

describe('a proposal runs as it is on a plain bank file', () => {
  it('in Spanish: cargo and abono, day first, thousands', async () => {
    const { proposal, outcomes } = await proposed(
      'Fecha de operación;Concepto;Cargo;Abono;Saldo;Cuenta;Cuenta contraparte\n' +
        '28/03/2026;Renta;1.850,00;;150,00;11;22\n' +
        '02/04/2026;Pago;;20,50;170,50;11;33\n',
    );
    expect(codesOf(outcomes)).toEqual([]);
    const [out, into] = rowsOf(outcomes).map(({ input }) => input);
    expect(out).toMatchObject({
      occurredAt: '2026-03-28',
      occurredPrecision: 'day',
      settled: { amount: '1850.00' },
      balanceAfter: { amount: '150.00' },
      debtor: { account: { token: '11' } },
      creditor: { account: { token: '22' } },
      purposeText: 'Renta',
    });
    expect(into).toMatchObject({ settled: { amount: '20.50' }, debtor: { account: { token: '33' } } });
    expect(proposal.questions.join('\n')).toMatch(/which currency/);
    expect(proposal.yaml).toMatch(/idFrom: content/);
  });

  it('in English: signed amounts, a currency column, US dates with a clock', async () => {
    const { proposal, outcomes } = await proposed(
      'Transaction ID,Date,Time,Amount,Currency,Account,Counterparty account,Type,Description\n' +
        't1,03/28/2026,21:14:05,-12.50,USD,1,2,POS PURCHASE,"coffee, tea"\n' +
        't2,03/29/2026,09:00:00,"100.00",USD,1,3,WIRE,\n',
    );
    expect(codesOf(outcomes)).toEqual([]);
    expect(
      rowsOf(outcomes).map(({ input }) => [
        input.id,
        input.kind,
        input.settled,
        input.debtor?.account?.token,
      ]),
    ).toEqual([
      ['t1', 'card_purchase', { amount: '12.50', ccy: 'USD' }, '1'],
      ['t2', 'transfer', { amount: '100.00', ccy: 'USD' }, '3'],
    ]);
    expect(rowsOf(outcomes)[0]?.input.occurredAt).toMatch(/^2026-03-28T21:14:05/);
    expect(proposal.questions.join('\n')).toMatch(/time zone/);
  });

  it('in French: an indicator column', async () => {
    const { outcomes } = await proposed(
      "Date d'opération\tLibellé\tMontant\tDevise\tSens\tNuméro de compte\tCompte contrepartie\n" +
        '2026-03-28\tLoyer\t850,00\tCAD\tD\t7\t8\n2026-03-29\tPaie\t1200,00\tCAD\tC\t7\t9\n',
    );
    expect(codesOf(outcomes)).toEqual([]);
    expect(
      rowsOf(outcomes).map(({ input }) => [
        input.debtor?.account?.token,
        input.creditor?.account?.token,
        input.settled,
      ]),
    ).toEqual([
      ['7', '8', { amount: '850.00', ccy: 'CAD' }],
      ['9', '7', { amount: '1200.00', ccy: 'CAD' }],
    ]);
  });

  it.each(['spei-statement.csv', 'saml-d.csv', 'amlsim.csv', 'amlworld.csv'])(
    'of the sample %s every row that it can read',
    async (name) => {
      const { proposal, outcomes } = await proposed(fixture(name));
      expect(rowsOf(outcomes).length).toBeGreaterThan(1);
      expect(proposal.fields.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['occurredAt', 'settled.amount']),
      );
      expect(proposal.questions.length).toBeGreaterThan(0);
    },
  );
});

it('asks instead of guessing where nothing can be known', () => {
  const proposal = proposeMapping({ id: 'odd', header: ['x', 'y'], rows: [['1', '2']] });
  expect(proposal.unused).toEqual(['x', 'y']);
  expect(proposal.questions.join('\n')).toMatch(/looks like a date[\s\S]*looks like an amount/);
});

it('says when a sample leaves day and month, or the decimal mark, open', () => {
  const proposal = proposeMapping({
    id: 'open',
    header: ['id', 'Fecha', 'Importe', 'Cuenta origen', 'Cuenta destino'],
    rows: [['1', '03/04/2026', '1,500', 'a', 'b']],
  });
  expect(proposal.questions.join('\n')).toMatch(/day\/month \(assumed\) or month\/day/);
  expect(proposal.questions.join('\n')).toMatch(/decimal mark/);
});

it('gives the same text for the same sample', () => {
  const input = { id: 'p', header: ['id', 'date', 'amount'], rows: [['1', '2026-01-01', '5']] };
  expect(proposeMapping(input).yaml).toBe(proposeMapping(input).yaml);
});

it('folds headers of one meaning into one', () => {
  for (const header of ['Fecha_Operación', 'FECHA OPERACION', ' fecha-operación. ', 'FechaOperacion']) {
    expect(foldHeader(header)).toBe('fecha operacion');
  }
});
