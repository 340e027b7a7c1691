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
  {
    id: "calls.0003-reviews",
    sql: `
      alter table servers
        -- Grows with each change that an admin makes; revision grows with what lines depend on.
        add column version     bigint not null default 1,
        add column updated_at  timestamptz not null default now(),
        add column description text not null default '',
        add column transport   text not null default 'auto' check (transport in ('auto', 'streamable-http', 'sse')),
        -- Kinds whose new and changed definitions need no person's approval.
        add column auto_accept text[] not null default '{}',
        add column limits      jsonb not null default '{}',
        add column sync_interval_seconds integer check (sync_interval_seconds > 0),
        -- {name: {secretRef, prefix?}}: where a configuration file takes a header from. No secret.
        add column header_refs jsonb not null default '{}',
        -- The name of the configuration file that made it.
        add column managed_by  text;
      -- What else is known of the last failure: HTTP status, the error code of the protocol.
      alter table server_states add column error_details jsonb;
      -- Where below its address the server was found: /mcp or /sse; null: at the address itself.
      alter table server_states add column found_below text;
      -- Whether the server is reached in another way since then, and has to be asked again.
      alter table server_states add column is_outdated boolean not null default false;
      -- What has been decided about a definition, bound to all that it says. A row outlives its definition: a
      -- server that takes one back and brings it again has it looked at again only if it says something else.
      create table definition_reviews (
        server_id            text not null references servers (id) on delete cascade,
        kind                 text not null,
        name                 text not null,
        -- Null with a text: that of the text.
        approved_fingerprint text,
        -- Null: approved ahead of the first sync, by its fingerprint.
        approved_definition  text,
        -- Null: as the annotations say.
        class                text check (class in ('read', 'write', 'destructive')),
        approved_at          timestamptz,
        -- Who approved; 'auto-accept' where a setting did.
        approved_by          text,
        rejected_fingerprint text,
        rejected_at          timestamptz,
        rejected_by          text,
        primary key (server_id, kind, name)
      );
      -- What servers tell models about themselves is a definition, too. json keeps it as it was written; a text that
      -- PostgreSQL cannot read as JSON (it knows no U+0000) is found by the next sync, and looked at like any other.
      do $$
      declare
        said record;
        told json;
      begin
        for said in
          select server_id, era, hello
            from server_states, lateral (values ('legacy', legacy_hello), ('modern', modern_hello)) as eras (era, hello)
           where hello is not null
        loop
          begin
            told := said.hello::json -> 'instructions';
            if json_typeof(told) = 'string' and told::text <> '""' then
              insert into definitions (server_id, kind, name, public_name, ordinal, definition)
              values (said.server_id, 'instructions', said.era, said.era, 1, told::text);
            end if;
          exception when data_exception then null;
          end;
        end loop;
      end $$;
      -- What was in use before there were reviews stays in use.
      insert into definition_reviews (server_id, kind, name, approved_definition, approved_at, approved_by)
      select server_id, kind, name, definition, now(), 'upgrade' from definitions;`,
  },
  {
    id: "calls.0004-auth",
    sql: `
      -- How requests are authorized (\`UpstreamAuth\`); no secret.
      alter table servers
        add column auth        jsonb not null default '{"kind": "auto"}',
        -- The secrets of it, sealed with the origin that they were given for.
        add column sealed_auth bytea,
        add column auth_secret_names text[] not null default '{}',
        -- {name: {secretRef}}: where a configuration file takes them from, by name of the secret.
        add column auth_refs   jsonb not null default '{}';
      -- Where auth is auto: whether the server asks for OAuth.
      alter table server_states add column asks_for_oauth boolean not null default false;
      -- The origin at which its eras were found out.
      alter table server_states add column found_at text;
      update server_states t set found_at = substring(s.url from '^[^:]+://[^/?#]+')
        from servers s where s.id = t.server_id and t.synced_at is not null;`,
  },
  {
    id: "calls.0005-kinds",
    sql: `
      -- mcp: it speaks MCP itself. openapi: an API, spoken to by its document (\`api_documents\`).
      alter table servers
        add column kind text collate "C" not null default 'mcp' check (kind in ('mcp', 'openapi')),
        -- Of an API. tools: one for each operation. code: two, over the document.
        add column face text collate "C" check (face in ('tools', 'code')),
        add constraint face_of_api check ((face is not null) = (kind = 'openapi'));`,
  },
  {
    id: "calls.0006-failed-lists",
    sql: `
      -- [{kind, code, message, details?}]: lists that the last good attempt could not read, while it read others.
      alter table server_states add column failed_lists jsonb not null default '[]';`,
  },
];
