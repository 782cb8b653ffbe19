/** A mapping bound to one file's columns: from a row of texts to the canonical tree. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { Mapping, TableSpec } from '../../schemas/mapping.ts';
import { compileDirection, type DirectionReader } from './direction.ts';
import {
  type ColumnIndex,
  compileField,
  compileTransforms,
  type FieldInputs,
  type FieldReader,
  inputsOf,
  type Row,
  type RowProblem,
  type RowState,
  type Scalar,
} from './field-reader.ts';
import { columnsRead, type PlannedField, planFields, rootShape } from './mapping-plan.ts';
import { providedBy } from './provided.ts';
import { shapeAt } from './shape.ts';
import { formatHasOffset, formatHasTime } from './time-text.ts';

/** Why a file cannot be read with this mapping at all. */
export interface FileFault {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
}

export interface RowBuilder {
  /** Names of `provides` that this file can carry. */
  readonly provided: readonly string[];
  /** Whether that is all that the mapping can carry. */
  readonly isWhole: boolean;
  /** The canonical tree, or what stood in the way. */
  readonly build: (row: Row) => {
    readonly tree: Record<string, unknown>;
    readonly problem: RowProblem | null;
  };
  /** The tree that `build` fills, for a reader that fills it from bytes. */
  readonly root: Node;
  readonly direction: DirectionReader | null;
  /** Columns that `direction` looks at. */
  readonly directionColumns: readonly number[];
  /** What is filled in once the fields stand. */
  readonly complete: (tree: Record<string, unknown>) => void;
}

/** `constant` groups are present only beside something that the file filled in. */
export type Node =
  | {
      readonly kind: 'leaf';
      readonly constant: boolean;
      readonly read: FieldReader;
      readonly inputs: FieldInputs;
    }
  | {
      readonly kind: 'object';
      readonly constant: boolean;
      readonly members: readonly (readonly [string, Node])[];
    }
  | { readonly kind: 'list'; readonly constant: boolean; readonly items: readonly Node[] };

interface DraftLeaf {
  readonly readers: readonly FieldReader[];
  readonly inputs: readonly FieldInputs[];
  readonly constant: boolean;
}

type Draft = Map<string, Draft | DraftLeaf>;

function freeze(draft: Draft): Node {
  const members = [...draft].map(([key, value]): readonly [string, Node] => {
    if (value instanceof Map) return [key, freeze(value)];
    const [only, ...others] = value.readers;
    const read: FieldReader =
      others.length === 0
        ? (only as FieldReader)
        : (row, state) => {
            for (const reader of value.readers) {
              const found = reader(row, state);
              if (found !== undefined) return found;
            }
            return undefined;
          };
    const inputs = {
      columns: [...new Set(value.inputs.flatMap((each) => each.columns))],
      byDirection: value.inputs.some((each) => each.byDirection),
    };
    return [key, { kind: 'leaf', constant: value.constant, read, inputs }];
  });
  const constant = members.every(([, node]) => node.constant);
  if (members.length > 0 && members.every(([key]) => /^\d+$/.test(key))) {
    const items = members.sort(([a], [b]) => Number(a) - Number(b)).map(([, node]) => node);
    return { kind: 'list', constant, items };
  }
  return { kind: 'object', constant, members };
}

function grow(node: Node, row: Row, state: RowState): unknown {
  if (node.kind === 'leaf') return node.read(row, state);
  if (node.kind === 'list') {
    const items: unknown[] = [];
    for (const item of node.items) {
      const value = grow(item, row, state);
      if (value !== undefined) items.push(value);
    }
    return items.length > 0 ? items : undefined;
  }
  let object: Record<string, unknown> | undefined;
  let isEvident = node.constant;
  for (const [key, member] of node.members) {
    const value = grow(member, row, state);
    if (value === undefined) continue;
    object ??= {};
    object[key] = value;
    if (!member.constant) isEvident = true;
  }
  return isEvident ? object : undefined;
}

