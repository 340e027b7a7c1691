import type { MigrationSet } from "@castellan/database";

/** The tables of registered servers and of what they offer. */
export const callMigrations: MigrationSet = [
  {
    id: "calls.0001-servers",
    sql: `
      create table servers (
        id            text primary key,
        slug          text not null unique,
        title         text not null,
        url           text not null,
        -- Sealed JSON {name: value}: credentials and other headers sent with every request.
        sealed_headers bytea,
        header_names  text[] not null default '{}',
        -- Hosts and CIDRs beyond the public internet that an admin allowed for this server.
        allow_private text[] not null default '{}',
        revision      bigint not null default 1,
        created_at    timestamptz not null default now()
      );

      -- What the last attempts at reading a server's lists have found.
      create table server_states (
        server_id        text primary key references servers (id) on delete cascade,
        attempted_at     timestamptz not null,
        error_code       text,
        error_message    text,
        -- Of the last good attempt; null as long as there was none.
        synced_at        timestamptz,
        latency_ms       integer,
        skipped          text[] not null default '{}',
        modern_hello     text,
        legacy_hello     text,
        legacy_version   text,
        legacy_transport text
      );

      -- What a server offers, each definition as the very text that came: json types would change numbers.
      create table definitions (
        server_id   text not null references servers (id) on delete cascade,
        kind        text not null,
        name        text not null,
        public_name text not null,
        ordinal     integer not null,
        definition  text not null,
        primary key (server_id, kind, name)
      );`,
  },
  {
    id: "calls.0002-client-features-and-syncs",
    sql: `
      -- What a server may want of clients, and the hosts that its pages may reach: nothing, unless an admin says so.
      alter table servers add column client_features text[] not null default '{}';
      alter table servers add column ui_hosts text[] not null default '{}';

      -- The syncs of a server, of whichever replica.
      create table server_syncs (
        server_id  text primary key references servers (id) on delete cascade,
        -- How many have begun, and the number of the latest whose end was written.
        begun      bigint not null,
        written    bigint not null default 0,
        begun_at   timestamptz not null,
        -- Null when none is under way; else until when the latest may take, should its replica die.
        busy_until timestamptz
      );`,
  },
];
