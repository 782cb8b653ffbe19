/**
 * Messages that would be larger than a message may be (`SIGNAL_MESSAGE_LIMITS.PARTS`) are told with less: one account must not stop
 * the partition that it lies in. What is left out follows from the message alone, so that everybody who tells it tells the same.
 */
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import { lastVersions } from './holder-stage.ts';
import type { MessageWriter } from './message-writer.ts';
import { type Attributed, NO_FACTS, type Observed } from './messages.ts';

/**
 * In this order, each with those before it: what rules said without firing; all versions of a signal but the last; the documents of the
 * evidence; the signals whose last version is the oldest, half of them, then half again.
 */
export const LEFT_OUT = ['readings', 'versions', 'documents', 'signals'] as const;
export type LeftOut = (typeof LEFT_OUT)[number];

/** A message that fits, and what it does not say; undefined: nothing. */
export interface Fitting {
  readonly value: Uint8Array;
  readonly leftOut: LeftOut | undefined;
}

type Message = Observed | Attributed;

function signalsOf(message: Message): Signal[] {
  return 'source' in message ? message.signals.map(({ signal }) => signal) : [...message.signals];
}

/** The message with the signals of these versions only, and those that these carry or rest on. */
function withVersions<M extends Message>(message: M, kept: ReadonlySet<Signal>): M {
  if ('source' in message)
    return { ...message, signals: message.signals.filter(({ signal }) => kept.has(signal)) };
  const carried = new Set(
    [...kept].flatMap(({ companions, evidence }) => [
      ...companions.map(({ signalId }) => signalId),
      ...(evidence.signals ?? []),
    ]),
  );
  const companions = message.companions.filter(({ id }) => carried.has(id));
  return { ...message, signals: message.signals.filter((signal) => kept.has(signal)), companions };
}

function shortened<M extends Message>(message: M, leftOut: LeftOut): M {
  const { facts } = message;
  switch (leftOut) {
    case 'readings':
      return { ...message, facts: { ...facts, readings: () => [] } };
    case 'versions':
      return withVersions(message, new Set(lastVersions(signalsOf(message))));
    case 'documents':
      return { ...message, facts: NO_FACTS };
    case 'signals': {
      const latest = signalsOf(message).sort((a, b) => b.eventTime - a.eventTime || compareUtf8(a.id, b.id));
      return withVersions(message, new Set(latest.slice(0, Math.floor(latest.length / 2))));
    }
  }
}

/** Undefined where it does not fit, or is longer than a text can be. */
async function encoded(
  writer: MessageWriter,
  message: Message,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  try {
    const value = await ('source' in message ? writer.observed(message) : writer.attributed(message));
    return value.length <= bytesMax ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The value of a message with at most so many bytes, which one without signals has. */
export async function fitting(writer: MessageWriter, message: Message, bytesMax: number): Promise<Fitting> {
  const whole = await encoded(writer, message, bytesMax);
  if (whole !== undefined) return { value: whole, leftOut: undefined };
  let rest = message;
  for (const leftOut of LEFT_OUT) {
    do {
      rest = shortened(rest, leftOut);
      const value = await encoded(writer, rest, bytesMax);
      if (value !== undefined) return { value, leftOut };
    } while (leftOut === 'signals' && rest.signals.length > 0);
  }
  throw new RangeError(`a message of no signals has more than ${bytesMax} bytes`);
}
