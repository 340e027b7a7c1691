import type { MigrationSet } from "@castellan/database";

export const replicaMigrations: MigrationSet = [
  {
    id: "replicas.0001-leases-and-mail",
    sql: `
      -- One row per process, replaced every few seconds, hence the room on the page.
      create table replicas (
        id text collate "C" primary key,
        lease_until timestamptz not null
      ) with (fillfactor = 50);

      -- Letters that their receivers have not read. The id says where a letter belongs:
      -- {to}/{from}/{number}/{topic}, with the sender's own number.
      create table mail (
        seq bigint generated always as identity,
        id text collate "C" primary key,
        to_replica text collate "C" not null,
        from_replica text collate "C" not null,
        topic text collate "C" not null,
        number bigint not null,
        sealed_body bytea not null,
        created_at timestamptz not null default now()
      );
      -- What is sealed cannot be compressed.
      alter table mail alter column sealed_body set storage external;
      create index mail_by_receiver on mail (to_replica, seq);
      create index mail_by_age on mail (created_at);
    `,
  },
];
