/** What the server must know about output formats. */

/** Formats whose pieces, written one after another, are the whole: no header, footer or separator between rows. */
const STREAMABLE = new Set([
  'CSV',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'JSONEachRow',
  'JSONLines',
  'JSONStringsEachRow',
  'LineAsString',
  'NDJSON',
  'Native',
  'Null',
  'RawBLOB',
  'RowBinary',
  'TSKV',
  'TSV',
  'TSVRaw',
  'TabSeparated',
  'TabSeparatedRaw',
]);

/** True if a result may be sent while it is being computed; others are spooled to disk first. */
export function isStreamable(format: string): boolean {
  return STREAMABLE.has(format);
}

/** The Content-Type that the server gives a format. */
export function contentType(format: string): string {
  if (/^(JSONEachRow|JSONLines|NDJSON|JSON\w*EachRow\w*)$/.test(format))
    return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8; header=absent';
  if (/^(TSV|TabSeparated)/.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  if (/^(RowBinary|Native|Arrow|Parquet|ORC|Avro|RawBLOB|MsgPack|Protobuf)/.test(format))
    return 'application/octet-stream';
  return 'text/plain; charset=UTF-8';
}
