import type { MigrationSet } from "@castellan/database";

export const codemodeMigrations: MigrationSet = [
  {
    id: "codemode.0001-runs",
    sql: `
      create table codemode_runs (
        id            text collate "C" primary key,
        state         text collate "C" not null
                      check (state in ('running', 'paused', 'completed', 'failed', 'expired', 'cancelled')),
        tool          text collate "C" not null check (tool in ('search', 'execute')),
        -- Null: over all tools of the portal. Not a reference: a run outlives its server.
        server_id     text collate "C",
        server        text,
        caller        json not null,
        principal_id  text collate "C" not null,
        portal        text not null,
        narrowed_to   text[],
        -- Whence it was begun, for rules that look at that.
        place         json not null,
        call_id       text collate "C" not null,
        -- Code and what came of it hold whatever the caller works with.
        sealed_code   bytea not null,
        -- Keyed: the same code of the same caller in the same place, to find a run that waits.
        code_mac      bytea not null,
        started_at    timestamptz not null,
        ended_at      timestamptz,
        expires_at    timestamptz not null,
        waits         json not null default '[]',
        -- Ids of what it waits for, to find it when one of them is decided.
        waits_for     text[] not null default '{}',
        version       bigint not null default 1,
        -- It waited or was interrupted, and what came of it has not been told to its caller yet.
        untold        boolean not null default false,
        -- From when on it is gone on with though nobody asks: people have decided, or whoever worked on it is gone.
        due_at        timestamptz,
        -- Which replica works on it: nobody else may as long as that one lives.
        replica       text collate "C",
        error_code    text,
        result_bytes  bigint,
        sealed_result bytea,
        sealed_logs   bytea,
        wall_ms       double precision not null default 0,
        cpu_ms        double precision not null default 0,
        passes        int not null default 1,
        calls         int not null default 0
      );
      create index codemode_runs_of_principal on codemode_runs (principal_id, id);
      create index codemode_runs_of_portal on codemode_runs (portal, id);
      create index codemode_runs_by_state on codemode_runs (state, id);
      create index codemode_runs_same on codemode_runs (principal_id, code_mac) where untold or state = 'running';
      create index codemode_runs_ready on codemode_runs (principal_id, due_at) where due_at is not null;
      create index codemode_runs_worked_on on codemode_runs (replica, id) where state = 'running';
      create index codemode_runs_paused on codemode_runs (principal_id) where state = 'paused';
      create index codemode_runs_waiting on codemode_runs using gin (waits_for) where state = 'paused';
      create index codemode_runs_expiring on codemode_runs (expires_at) where state = 'paused';
      create index codemode_runs_results on codemode_runs (expires_at) where state = 'completed' and sealed_result is not null;
      create index codemode_runs_by_age on codemode_runs (ended_at) where ended_at is not null;

      create table codemode_calls (
        -- Run, digest and occurrence: by which a replay finds it.
        id             text collate "C" primary key,
        run_id         text collate "C" not null references codemode_runs (id) on delete cascade,
        seq            int not null,
        method         text collate "C" not null,
        target         text not null,
        -- Of a tool: the name by which the code called it.
        written        text,
        digest         text collate "C" not null,
        occurrence     int not null,
        class          text,
        state          text collate "C" not null check (state in ('asked', 'intended', 'waiting', 'done')),
        call_id        text collate "C" not null,
        -- Of a call that waits: the request for a decision, or for an account.
        waits_for      text collate "C",
        sealed_outcome bytea,
        error_code     text,
        issued_after   int not null,
        settled_as     int,
        settled_at_ms  double precision,
        duration_ms    double precision
      );
      create index codemode_calls_by_seq on codemode_calls (run_id, seq);
    `,
  },
];
