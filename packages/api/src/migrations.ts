import type { MigrationSet } from "@castellan/database";

export const apiMigrations: MigrationSet = [
  {
    id: "api.0001-idempotency",
    sql: `
      -- One row per key that a caller has used: an attempt that is under way as long as its lease lasts, then the
      -- answer that it had.
      create table idempotency_keys (
        -- {token}/{MAC of the key}
        id            text collate "C" primary key,
        -- Of the request that the key stands for. A MAC, for there may be a short secret in it.
        request_mac   bytea not null,
        attempt       text not null,
        leased_until  timestamptz not null,
        sealed_answer bytea,
        expires_at    timestamptz not null
      );
      -- What is sealed cannot be compressed.
      alter table idempotency_keys alter column sealed_answer set storage external;
      create index idempotency_keys_by_age on idempotency_keys (expires_at);
    `,
  },
];
