import type { MigrationSet } from "@castellan/database";
import { commandLineClientId, commandLineRedirectUri } from "./command-line-client.ts";

export const clientMigrations: MigrationSet = [
  {
    id: "oauth.0002-clients",
    sql: `
      -- By kind: 'registered' by an admin, 'dynamic' by itself, 'document': described at the URL that is its id.
      create table oauth_clients (
        id             text collate "C" primary key,
        kind           text not null check (kind in ('registered', 'dynamic', 'document')),
        name           text not null,
        uri            text,
        redirect_uris  text[] not null,
        auth_method    text not null,
        grant_types    text[] not null,
        may_introspect boolean not null default false,
        jwks           jsonb,
        jwks_uri       text,
        version        bigint not null default 1,
        created_at     timestamptz not null,
        -- Null: itself.
        created_by     text,
        updated_at     timestamptz not null,
        last_used_at   timestamptz,
        -- Of a document: when it was read, and until when it need not be read again.
        read_at        timestamptz,
        fresh_until    timestamptz
      );
      -- Strangers that come and are not seen again.
      create index oauth_clients_unused on oauth_clients (coalesce(last_used_at, created_at))
        where kind <> 'registered';
      create index oauth_clients_never_used on oauth_clients (created_at, id)
        where kind <> 'registered' and last_used_at is null;

      -- While one is being rotated, a client has two.
      create table client_secrets (
        -- SHA-256 of the secret.
        hash       bytea primary key,
        client_id  text collate "C" not null references oauth_clients on delete cascade,
        created_at timestamptz not null,
        -- Null: with its client.
        expires_at timestamptz
      );
      create index client_secrets_client on client_secrets (client_id);
    `,
  },
  {
    id: "oauth.0003-command-line",
    sql: `
      insert into oauth_clients (id, kind, name, redirect_uris, auth_method, grant_types, created_at, created_by, updated_at)
      values ('${commandLineClientId}', 'registered', 'Castellan command line', '{${commandLineRedirectUri}}', 'none',
              '{authorization_code,refresh_token}', now(), 'setup', now());
    `,
  },
];