/** The columns of a header by name: exact, else the only one that differs in case alone; `Name#2` is the second of a kind. */
export function columnFinder(header: readonly string[]): (column: string) => number | FileFault {
  const names = header.map((name) => name.trim());
  const matches = (wanted: string): number[] => {
    const exact = names.flatMap((name, index) => (name === wanted ? [index] : []));
    if (exact.length > 0) return exact;
    const folded = wanted.toLowerCase();
    return names.flatMap((name, index) => (name.toLowerCase() === folded ? [index] : []));
  };
  return (column) => {
    const found = matches(column);
    if (found.length === 1) return found[0] as number;
    if (found.length > 1) {
      return { code: 'RAS-FEED-HEADER-DUPLICATE', params: { column, times: found.length } };
    }
    const numbered = /^(.+)#(\d{1,2})$/.exec(column);
    return numbered === null ? -1 : (matches(numbered[1] as string)[Number(numbered[2]) - 1] ?? -1);
  };
}

function compileTable(spec: TableSpec, indexOf: ColumnIndex) {
  const index = indexOf(spec.column);
  const clean = compileTransforms(spec.transforms);
  const rows = new Map(Object.entries(spec.rows));
  return (row: Row, state: RowState) => {
    const code = clean(row[index] ?? '');
    const found = rows.get(code) ?? spec.otherwise;
    if (found === undefined) {
      state.problem ??= {
        field: spec.column,
        code: 'RAS-FEED-VALUE-UNKNOWN',
        params: { field: spec.column },
        value: code,
      };
    }
    return found;
  };
}

function tableReader(lookUp: ReturnType<typeof compileTable>, field: PlannedField): FieldReader {
  const asLeaf = (value: Scalar): Scalar => (field.leaf.type === 'string' ? String(value) : value);
  return (row, state) => {
    const value = lookUp(row, state)?.[field.written];
    if (value === undefined) return undefined;
    if (typeof value === 'object') return asLeaf(state.isDebit === true ? value.debit : value.credit);
    return asLeaf(value);
  };
}

/** The fields that a canonical CSV names in its header. */
function headerFields(mapping: Mapping, header: readonly string[]): PlannedField[] | FileFault {
  const fields: PlannedField[] = [];
  for (const column of header) {
    const path = column.trim();
    const leaf = shapeAt(rootShape(mapping), path);
    if (leaf?.kind !== 'leaf') return { code: 'RAS-FEED-HEADER-UNKNOWN', params: { column: path } };
    fields.push({
      path,
      leaf,
      side: null,
      spec: { column: path, join: ' ', optional: false },
      table: null,
      written: path,
    });
  }
  return fields;
}

/** Where the offset of a mapped local time comes from, unless the mapping says so itself. */
function impliedOffsetSource(mapping: Mapping): string | null {
  const time = mapping.fields['occurredAt']?.time;
  if (time?.zone === undefined || mapping.fields['offsetSource'] !== undefined) return null;
  if (!time.formats.some((format) => formatHasTime(format) && !formatHasOffset(format))) return null;
  return typeof time.zone === 'string' ? 'institution' : 'branch';
}

