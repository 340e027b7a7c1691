import type { MigrationSet } from "@castellan/database";

export const accessMigrations: MigrationSet = [
  {
    id: "access.0001-tokens",
    sql: `
      create table tokens (
        id text collate "C" primary key,
        hash bytea not null unique,
        name text collate "C" not null,
        role text not null,
        portals text[] not null,
        created_at timestamptz not null,
        created_by text not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      );

      -- A name is free again once its token is dead. (An expired one is revoked when its name is wanted.)
      create unique index tokens_living_name on tokens (name) where revoked_at is null;
    `,
  },
];
