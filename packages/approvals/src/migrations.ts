import type { MigrationSet } from "@castellan/database";

export const approvalMigrations: MigrationSet = [
  {
    id: "approvals.0001-approvals",
    sql: `
      create table approvals (
        id            text collate "C" primary key,
        kind          text not null,
        state         text collate "C" not null
                      check (state in ('pending', 'approved', 'used', 'rejected', 'withdrawn', 'expired')),
        -- The documents are json, not jsonb, which refuses texts that callers may send (U+0000, lone surrogates).
        asker         json not null,
        asker_id      text collate "C" not null,
        asker_email   text collate "C",
        subject       json not null,
        -- A digest over caller, portal, server, method and arguments: the same call asked again is the same request.
        binding       text collate "C" not null,
        -- What a yes that holds for longer holds for: caller, portal, server and tool.
        holds_for     text collate "C" not null,
        needs         json not null,
        met           json not null default '[]',
        rejection     json,
        -- Who may decide any need, and an open one: 'group:…', 'person:…', 'self:…'.
        seen_by       text[] collate "C" not null,
        waits_for     text[] collate "C" not null,
        sealed_arguments bytea,
        asked_at      timestamptz not null,
        expires_at    timestamptz not null,
        remind_at     timestamptz,
        decided_at    timestamptz,
        used_at       timestamptz,
        version       bigint not null default 1
      );
      -- One living request for each call.
      create unique index approvals_living on approvals (binding) where state in ('pending', 'approved');
      create index approvals_rejected on approvals (binding, decided_at) where state = 'rejected';
      create index approvals_by_asker on approvals (asker_id, id);
      create index approvals_by_state on approvals (state, id);
      create index approvals_by_age on approvals (asked_at);
      create index approvals_seen_by on approvals using gin (seen_by);
      create index approvals_waiting on approvals using gin (waits_for) where state = 'pending';
      create index approvals_of_asker_waiting on approvals (asker_id) where state = 'pending';
      create index approvals_of_asker_in_vain on approvals (asker_id, decided_at)
        where state in ('rejected', 'withdrawn', 'expired');
      create index approvals_holding on approvals (holds_for, decided_at) where state in ('approved', 'used');
      create index approvals_due on approvals (least(expires_at, coalesce(remind_at, expires_at)))
        where state in ('pending', 'approved');
    `,
  },
];
