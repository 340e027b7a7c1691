import type { MigrationSet } from "@castellan/database";

/**
 * `vault_keys` has a row for each master key under which values may be sealed. `sealed_root` is the
 * root secret of all MACs, sealed under that key: it opens only under the right key, which makes it
 * the key's check value as well.
 */
export const vaultMigrations: MigrationSet = [
  {
    id: "vault.0001-keys",
    sql: `
      create table vault_keys (
        id text primary key check (id ~ '^[0-9a-f]{16}$'),
        sealed_root bytea not null,
        created_at timestamptz not null default now()
      )`,
  },
];
