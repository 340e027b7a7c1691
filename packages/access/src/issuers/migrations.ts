import type { Migration } from "@castellan/database";

export const issuersMigration: Migration = {
  id: "access.0003-issuers",
  sql: `
    create table trusted_issuers (
      slug                    text collate "C" primary key,
      title                   text not null,
      issuer                  text not null,
      audience                text not null,
      jwks_uri                text,
      directory               text not null check (directory in ('workforce', 'customers')),
      claims                  jsonb not null,
      -- Null: all groups.
      group_map               jsonb,
      group_prefix            text not null,
      allowed_domains         text[] not null,
      requires_verified_email boolean not null,
      algorithms              text[] not null,
      creates_users           boolean not null,
      links_by_email          boolean not null,
      scopes_claim            text,
      allow_private           text[] not null,
      is_enabled              boolean not null,
      version                 bigint not null default 1,
      created_at              timestamptz not null,
      updated_at              timestamptz not null,
      -- A token is of one of them.
      unique (issuer, audience)
    );
  `,
};
