/** A block with the offset of the record that brought it: whoever made it could not know where it would come to lie. */
import { BlockReader, corrupt } from '../../schemas/block-reader.ts';

/** The block anew, its rows naming `offset`. @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
export function placedBlock(block: Uint8Array, offset: number): Uint8Array {
  const bytes = new Uint8Array(block);
  const values: unknown = new BlockReader(bytes).column('block_offset')?.values;
  if (!(values instanceof BigUint64Array) || values.buffer !== bytes.buffer) return corrupt('block_offset');
  values.fill(BigInt(offset));
  return bytes;
}
