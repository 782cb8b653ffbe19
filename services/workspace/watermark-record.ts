/** Empty blocks as records of the log: how far event time has come (`schemas/watermark.ts`). */
import { WATERMARK_VERSION, type WatermarkRecord, watermarkRecord } from '../../schemas/watermark.ts';

export function encodeWatermark(record: Omit<WatermarkRecord, 'version'>): Uint8Array {
  return Buffer.from(JSON.stringify({ version: WATERMARK_VERSION, ...record }), 'utf8');
}

/** @throws ZodError where the record is of another version */
export function decodeWatermark(payload: Uint8Array): WatermarkRecord {
  return watermarkRecord.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
}
