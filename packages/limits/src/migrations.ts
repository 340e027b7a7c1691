import type { MigrationSet } from "@castellan/database";

export const limitMigrations: MigrationSet = [
  {
    id: "limits.0001-rates",
    sql: `
      -- What was granted of each rate lately: a row is replaced at each grant, hence the room on the page.
      -- grants: [[second since the epoch, permits], …], oldest first, at most one entry a second.
      -- expires_at moves in steps, so that most updates leave its index alone.
      create table rate_grants (
        key text collate "C" primary key,
        grants jsonb not null,
        expires_at timestamptz not null
      ) with (fillfactor = 50);
      create index rate_grants_by_expiry on rate_grants (expires_at);
    `,
  },
];
