import type { MigrationSet } from "@castellan/database";

export const policyMigrations: MigrationSet = [
  {
    id: "policy.0001-rules",
    sql: `
      create table policy_rules (
        id          text collate "C" primary key,
        name        text collate "C" not null unique,
        description text not null,
        action      text not null check (action in ('allow', 'block', 'require_approval')),
        attachment  jsonb not null,
        include     jsonb not null,
        require     jsonb not null,
        exclude     jsonb not null,
        step_up     jsonb,
        purpose     jsonb,
        approval    jsonb,
        starts_at   timestamptz,
        ends_at     timestamptz,
        is_enabled  boolean not null,
        managed_by  text,
        version     bigint not null default 1,
        created_at  timestamptz not null,
        updated_at  timestamptz not null
      );

      -- External evaluations of devices and sessions.
      create table policy_evaluators (
        id             text collate "C" primary key,
        slug           text collate "C" not null unique,
        title          text not null,
        url            text not null,
        keys_url       text not null,
        -- Where it may be although that is not public, as of servers.
        allow_private  text[] not null,
        timeout_ms     integer not null,
        cache_seconds  integer not null,
        version        bigint not null default 1,
        created_at     timestamptz not null,
        updated_at     timestamptz not null
      );
    `,
  },
];