/** Binds; `institution` is what the caller says, used where the mapping asks for it. */
export function bindMapping(
  mapping: Mapping,
  header: readonly string[],
  institution: string | null,
): RowBuilder | FileFault {
  const find = columnFinder(header);
  const columns = new Map<string, number>();
  for (const [column, { optional }] of columnsRead(mapping)) {
    const index = find(column);
    if (typeof index !== 'number') return index;
    if (index === -1 && !optional) return { code: 'RAS-FEED-COLUMN-MISSING', params: { column } };
    columns.set(column, index);
  }
  const indexOf: ColumnIndex = (column) => columns.get(column) ?? -1;

  let planned = planFields(mapping).fields;
  if (mapping.canonical) {
    const named = headerFields(mapping, header);
    if (!Array.isArray(named)) return named;
    for (const field of named) {
      const index = find(field.path);
      if (typeof index !== 'number') return index;
      columns.set(field.path, index);
    }
    const inFile = new Set(named.map((field) => field.path));
    planned = [...named, ...planned.filter((field) => !inFile.has(field.path))];
  }

  const isCoarse = mapping.precision === 'day' || mapping.precision === 'batch';
  const tables = mapping.tables.map((table) => compileTable(table, indexOf));
  const root: Draft = new Map();
  const plant = (path: string, read: FieldReader, constant: boolean, inputs: FieldInputs): void => {
    const parts = path.split('.');
    const last = parts.pop() as string;
    let at = root;
    for (const part of parts) {
      const next = at.get(part);
      if (next instanceof Map) at = next;
      else {
        const made: Draft = new Map();
        at.set(part, made);
        at = made;
      }
    }
    const there = at.get(last);
    if (there === undefined || there instanceof Map)
      at.set(last, { readers: [read], inputs: [inputs], constant });
    else {
      const readers = [...there.readers, read];
      at.set(last, { readers, inputs: [...there.inputs, inputs], constant: there.constant && constant });
    }
  };

  for (const field of planned) {
    const lookUp = field.table === null ? undefined : tables[field.table];
    const dateOnly = isCoarse && field.path === 'occurredAt';
    const read =
      lookUp === undefined
        ? compileField(field.written, field.spec, field.leaf, indexOf, dateOnly)
        : tableReader(lookUp, field);
    const isConstant =
      lookUp !== undefined || field.spec.const !== undefined || field.spec.constByDirection !== undefined;
    const { side } = field;
    const table = field.table === null ? undefined : mapping.tables[field.table];
    const inputs = table === undefined ? inputsOf(field.spec, indexOf) : tableInputs(table, indexOf);
    plant(
      field.path,
      side === null
        ? read
        : (row, state) => (state.isDebit === (side === 'debit') ? read(row, state) : undefined),
      isConstant,
      side === null ? inputs : { ...inputs, byDirection: true },
    );
  }
  const source = mapping.institution;
  if (source !== undefined) {
    const own = 'const' in source ? source.const : institution;
    if ('column' in source) {
      const index = indexOf(source.column);
      plant('institution', (row) => (row[index] ?? '').trim() || undefined, false, {
        columns: index === -1 ? [] : [index],
        byDirection: false,
      });
    } else if (own === null) return { code: 'RAS-FEED-INSTITUTION-MISSING', params: {} };
    else plant('institution', () => own, true, { columns: [], byDirection: false });
  }

  const tree = freeze(root);
  const direction: DirectionReader | null =
    mapping.direction === undefined ? null : compileDirection(mapping.direction, indexOf);
  const offsetSource = impliedOffsetSource(mapping);
  const precision = mapping.precision ?? null;
  const filled = planned
    .filter((field) => !field.spec.optional || isInFile(field, indexOf))
    .map((field) => field.path);
  const carried = providedBy(filled, mapping.kind);
  const possible =
    mapping.provides ??
    providedBy(
      planned.map((field) => field.path),
      mapping.kind,
    );
  const provided = possible.filter((name) => carried.includes(name));

  function complete(built: Record<string, unknown>): void {
    const occurredAt = built['occurredAt'];
    if (typeof occurredAt !== 'string') return;
    if (precision !== null && built['occurredPrecision'] === undefined)
      built['occurredPrecision'] = precision;
    if (offsetSource !== null && occurredAt.length > 10) built['offsetSource'] = offsetSource;
  }

  return {
    provided,
    isWhole: provided.length === possible.length,
    build(row) {
      const state: RowState = { isDebit: null, problem: null };
      direction?.(row, state);
      const built = (grow(tree, row, state) ?? {}) as Record<string, unknown>;
      complete(built);
      return { tree: built, problem: state.problem };
    },
    root: tree,
    direction,
    directionColumns: directionColumns(mapping, indexOf),
    complete,
  };
}

function directionColumns({ direction }: Mapping, indexOf: ColumnIndex): number[] {
  if (direction === undefined || 'const' in direction) return [];
  if ('sign' in direction) return [indexOf(direction.sign)];
  if ('column' in direction) return [indexOf(direction.column)];
  return [indexOf(direction.debit), indexOf(direction.credit)];
}

/** A table's value is a function of its column, and of the direction where a cell differs by it. */
function tableInputs(table: TableSpec, indexOf: ColumnIndex): FieldInputs {
  const index = indexOf(table.column);
  const rows = [...Object.values(table.rows), ...(table.otherwise === undefined ? [] : [table.otherwise])];
  return {
    columns: index === -1 ? [] : [index],
    byDirection: rows.some((row) => Object.values(row).some((value) => typeof value === 'object')),
  };
}

function isInFile(field: PlannedField, indexOf: ColumnIndex): boolean {
  const { column, columns, byDirection } = field.spec;
  const named = [column, byDirection?.debit, ...(columns ?? [])].filter((name) => name !== undefined);
  return named.length === 0 || named.some((name) => indexOf(name) !== -1);
}
