import type { MigrationSet } from "@castellan/database";

/** The tables of portals and of the sessions of their legacy clients. They refer to the servers of package calls, whose migrations come first. */
export const portalMigrations: MigrationSet = [
  {
    id: "portal.0001-portals",
    sql: `
      create table portals (
        id         text primary key,
        slug       text not null unique,
        title      text not null,
        naming     text not null default 'prefixed' check (naming in ('prefixed', 'plain')),
        revision   bigint not null default 1,
        created_at timestamptz not null default now()
      );

      create table portal_servers (
        portal_id text not null references portals (id) on delete cascade,
        server_id text not null references servers (id) on delete cascade,
        -- The order in which servers were added is the order in which their tools are listed.
        ordinal   bigint generated always as identity,
        primary key (portal_id, server_id)
      );
      create index portal_servers_server on portal_servers (server_id);`,
  },
  {
    id: "portal.0002-sessions",
    sql: `
      -- What the client said of itself is kept as the text that came: json types would change numbers.
      create table sessions (
        id                text primary key,
        principal_id      text not null,
        portal            text not null,
        protocol_version  text not null,
        capabilities      text not null,
        client_info       text not null,
        client_name       text,
        client_version    text,
        log_level         text,
        -- The replica that holds the client's GET stream; the generation grows with each change of it.
        stream_owner      text,
        stream_generation bigint not null default 0,
        created_at        timestamptz not null default now(),
        -- Written once a minute at most.
        last_used_at      timestamptz not null default now()
      );
      create index sessions_principal on sessions (principal_id, last_used_at);
      create index sessions_last_used on sessions (last_used_at);
      create index sessions_portal on sessions (portal);

      -- A session's own session at a server, for all replicas.
      create table session_lines (
        id              text generated always as (session_id || '.' || server_id) stored primary key,
        session_id      text not null references sessions (id) on delete cascade,
        server_id       text not null references servers (id) on delete cascade,
        server_revision bigint not null,
        -- Sealed JSON {url, id}: it opens at the address that it was given at.
        sealed_upstream bytea not null,
        -- What the server said when it was opened.
        hello           text not null,
        -- Grows with each session that takes the place of one before.
        generation      bigint not null default 1,
        unique (session_id, server_id)
      );
      create index session_lines_server on session_lines (server_id);

      create table session_subscriptions (
        session_id text not null references sessions (id) on delete cascade,
        server_id  text not null references servers (id) on delete cascade,
        -- What the server calls the resource, and what the client does.
        uri        text not null,
        public_uri text not null,
        primary key (session_id, public_uri)
      );
      create index session_subscriptions_server on session_subscriptions (server_id);`,
  },
];
