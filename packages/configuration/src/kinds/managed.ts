/** Which file made what of the plain kinds, and where its secret came from. Servers and portals say it of themselves. */
import { sql, type MigrationSet, type Queryable } from "@castellan/database";
import type { PlainResourceKind } from "./plain-kind.ts";

export const configurationMigrations: MigrationSet = [
  {
    id: "configuration.0001-managed",
    sql: `
      create table managed_resources (
        kind       text collate "C" not null,
        -- Of this one alone: what is called the same later is another one.
        identity   text collate "C" not null,
        managed_by text not null,
        -- Null: it has no secret, or keeps one that was set by hand.
        secret_ref text,
        primary key (kind, identity)
      );
    `,
  },
];

export interface Management {
  readonly managedBy: string;
  readonly secretRef: string | undefined;
}

export interface ResourceIdentity {
  readonly kind: PlainResourceKind;
  readonly identity: string;
}

/** By `managementKey`. */
export async function readManagement(database: Queryable): Promise<Map<string, Management>> {
  const rows = await database.query<{
    kind: PlainResourceKind;
    identity: string;
    managed_by: string;
    secret_ref: string | null;
  }>(sql`select kind, identity, managed_by, secret_ref from managed_resources`);
  return new Map(
    rows.map(({ kind, identity, managed_by: managedBy, secret_ref: secretRef }) => [
      managementKey({ kind, identity }),
      { managedBy, secretRef: secretRef ?? undefined },
    ]),
  );
}

export function managementKey({ kind, identity }: ResourceIdentity): string {
  return `${kind} ${identity}`;
}

export async function saveManagement(
  tx: Queryable,
  { kind, identity }: ResourceIdentity,
  { managedBy, secretRef }: Management,
): Promise<void> {
  await tx.query(sql`
    insert into managed_resources (kind, identity, managed_by, secret_ref)
    values (${kind}, ${identity}, ${managedBy}, ${secretRef ?? null})
    on conflict (kind, identity) do update set managed_by = excluded.managed_by, secret_ref = excluded.secret_ref`);
}

/** Forgets what is not there any more; `living`: all that are. */
export async function sweepManagement(
  tx: Queryable,
  kind: PlainResourceKind,
  living: readonly string[],
): Promise<void> {
  await tx.query(
    sql`delete from managed_resources where kind = ${kind} and identity <> all(${living}::text[])`,
  );
}
