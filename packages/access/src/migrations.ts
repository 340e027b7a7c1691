import type { MigrationSet } from "@castellan/database";
import { issuersMigration, keptClaimsMigration } from "./issuers/migrations.ts";

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
  {
    id: "access.0002-people",
    breaking: "service tokens have their secrets and rights elsewhere",
    sql: `
      create table users (
        id                text collate "C" primary key,
        directory         text not null check (directory in ('workforce', 'customers')),
        email             text collate "C" not null check (email = lower(email)),
        name              text not null,
        role              text not null,
        status            text not null default 'active' check (status in ('active', 'suspended')),
        version           bigint not null default 1,
        created_at        timestamptz not null,
        updated_at        timestamptz not null,
        last_signed_in_at timestamptz,
        unique (directory, email),
        check (directory = 'workforce' or role = 'member')
      );
      -- Whom a provider or a trusted issuer (by its slug) calls what.
      create table identities (
        provider     text collate "C" not null,
        subject      text collate "C" not null,
        user_id      text not null references users on delete cascade,
        created_at   timestamptz not null,
        last_used_at timestamptz,
        primary key (provider, subject)
      );
      create index identities_user on identities (user_id);
      create table groups (
        id          text collate "C" primary key,
        directory   text not null check (directory in ('workforce', 'customers')),
        name        text not null,
        description text not null default '',
        version     bigint not null default 1,
        created_at  timestamptz not null,
        updated_at  timestamptz not null,
        unique (directory, name)
      );
      -- By whom it was said that they are in it: 'local', or a provider's slug, which says it anew at each sign-in.
      create table memberships (
        group_id text not null references groups on delete cascade,
        user_id  text not null references users on delete cascade,
        source   text not null,
        primary key (group_id, user_id, source)
      );
      create index memberships_user on memberships (user_id);

      create table sign_in_sessions (
        id               text collate "C" primary key,
        hash             bytea not null unique,
        user_id          text not null references users on delete cascade,
        provider         text not null,
        amr              text[] not null,
        authenticated_at timestamptz not null,
        created_at       timestamptz not null,
        last_used_at     timestamptz not null,
        expires_at       timestamptz not null,
        ended_at         timestamptz,
        address          text not null,
        user_agent       text not null
      );
      create index sign_in_sessions_user on sign_in_sessions (user_id);
      create index sign_in_sessions_expiry on sign_in_sessions (expires_at);

      create table grants (
        id           text collate "C" primary key,
        user_id      text not null references users on delete cascade,
        client_id    text not null,
        client_name  text not null,
        -- Null: the API.
        portal       text,
        scopes       text[] not null,
        sign_in_id   text not null,
        created_at   timestamptz not null,
        expires_at   timestamptz not null,
        last_used_at timestamptz,
        ended_at     timestamptz
      );
      create index grants_user on grants (user_id);
      create index grants_client on grants (client_id);
      create index grants_expiry on grants (expires_at);

      create table access_tokens (
        -- SHA-256 of the token.
        hash       bytea primary key,
        -- Null: of a client for itself.
        grant_id   text references grants on delete cascade,
        client_id  text not null,
        -- Null: the API.
        portal     text,
        scopes     text[] not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        -- SHA-256 of the refresh token that came with it, where that took the place of another.
        refresh_hash bytea
      );
      create index access_tokens_grant on access_tokens (grant_id);
      create index access_tokens_client on access_tokens (client_id);
      create index access_tokens_expiry on access_tokens (expires_at);

      -- What clients may do for themselves.
      create table client_scopes (
        client_id text collate "C" primary key,
        scopes    text[] not null
      );

      -- A service token has one secret, and while it is being rotated the one before.
      create table token_secrets (
        hash       bytea primary key,
        token_id   text not null references tokens on delete cascade,
        created_at timestamptz not null,
        -- Null: with its token.
        expires_at timestamptz
      );
      create index token_secrets_token on token_secrets (token_id);
      insert into token_secrets (hash, token_id, created_at) select hash, id, created_at from tokens;
      alter table tokens drop column hash;

      -- What a token was given before there were scopes: all of its portals.
      alter table tokens add column scopes text[];
      update tokens set scopes = coalesce((
        select array_agg('portal:' || portal || class order by portal, class)
        from unnest(portals) as portal, unnest(array['', ':read', ':write', ':destructive']) as class), '{}');
      alter table tokens alter column scopes set not null, drop column portals,
        add column version bigint not null default 1;
    `,
  },
  issuersMigration,
  keptClaimsMigration,
];
