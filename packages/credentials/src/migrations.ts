import type { MigrationSet } from "@castellan/database";

export const credentialMigrations: MigrationSet = [
  {
    id: "credentials.0001-accounts",
    sql: `
      -- What a person, or an admin for all, may do at one target. Ends are account_endings.
      create table linked_accounts (
        id            text collate "C" primary key,
        target_id     text collate "C" not null,
        -- A user's id, or 'shared'.
        owner_id      text collate "C" not null,
        kind          text not null check (kind in ('oauth', 'key')),
        issuer        text,
        -- The client by which the tokens came: refreshed and revoked by it only.
        client_id     text,
        -- As it was sent when it was authorized (RFC 8707).
        resource      text,
        scopes        text[] not null default '{}',
        -- What the last sign-in asked for: more than that may be asked for again, the same may not.
        asked_scopes  text[] not null default '{}',
        -- Of the shared one: what the target missed since then.
        wanted_scopes text[] not null default '{}',
        -- Of the target's address at the last sign-in: what was given for one place is sent to no other.
        origin        text not null,
        state         text not null check (state in ('linked', 'needs_sign_in')),
        reason        text,
        sealed_tokens bytea,
        is_renewable  boolean not null,
        expires_at    timestamptz,
        linked_by     text not null,
        linked_from   text,
        linked_at     timestamptz not null,
        -- Counted with each sign-in.
        link          integer not null default 1,
        -- Counted with each change of the tokens.
        generation    bigint not null default 1,
        refreshed_at  timestamptz,
        used_at       timestamptz,
        -- Who refreshes, and until when nobody else does.
        refreshing_by text,
        refreshing_until timestamptz,
        failure_code  text,
        failure_message text,
        failed_at     timestamptz,
        failed_times  integer not null default 0,
        -- Not tried again before.
        retry_at      timestamptz,
        unique (target_id, owner_id)
      );
      create index linked_accounts_by_owner on linked_accounts (owner_id);
      create index linked_accounts_due on linked_accounts (refreshed_at) where state = 'linked' and is_renewable;

      -- Tokens to be revoked at the upstream (RFC 7009), until that is done or given up.
      create table account_endings (
        id            text collate "C" primary key,
        sealed_ending bytea not null,
        ended_at      timestamptz not null,
        tries         integer not null default 0,
        next_try_at   timestamptz not null
      );
      create index account_endings_due on account_endings (next_try_at);

      -- What an admin gave for all, and a target refused.
      create table refused_secrets (
        target_id     text collate "C" primary key,
        refused_by    text not null,
        -- A keyed digest of what was given, and for what: another one is news.
        mark          bytea not null,
        last_at       timestamptz not null
      );

      -- This installation as a client of authorization servers where it registered itself (RFC 7591).
      create table upstream_clients (
        -- A digest of issuer and client id.
        id            text collate "C" primary key,
        issuer        text not null,
        client_id     text not null,
        sealed_client bytea not null,
        registered_at timestamptz not null,
        expires_at    timestamptz
      );

      create table link_requests (
        id            text collate "C" primary key,
        target_id     text collate "C" not null,
        owner_id      text collate "C" not null,
        person_id     text collate "C" not null,
        reason        text not null,
        scopes        text[] not null default '{}',
        client_id     text,
        client_name   text,
        portal        text,
        state         text not null check (state in ('pending', 'linked', 'declined', 'expired')),
        asked_at      timestamptz not null,
        expires_at    timestamptz not null,
        settled_at    timestamptz
      );
      create index link_requests_living on link_requests (person_id, target_id) where state = 'pending';
      create index link_requests_by_age on link_requests (asked_at);

      -- A sign-in under way in a browser: what has to be known when it comes back.
      create table link_flows (
        -- A digest of state.
        id            text collate "C" primary key,
        link_id       text collate "C" not null references link_requests (id) on delete cascade,
        -- The session of the browser in which it began (a digest).
        browser       text collate "C" not null,
        sealed_flow   bytea not null,
        expires_at    timestamptz not null
      );
      create index link_flows_by_end on link_flows (expires_at);

      -- What identity tokens are signed with: of those that sign already the newest does; all are published.
      create table identity_keys (
        -- Counted: replicas that make the next one at once make the same row.
        id            text collate "C" primary key,
        sealed_key    bytea not null,
        signs_from    timestamptz not null,
        -- When all that it signed is over; null as long as no other one comes after it.
        ends_at       timestamptz
      );
    `,
  },
];
