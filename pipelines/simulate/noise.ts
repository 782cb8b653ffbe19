/**
 * What every real feed does to the truth: rows sent twice, movements taken back, rows that arrive days late. Then rows
 * leave in the order of their arrival.
 */
import type { TransactionInput } from '../../schemas/transaction.ts';
import { NOISE } from './parameters.ts';
import type { Random } from './random.ts';
import type { Counters, Sink } from './rows.ts';
import { dateText, HOUR_MS, isoText, localDay, type Zone } from './time.ts';

interface Arrival {
  readonly at: number;
  readonly order: number;
  readonly row: TransactionInput;
}

/** Holds what has happened and not yet arrived: a few days of rows, however long the simulation. */
export class ArrivalBuffer {
  private waiting: Arrival[] = [];
  private order = 0;

  push(row: TransactionInput, at: number): void {
    this.waiting.push({ at, order: this.order++, row });
  }

  /** Everything that arrived before the moment, in order of arrival; ties in the order they were made. */
  drain(beforeMs: number): TransactionInput[] {
    const ready: Arrival[] = [];
    const kept: Arrival[] = [];
    for (const arrival of this.waiting) (arrival.at < beforeMs ? ready : kept).push(arrival);
    this.waiting = kept;
    ready.sort((a, b) => a.at - b.at || a.order - b.order);
    return ready.map((arrival) => arrival.row);
  }
}

/** A sink that adds the noise and hands every row to the buffer with its time of arrival. */
export function noisySink(rng: Random, counters: Counters, buffer: ArrivalBuffer): Sink {
  const arrive = (row: TransactionInput, at: number): void => {
    const late = rng.chance(NOISE.lateShare) ? rng.real(NOISE.latenessHours) * HOUR_MS : 0;
    buffer.push(row, at + late);
    if (rng.chance(NOISE.duplicateShare)) buffer.push(row, at + late + rng.real(NOISE.resendHours) * HOUR_MS);
  };
  return (rows, at, zone) => {
    for (const row of rows) arrive(row, at);
    const first = rows[0]!;
    if (first.status !== 'completed' || first.instrument === 'va' || !rng.chance(NOISE.takenBackShare))
      return;
    const backAt = at + rng.real(NOISE.takenBackHours) * HOUR_MS;
    for (const row of rows) arrive(takenBack(row, counters, backAt, zone), backAt);
  };
}

/** The ledger event that undoes a row: a reversal by the institution of card or cash, else a return over the rail. */
function takenBack(row: TransactionInput, counters: Counters, backAt: number, zone: Zone): TransactionInput {
  const own = row.kind === 'card_purchase' || row.rail === 'cash';
  const back: TransactionInput = {
    institution: row.institution,
    id: counters.rowId(row.institution),
    version: 1,
    op: 'put',
    kind: own ? 'reversal' : 'return',
    rail: row.rail,
    channel: row.channel,
    instrument: row.instrument,
    status: 'completed',
    settled: row.settled,
    reverses: { institution: row.institution, id: row.id, amount: row.settled },
  };
  if (row.creditor !== undefined) back.debtor = row.creditor;
  if (row.debtor !== undefined) back.creditor = row.debtor;
  if (row.occurredPrecision === 'day') {
    back.occurredAt = dateText(localDay(zone, backAt));
    back.occurredPrecision = 'day';
  } else {
    back.occurredAt = isoText(zone, backAt);
    back.occurredPrecision = 'second';
    back.offsetSource = 'institution';
  }
  return back;
}
