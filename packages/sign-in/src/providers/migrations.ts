import type { MigrationSet } from "@castellan/database";

/** The providers that people sign in with, and who is on their way through one. */
export const providerMigrations: MigrationSet = [
  {
    id: "sign-in.0002-providers",
    sql: `
      create table sign_in_providers (
        slug                    text collate "C" primary key,
        title                   text not null,
        directory               text not null check (directory in ('workforce', 'customers')),
        issuer                  text not null,
        client_id               text not null,
        -- Null: a public client.
        sealed_client_secret    bytea,
        scopes                  text[] not null,
        claims                  jsonb not null,
        -- Null: all groups.
        group_map               jsonb,
        group_prefix            text not null,
        allowed_domains         text[] not null,
        requires_verified_email boolean not null,
        creates_users           boolean not null,
        links_by_email          boolean not null,
        allow_private           text[] not null,
        is_enabled              boolean not null,
        version                 bigint not null default 1,
        created_at              timestamptz not null,
        updated_at              timestamptz not null
      );

      create table sign_in_flows (
        -- SHA-256 of the state, base64url.
        id          text collate "C" primary key,
        -- SHA-256 of what is in the browser's cookie.
        browser     bytea not null,
        provider    text collate "C" not null references sign_in_providers on delete cascade,
        sealed_flow bytea not null,
        expires_at  timestamptz not null
      );
      create index sign_in_flows_expiry on sign_in_flows (expires_at);
      create index sign_in_flows_provider on sign_in_flows (provider);
    `,
  },
  {
    id: "sign-in.0003-kept-claims",
    sql: `alter table sign_in_providers add column kept_claims text[] not null default '{}';`,
  },
];
