/**
 * A mapping without a file: every canonical path it fills and with what, `own.*` and `other.*` resolved to debtor and
 * creditor, type tables spread over the fields that they settle.
 */
import type { Mapping, ValueSpec } from '../../schemas/mapping.ts';
import {
  type LeafShape,
  type ObjectShape,
  PARTY_SHAPE,
  type Shape,
  shapeAt,
  TRANSACTION_SHAPE,
} from './shape.ts';

/** On which side of the movement the entry applies; null for both. */
export type Side = 'debit' | 'credit' | null;

export interface PlannedField {
  /** Canonical path. */
  readonly path: string;
  readonly leaf: LeafShape;
  readonly side: Side;
  readonly spec: ValueSpec;
  /** The type table that gives the value, by its index; `spec` then holds nothing but defaults. */
  readonly table: number | null;
  /** Path as written in the mapping. */
  readonly written: string;
}

export interface PlanIssue {
  /** Path inside the mapping document. */
  readonly at: readonly (string | number)[];
  readonly detail: string;
}

export function rootShape(mapping: Pick<Mapping, 'kind'>): ObjectShape {
  return mapping.kind === 'parties' ? PARTY_SHAPE : TRANSACTION_SHAPE;
}

/** `own.account.token` lies with the debtor when money left the own account, else with the creditor. */
function resolveSides(written: string): { path: string; side: Side }[] {
  const match = /^(own|other)\.(.+)$/.exec(written);
  if (match === null) return [{ path: written, side: null }];
  const rest = match[2] as string;
  const ownIsDebtor: Side = match[1] === 'own' ? 'debit' : 'credit';
  const ownIsCreditor: Side = match[1] === 'own' ? 'credit' : 'debit';
  return [
    { path: `debtor.${rest}`, side: ownIsDebtor },
    { path: `creditor.${rest}`, side: ownIsCreditor },
  ];
}

const TABLE_VALUE: ValueSpec = { const: '', join: ' ', optional: false };

export function planFields(mapping: Mapping): { fields: PlannedField[]; issues: PlanIssue[] } {
  const root: Shape = rootShape(mapping);
  const fields: PlannedField[] = [];
  const issues: PlanIssue[] = [];

  function add(
    written: string,
    spec: ValueSpec,
    table: number | null,
    at: readonly (string | number)[],
  ): void {
    for (const { path, side } of resolveSides(written)) {
      const shape = shapeAt(root, path);
      if (shape === null) issues.push({ at, detail: `${written} is no canonical field` });
      else if (shape.kind !== 'leaf')
        issues.push({ at, detail: `${written} is a group; name a field inside it` });
      else if (side !== null && mapping.direction === undefined) {
        issues.push({ at, detail: `${written} needs \`direction\`` });
      } else fields.push({ path, leaf: shape, side, spec, table, written });
    }
  }

  for (const [written, spec] of Object.entries(mapping.fields)) add(written, spec, null, ['fields', written]);
  mapping.tables.forEach((table, index) => {
    const settled = new Set<string>();
    for (const row of [...Object.values(table.rows), table.otherwise ?? {}]) {
      for (const path of Object.keys(row)) settled.add(path);
    }
    for (const written of settled) add(written, TABLE_VALUE, index, ['tables', index, 'rows']);
  });
  return { fields, issues };
}

/** Every column that a mapping reads, in no particular order, with whether a file may lack it. */
export function columnsRead(mapping: Mapping): Map<string, { optional: boolean }> {
  const columns = new Map<string, { optional: boolean }>();
  const need = (column: string | undefined, optional = false): void => {
    if (column !== undefined)
      columns.set(column, { optional: optional && (columns.get(column)?.optional ?? true) });
  };
  if (mapping.institution !== undefined && 'column' in mapping.institution) need(mapping.institution.column);
  const { direction } = mapping;
  if (direction !== undefined) {
    if ('sign' in direction) need(direction.sign);
    else if ('column' in direction) need(direction.column);
    else if ('debit' in direction) {
      need(direction.debit);
      need(direction.credit);
    }
  }
  for (const table of mapping.tables) need(table.column);
  for (const spec of Object.values(mapping.fields)) {
    need(spec.column, spec.optional);
    for (const column of spec.columns ?? []) need(column, spec.optional);
    need(spec.byDirection?.debit, spec.optional);
    need(spec.byDirection?.credit, spec.optional);
    need(spec.when?.column, spec.optional);
    const zone = spec.time?.zone;
    if (typeof zone === 'object') need(zone.column, spec.optional);
  }
  return columns;
}
