/** How long, how fast and how often the fault suite runs: short by default, long by command (`test/fault/README.md`). */
import { KAFKA_MAJORS, type KafkaMajor } from '../kafka/jars.ts';

export interface FaultSettings {
  /** The long form, which has faults that the short one has no time for. */
  readonly isLong: boolean;
  /** Rows handed to the log in a second, whatever becomes of them. */
  readonly rowsPerSecond: number;
  readonly seconds: number;
  /** Days of the invented feed. */
  readonly days: number;
  readonly seeds: readonly number[];
  readonly versions: readonly KafkaMajor[];
  /** For so long ClickHouse is gone. */
  readonly storeDownMs: number;
  /** For so long a test may wait for one thing. */
  readonly patienceMs: number;
}

const SECOND_MS = 1_000;
// The last record of a source goes out a moment after it is due: 5,000 and 10,000 are to be reached, and 15 s.
const SHORT = { rowsPerSecond: 5_100, seconds: 15.2, days: 60, seeds: [7], storeDownS: 10 };
const LONG = { rowsPerSecond: 10_200, seconds: 600, days: 120, seeds: [7, 8, 9, 10, 11], storeDownS: 60 };
/** Workers may be so many times slower than the load, and begin anew in between. */
const SLOWER = 40;
const PATIENCE_LEAST_MS = 600_000;

const listOf = (text: string | undefined) => text?.split(',').map(Number);

export function faultSettings(
  environment: Readonly<Record<string, string | undefined>>,
  available: readonly KafkaMajor[],
): FaultSettings {
  const isLong = environment['RASTRO_FAULT'] === 'long';
  const of = isLong ? LONG : SHORT;
  const seconds = Number(environment['RASTRO_FAULT_SECONDS'] ?? of.seconds);
  const asked = listOf(environment['RASTRO_FAULT_KAFKA']) ?? (isLong ? KAFKA_MAJORS : available.slice(-1));
  return {
    isLong,
    rowsPerSecond: Number(environment['RASTRO_FAULT_RATE'] ?? of.rowsPerSecond),
    seconds,
    days: Number(environment['RASTRO_FAULT_DAYS'] ?? of.days),
    seeds: listOf(environment['RASTRO_FAULT_SEEDS']) ?? of.seeds,
    versions: available.filter((version) => asked.includes(version)),
    storeDownMs: Number(environment['RASTRO_FAULT_STORE_DOWN_S'] ?? of.storeDownS) * SECOND_MS,
    patienceMs: Math.max(PATIENCE_LEAST_MS, SLOWER * seconds * SECOND_MS),
  };
}
