import type { MigrationSet } from "@castellan/database";

export const openapiMigrations: MigrationSet = [
  {
    id: "openapi.0001-documents",
    sql: `
      -- The API document of a server of that kind, and where it comes from.
      create table api_documents (
        server_id     text collate "C" primary key references servers (id) on delete cascade,
        -- Null: it was given as text.
        source_url    text,
        -- The last that could be used, as it came, JSON or YAML; null: none was fetched yet.
        text          text,
        -- SHA-256 of it.
        digest        bytea,
        etag          text,
        operations    int,
        -- Operations that are no tools, each with the reason.
        skipped       json not null default '[]',
        -- Where it says that the API is, and where it said so when an admin last looked at it.
        declared_url  text,
        known_url     text,
        -- When it was last known to be what its address serves.
        fetched_at    timestamptz,
        -- The last attempt to fetch it, and what it failed with.
        attempted_at  timestamptz,
        failures      int not null default 0,
        error_code    text,
        error_message text,
        -- When it is to be fetched next; while somebody does, until when nobody else has to.
        due_at        timestamptz,
        check (source_url is not null or text is not null),
        check ((text is null) = (digest is null)),
        check ((source_url is null) = (due_at is null))
      );
      create index api_documents_due on api_documents (due_at) where due_at is not null;
    `,
  },
];
