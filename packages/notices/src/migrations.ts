import type { MigrationSet } from "@castellan/database";

export const noticeMigrations: MigrationSet = [
  {
    id: "notices.0001-notices",
    sql: `
      create table webhooks (
        id            text collate "C" primary key,
        name          text collate "C" not null unique,
        url           text not null,
        -- Kinds of notices it wants; empty: all.
        kinds         text[] not null,
        allow_private text[] not null,
        sealed_secret bytea not null,
        is_enabled    boolean not null,
        version       bigint not null default 1,
        created_at    timestamptz not null,
        updated_at    timestamptz not null
      );

      -- One row for each way that a notice goes. What was delivered is forgotten after a week, what failed after a month.
      create table notices (
        id           text collate "C" primary key,
        kind         text not null,
        -- 'email' with an address, or 'webhook' with an id.
        channel      text not null check (channel in ('email', 'webhook')),
        recipient    text collate "C" not null,
        -- Null once nobody will need it any more.
        sealed_body  bytea,
        state        text not null check (state in ('waiting', 'delivered', 'failed')),
        attempts     integer not null default 0,
        -- When it is tried next. While somebody tries: when another may, should that one be gone.
        next_at      timestamptz not null,
        give_up_at   timestamptz not null,
        last_error   text,
        created_at   timestamptz not null,
        settled_at   timestamptz
      );
      create index notices_of_mailbox on notices (recipient, created_at) where channel = 'email';
      create index notices_due on notices (channel, next_at) where state = 'waiting';
    `,
  },
];
