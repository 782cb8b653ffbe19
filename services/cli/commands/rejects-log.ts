/** `rastro rejects ... --log`: records of the log that could not be read, rather than lines of submissions. */
import { placeOf, placeText, type RecordPlace } from '../../../pipelines/ingest/rejected-record.ts';
import type { Bus } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import {
  CONTRADICTING,
  contradictingRows,
  type LogReject,
  type LogRejectFilter,
  logRejects,
  replayRecord,
} from '../../ingest/rejected-log.ts';
import { EXIT } from '../exit.ts';
import { count, type Terminal, tableText } from '../terminal.ts';

export const NOTHING_TO_REPLAY = 'Nothing is rejected that could be replayed.';

/** Places in a table; `--json` has all. */
const SHOWN = 50;

export function logFilterOf({
  record,
  code,
}: {
  readonly record?: string;
  readonly code?: string;
}): LogRejectFilter {
  const place = record === undefined ? undefined : placeOf(record);
  if (record !== undefined && place === undefined)
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: '--record',
      value: record,
      expected: 'topic/partition/offset',
    });
  return { ...(place === undefined ? {} : { place }), ...(code === undefined ? {} : { code }) };
}

const plain = ({ place, at: _, ...rest }: LogReject) => ({ record: placeText(place), ...rest });

/** How many there are by partition and code. */
export async function listLogRejects(terminal: Terminal, bus: Bus, filter: LogRejectFilter) {
  const found = await logRejects(bus, filter);
  if (terminal.json) {
    terminal.printJson(found.map(plain));
    return EXIT.FINE;
  }
  const groups = new Map<string, LogReject[]>();
  for (const reject of found) {
    const { place, code } = reject;
    const key = `${place.topic}/${place.partition} ${code}`;
    groups.set(key, [...(groups.get(key) ?? []), reject]);
  }
  if (groups.size === 0) terminal.print('Nothing is rejected.');
  else
    terminal.print(
      tableText(
        [...groups.values()],
        [
          { title: 'topic', value: ([first]) => first?.place.topic ?? '' },
          { title: 'partition', value: ([first]) => String(first?.place.partition), align: 'right' },
          { title: 'code', value: ([first]) => first?.code ?? '' },
          { title: 'records', value: (all) => count(all.length), align: 'right' },
          {
            title: 'replayed',
            value: (all) => count(all.filter(({ replayedAt }) => replayedAt !== null).length),
            align: 'right',
          },
          {
            title: 'offsets',
            value: (all) => [...new Set([all[0]?.place.offset, all.at(-1)?.place.offset])].join(' .. '),
          },
        ],
        terminal,
      ),
    );
  return EXIT.FINE;
}

/**
 * One of them: where it lies, why, its size and checksum; of rows that contradict known ones which they are. What
 * it holds besides is not shown.
 */
export async function showLogRejects(
  terminal: Terminal,
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  filter: { readonly place: RecordPlace },
) {
  const found = await logRejects(parts.bus, filter);
  if (found.length === 0)
    throw new RastroError('RAS-CLI-NOT-FOUND', {
      what: 'rejected record',
      id: placeText(filter.place),
      list: 'rastro rejects list --log',
    });
  const all = [];
  for (const reject of found) all.push({ reject, rows: await contradictingRows(parts, reject) });
  if (terminal.json) {
    terminal.printJson(all.map(({ reject, rows }) => ({ ...plain(reject), rows })));
    return EXIT.FINE;
  }
  for (const { reject, rows } of all) {
    const { place, code, bytes, sha256, isKept, replayedAt } = reject;
    terminal.print(
      `${placeText(place)}: ${code}, ${count(bytes)} bytes, sha256 ${sha256}${isKept ? '' : ', in its topic alone'}${replayedAt === null ? '' : `, replayed as offset ${replayedAt}`}`,
    );
    for (const { institution, id, version } of rows.slice(0, SHOWN))
      terminal.print(`  ${institution} ${id} version ${version}`);
    if (rows.length > SHOWN) terminal.note(`  ${count(rows.length - SHOWN)} more rows; --json shows all.`);
  }
  return EXIT.FINE;
}

/** Those that were not replayed yet, and could come to something else. */
export async function replayLogRejects(
  terminal: Terminal,
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  filter: LogRejectFilter,
) {
  const results: { record: string; replayedAt: number | null; code: string | null }[] = [];
  for (const reject of await logRejects(parts.bus, filter)) {
    // What contradicts a known row would do so again.
    if (reject.replayedAt !== null || reject.code === CONTRADICTING) continue;
    const record = placeText(reject.place);
    try {
      results.push({ record, replayedAt: await replayRecord(parts, reject), code: null });
    } catch (error) {
      // The others can be replayed all the same.
      if (!RastroError.is(error)) throw error;
      results.push({ record, replayedAt: null, code: error.code });
    }
  }
  const left = results.filter(({ replayedAt }) => replayedAt === null);
  if (terminal.json) terminal.printJson(results);
  else if (results.length === 0) terminal.print(NOTHING_TO_REPLAY);
  else {
    terminal.print(
      `${count(results.length - left.length)} records appended again, ${count(left.length)} not`,
    );
    for (const { record, code } of left.slice(0, SHOWN)) terminal.print(`${record}: ${code}`);
  }
  return left.length === 0 ? EXIT.FINE : EXIT.FAILURE;
}
