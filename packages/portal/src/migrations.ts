import type { MigrationSet } from "@castellan/database";

/** The tables of portals. They refer to the servers of package calls, whose migrations come first. */
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
];
