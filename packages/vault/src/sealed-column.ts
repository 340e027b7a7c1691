/** Where sealed values are kept: each package declares its columns, and a rotation visits all of them. */

export interface SealedColumn {
  readonly table: string;
  /** The text column that identifies a row; its value is the `row` of the sealed context. */
  readonly idColumn: string;
  /** A `bytea` column. All sealed columns are named `sealed_…`, so that none can be forgotten. */
  readonly column: SealedColumnName;
}

export type SealedColumnName = `sealed_${string}`;

const identifier = /^[a-z][a-z0-9_]{0,62}$/;

/** Declares a sealed column. The names go into SQL: a name that is no plain identifier is a defect. */
export function defineSealedColumn(column: SealedColumn): SealedColumn {
  for (const name of [column.table, column.idColumn, column.column])
    if (!identifier.test(name)) throw new TypeError(`"${name}" is not an SQL identifier`);
  return Object.freeze({ ...column });
}
