import type { MigrationSet } from "@castellan/database";

export const auditMigrations: MigrationSet = [
  {
    id: "audit.0001-calls",
    sql: `
      -- One row per call. Ids are unique as they are made; the table does not insist, since a record
      -- that was handed in twice must not fail its neighbours.
      create table calls (
        chain integer not null,
        seq bigint not null,
        mac bytea not null,
        id text collate "C" not null,
        started_at timestamptz not null,
        duration_ms double precision not null,
        upstream_ms double precision,
        request_id text not null,
        replica text not null,
        portal text collate "C",
        server text collate "C",
        era text,
        method text collate "C" not null,
        target text collate "C",
        principal_kind text not null,
        principal_id text collate "C" not null,
        principal_name text not null,
        client_name text,
        client_version text,
        client_address text,
        session_id text,
        outcome text collate "C" not null,
        stage text,
        code text,
        bytes_in bigint not null,
        bytes_out bigint not null,
        trace_id text,
        parent_call_id text collate "C",
        primary key (chain, seq)
      );

      -- One index per filter of the list, each in the list's order.
      create index calls_by_id on calls (id);
      create index calls_by_time on calls (started_at, id);
      create index calls_by_portal on calls (portal, started_at, id);
      create index calls_by_server on calls (server, started_at, id);
      create index calls_by_principal on calls (principal_id, started_at, id);
      create index calls_by_method on calls (method, started_at, id);
      create index calls_by_target on calls (target, started_at, id);
      create index calls_by_failure on calls (outcome, started_at, id) where outcome <> 'ok';

      -- The end of each chain. Its row is replaced with every batch, hence the room on the page.
      create table audit_heads (
        chain integer primary key,
        seq bigint not null,
        mac bytea not null,
        seal bytea not null
      ) with (fillfactor = 50);

      -- The place up to which retention removed a chain.
      create table audit_anchors (
        chain integer primary key,
        seq bigint not null,
        mac bytea not null,
        seal bytea not null,
        removed_at timestamptz not null default now()
      );

      create function audit_refuse() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and current_setting('castellan.audit_retention', true) = 'on' then
          return null;
        end if;
        raise exception '% on % refused: the audit log is append-only', tg_op, tg_table_name
          using errcode = 'insufficient_privilege';
      end
      $$;

      create trigger calls_append_only before update or delete or truncate on calls
        for each statement execute function audit_refuse();
      create trigger audit_heads_kept before delete or truncate on audit_heads
        for each statement execute function audit_refuse();
      create trigger audit_anchors_kept before delete or truncate on audit_anchors
        for each statement execute function audit_refuse();

      -- The only way to delete: the oldest rows of one chain, up to and with a place. The caller
      -- seals that place in audit_anchors in the same transaction, or the gap shows.
      create function audit_remove(of_chain integer, up_to bigint) returns bigint
        language sql set castellan.audit_retention = 'on'
        as $$
          with removed as (delete from calls where chain = of_chain and seq <= up_to returning 1)
          select count(*) from removed
        $$;
    `,
  },
  {
    id: "audit.0002-via",
    sql: `
      -- The portal's own tool through which the caller aimed at the target.
      alter table calls add column via text;
    `,
  },
  {
    id: "audit.0003-policy",
    sql: `
      alter table calls
        -- read, write or destructive.
        add column class       text,
        -- The server's own name of the target, where it is another one.
        add column name        text,
        add column client_id   text,
        add column country     text,
        -- 'deny rule-a,rule-b': what rules made of it, and which.
        add column policy      text,
        -- The request for a person's decision.
        add column approval_id text;
    `,
  },
  {
    id: "audit.0004-account",
    sql: `
      -- The linked account that it was made with.
      alter table calls add column account_id text;
    `,
  },
  {
    id: "audit.0005-children",
    sql: `
      -- What code called on behalf of a call: few have a parent.
      create index calls_by_parent on calls (parent_call_id, started_at, id) where parent_call_id is not null;
    `,
  },
];
