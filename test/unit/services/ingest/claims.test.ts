import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bus } from '../../../../pipelines/log/bus.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { SUBMISSION_LIMITS } from '../../../../schemas/submission.ts';
import { type Received, type ReceiveRequest, Receiver } from '../../../../services/ingest/receive.ts';
import { SubmissionView } from '../../../../services/ingest/view.ts';
import { testKeys } from '../../../support/ingest.ts';
import { recordsOf } from '../../../support/ingest-role.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

/** A process: a view and a receiver of its own over the same topics. */
function processOn(bus: Bus, nowMs = 1_000) {
  const view = new SubmissionView(bus);
  return { view, receiver: new Receiver({ bus, view, rawKey: testKeys.raw, nowMs: () => nowMs }) };
}

/** Every append waits for its turn, before it is there and before it is acknowledged. */
function paused(bus: Bus, pause: (what: string) => Promise<void>): Bus {
  return {
    ...bus,
    async append(topic, records) {
      await pause(`before ${topic}`);
      const offsets = await bus.append(topic, records);
      await pause(`after ${topic}`);
      return offsets;
    },
  };
}

async function* bodyOf(text: string) {
  yield Buffer.from(text);
}

const request = (text: string, changes: Partial<ReceiveRequest> = {}): ReceiveRequest => ({
  institution: 'bank-a',
  mapping: 'canonical',
  onError: 'acceptValid',
  dryRun: false,
  idempotencyKey: 'day-1',
  body: bodyOf(text),
  ...changes,
});

type Outcome = { readonly id: string; readonly replayed: boolean } | { readonly code: string };

async function outcomeOf(received: Promise<Received>): Promise<Outcome> {
  try {
    const { submission, replayed } = await received;
    return { id: submission.claim.submissionId, replayed };
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    return { code: error.code };
  }
}

test('however processes interleave, one key has one submission, and all who ask are told of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.record({ process: fc.nat(3), body: fc.nat(1) }), { minLength: 2, maxLength: 8 }),
      async (scheduler, askers) => {
        const bus = paused(memoryBus(), (what) => scheduler.schedule(Promise.resolve(), what));
        const processes = Array.from({ length: 4 }, () => processOn(bus));
        const asked = askers.map(({ process, body }) =>
          outcomeOf(
            (processes[process] as (typeof processes)[number]).receiver.receive(request(`body ${body}`)),
          ),
        );
        await scheduler.waitFor(Promise.all(asked));
        const outcomes = await Promise.all(asked);
        const ids = new Set(outcomes.flatMap((outcome) => ('id' in outcome ? [outcome.id] : [])));
        expect(ids.size).toBe(1);
        expect(outcomes.filter((outcome) => 'id' in outcome && !outcome.replayed)).toHaveLength(1);
        const winner = askers[outcomes.findIndex((outcome) => 'id' in outcome && !outcome.replayed)];
        outcomes.forEach((outcome, i) => {
          if (askers[i]?.body === winner?.body) expect(outcome).toMatchObject({ id: [...ids][0] });
          else expect(outcome).toEqual({ code: 'RAS-HTTP-KEY-REUSED' });
        });
        // Whoever comes later and reads the log from its beginning says the same.
        const late = processOn(bus);
        await late.view.catchUp();
        expect([...late.view.table.submissions()].map(({ claim }) => claim.submissionId)).toEqual([...ids]);
      },
    ),
    { numRuns: 60 },
  );
});

test('a hundred processes at once agree', async () => {
  const bus = memoryBus();
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => outcomeOf(processOn(bus).receiver.receive(request('the same')))),
  );
  expect(new Set(outcomes.map((outcome) => ('id' in outcome ? outcome.id : ''))).size).toBe(1);
  expect(outcomes.filter((outcome) => 'id' in outcome && !outcome.replayed)).toHaveLength(1);
});

test('a table says the same after compaction, and claims that lost never rise', async () => {
  const bus = memoryBus();
  const first = processOn(bus);
  const second = processOn(bus);
  const [a] = await Promise.all([
    outcomeOf(first.receiver.receive(request('the same'))),
    outcomeOf(second.receiver.receive(request('the same'))),
  ]);
  await first.view.catchUp();
  const records = await recordsOf(bus, 'submissions');
  const partition = records[0]?.partition as number;
  const lateMs = 1_000 + SUBMISSION_LIMITS.KEPT_MS + 1;
  const lost = first.view.table.deletable(partition, lateMs);
  // The claim that lost goes first; the one that won only when nothing could take its place.
  expect(lost).toHaveLength(1);
  await bus.append(
    'submissions',
    lost.map((key) => ({ partition, key, value: null })),
  );
  await first.view.catchUp();
  const rest = first.view.table.deletable(partition, lateMs);
  expect(rest).toHaveLength(1);
  expect(first.view.table.deletable(partition, 1_001)).toEqual([]);

  bus.compact('submissions');
  const late = processOn(bus);
  await late.view.catchUp();
  expect([...late.view.table.submissions()].map(({ claim }) => claim.submissionId)).toEqual(
    'id' in a ? [a.id] : [],
  );

  await bus.append(
    'submissions',
    rest.map((key) => ({ partition, key, value: null })),
  );
  await first.view.catchUp();
  expect(first.view.table.size).toBe(0);
  const again = await outcomeOf(first.receiver.receive(request('another')));
  expect(again).toMatchObject({ replayed: false });
});

test('without a key, the same bytes with the same options are one submission', async () => {
  const bus = memoryBus();
  const { receiver } = processOn(bus);
  const none = { idempotencyKey: null };
  const first = await receiver.receive(request('a', none));
  const again = await receiver.receive(request('a', none));
  const dry = await receiver.receive(request('a', { ...none, dryRun: true }));
  expect(again).toMatchObject({ submission: first.submission, replayed: true });
  expect(dry.submission.claim.submissionId).not.toBe(first.submission.claim.submissionId);
});

test('another institution may use the same key', async () => {
  const { receiver } = processOn(memoryBus());
  await receiver.receive(request('a'));
  expect((await receiver.receive(request('b', { institution: 'bank-b' }))).replayed).toBe(false);
});

test('an aborted upload leaves no submission', async () => {
  const bus = memoryBus();
  const { receiver, view } = processOn(bus);
  async function* broken() {
    yield Buffer.alloc(2_000_000, 65);
    throw new Error('gone');
  }
  await expect(receiver.receive(request('', { body: broken() }))).rejects.toThrow('gone');
  await view.catchUp();
  expect(view.table.size).toBe(0);
  expect((await recordsOf(bus, 'feeds')).length).toBeGreaterThan(0);
  expect((await receiver.receive(request('now whole'))).replayed).toBe(false);
});

test('nothing on the topics shows a key, a name or a row', async () => {
  const bus = memoryBus();
  const { receiver } = processOn(bus);
  await receiver.receive(request('Juana Perez;5523', { idempotencyKey: 'juana-perez-5523' }));
  for (const topic of ['feeds', 'submissions'] as const)
    for (const { key, headers, value } of await recordsOf(bus, topic)) {
      const text = `${key} ${JSON.stringify(headers)} ${Buffer.from(value ?? []).toString('latin1')}`;
      expect(text.toLowerCase()).not.toMatch(/juana|perez|5523/);
    }
});
