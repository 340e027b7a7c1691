import type { MigrationSet } from "@castellan/database";
import { defineSealedColumn, type SealedColumn } from "@castellan/vault";

export const storageMigrations: MigrationSet = [
  {
    id: "oauth.0001-storage",
    sql: `
      -- What the server signs with, one key for each algorithm, the same on all replicas.
      create table signing_keys (
        algorithm  text primary key,
        sealed_key bytea not null,
        created_at timestamptz not null
      );

      -- What lives for minutes: authorization requests that wait for a decision, codes, ids of assertions.
      create table oauth_artifacts (
        -- The kind, a colon, and SHA-256 of its id in base64url.
        id             text collate "C" primary key,
        sealed_payload bytea not null,
        -- When it was used up.
        consumed_at    timestamptz,
        expires_at     timestamptz not null
      );
      create index oauth_artifacts_expiry on oauth_artifacts (expires_at);

      create table refresh_tokens (
        -- SHA-256 of the token.
        hash             bytea primary key,
        grant_id         text not null references grants on delete cascade,
        -- The token that was given for it; null: it came with a code.
        predecessor_hash bytea,
        -- How often it was exchanged for another, and when last.
        rotations        integer not null default 0,
        rotated_at       timestamptz,
        -- Never used, and another took its place.
        voided_at        timestamptz,
        expires_at       timestamptz not null,
        -- Ids and names only.
        payload          jsonb not null
      );
      create index refresh_tokens_grant on refresh_tokens (grant_id);
      create index refresh_tokens_predecessor on refresh_tokens (predecessor_hash);
      create index refresh_tokens_expiry on refresh_tokens (expires_at);
    `,
  },
];

export const storageSealedColumns: readonly SealedColumn[] = [
  defineSealedColumn({ table: "signing_keys", idColumn: "algorithm", column: "sealed_key" }),
  defineSealedColumn({ table: "oauth_artifacts", idColumn: "id", column: "sealed_payload" }),
];
