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

/** How people proved who they are, and what was said of them then: rules may ask for it. */
export const keptClaimsMigration: Migration = {
  id: "access.0004-proof",
  sql: `
    alter table identities add column claims jsonb not null default '{}';
    alter table trusted_issuers add column kept_claims text[] not null default '{}';

    -- As whom of the provider's they came; null: by no provider.
    alter table sign_in_sessions add column subject text collate "C";

    -- What the session said in which it was given. Proved anew for the grant alone, it says more.
    alter table grants
      add column provider  text collate "C",
      add column subject   text collate "C",
      add column amr       text[] not null default '{}',
      add column proved_at timestamptz;
    update grants set provider = s.provider, amr = s.amr, proved_at = s.authenticated_at
      from sign_in_sessions s where s.id = grants.sign_in_id;
  `,
};
