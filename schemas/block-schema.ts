/**
 * The schema of a block, read from its metadata without the library's reader: that one takes any count for granted, and a changed byte
 * in the place of one keeps it busy for good. Here, whatever leads out of the bytes throws, and so does a type that blocks do not have.
 *
 * Tables and slots as in Apache Arrow's `Schema.fbs`.
 */
import {
  type DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float,
  Int,
  List,
  Struct,
  Timestamp,
  Utf8,
} from 'apache-arrow';
import { entriesAt, fieldAt, longAt, tableAt, textAt } from './flatbuffer.ts';

export interface BlockSchema {
  readonly fields: readonly { readonly name: string; readonly type: DataType }[];
  /** Types of what dictionaries hold, by their ids. */
  readonly dictionaries: ReadonlyMap<number, DataType>;
}

/** Slots of a field's table. */
const FIELD = { NAME: 0, NULLABLE: 1, TYPE_KIND: 2, TYPE: 3, DICTIONARY: 4, CHILDREN: 5 } as const;
const TYPE_KIND = {
  INT: 2,
  FLOAT: 3,
  UTF8: 5,
  TIMESTAMP: 10,
  LIST: 12,
  STRUCT: 13,
  FIXED_SIZE_LIST: 16,
} as const;
const BIT_WIDTHS: readonly number[] = [8, 16, 32, 64];
/** Fields of fields: a block has lists of structures. */
const DEPTH_MAX = 4;
/** A block has some hundred. */
const FIELDS_MAX = 4_096;

/** `table`: where the schema's lies. @throws Error where it is none, or not one of a block */
export function blockSchema(metadata: DataView, table: number): BlockSchema {
  const reader = new SchemaReader(metadata);
  const fields = reader.fields(table, 1, 0);
  return { fields, dictionaries: reader.dictionaries };
}

class SchemaReader {
  readonly dictionaries = new Map<number, DataType>();
  readonly #metadata: DataView;
  #left = FIELDS_MAX;

  constructor(metadata: DataView) {
    this.#metadata = metadata;
  }

  fields(table: number, slot: number, depth: number): Field[] {
    if (depth > DEPTH_MAX) throw new RangeError('fields in fields in fields');
    return entriesAt(this.#metadata, table, slot).map((field) => this.#field(field, depth));
  }

  #field(table: number, depth: number): Field {
    if (--this.#left < 0) throw new RangeError('more fields than a block has');
    const view = this.#metadata;
    const nullable = fieldAt(view, table, FIELD.NULLABLE);
    const type = this.#type(table, this.fields(table, FIELD.CHILDREN, depth + 1));
    return new Field(
      textAt(view, table, FIELD.NAME),
      this.#encoded(table, type),
      nullable !== undefined && view.getUint8(nullable) !== 0,
    );
  }

  /** The type of what is in the column, or in its dictionary. */
  #type(table: number, children: readonly Field[]): DataType {
    const view = this.#metadata;
    const kindAt = fieldAt(view, table, FIELD.TYPE_KIND);
    const type = tableAt(view, table, FIELD.TYPE);
    const number = (slot: number, bytes: 2 | 4) => {
      const at = fieldAt(view, type, slot);
      if (at === undefined) return 0;
      return bytes === 2 ? view.getInt16(at, true) : view.getInt32(at, true);
    };
    switch (kindAt === undefined ? 0 : view.getUint8(kindAt)) {
      case TYPE_KIND.INT:
        return this.#int(type);
      case TYPE_KIND.FLOAT:
        return new Float(within(number(0, 2), 1, 2));
      case TYPE_KIND.UTF8:
        return new Utf8();
      case TYPE_KIND.TIMESTAMP:
        return new Timestamp(within(number(0, 2), 0, 3));
      case TYPE_KIND.LIST:
        return new List(only(children));
      case TYPE_KIND.STRUCT:
        return new Struct([...children]);
      case TYPE_KIND.FIXED_SIZE_LIST:
        return new FixedSizeList(within(number(0, 4), 1, FIELDS_MAX), only(children));
      default:
        throw new RangeError('a column of a type that blocks do not have');
    }
  }

  #int(table: number): Int {
    const view = this.#metadata;
    const [width, signed] = [fieldAt(view, table, 0), fieldAt(view, table, 1)];
    const bits = width === undefined ? 0 : view.getInt32(width, true);
    if (!BIT_WIDTHS.includes(bits)) throw new RangeError('numbers of a width that there is not');
    return new Int(signed !== undefined && view.getUint8(signed) !== 0, bits as 8 | 16 | 32 | 64);
  }

  /** The type itself, or that of codes of a dictionary of it. */
  #encoded(table: number, type: DataType): DataType {
    const view = this.#metadata;
    if (fieldAt(view, table, FIELD.DICTIONARY) === undefined) return type;
    const encoding = tableAt(view, table, FIELD.DICTIONARY);
    const id = longAt(view, fieldAt(view, encoding, 0));
    const known = this.dictionaries.get(id) ?? type;
    if (known.typeId !== type.typeId) throw new RangeError('a dictionary of two types');
    this.dictionaries.set(id, known);
    const indices = this.#int(tableAt(view, encoding, 1));
    if (indices.bitWidth === 64) throw new RangeError('codes of 64 bits');
    return new Dictionary(known, indices as never, id);
  }
}

function only(children: readonly Field[]): Field {
  const [child] = children;
  if (child === undefined || children.length !== 1) throw new RangeError('a list of not one type');
  return child;
}

function within(value: number, least: number, most: number): number {
  if (value < least || value > most) throw new RangeError('a value that there is not');
  return value;
}
