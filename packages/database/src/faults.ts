import { defineFaults } from "@castellan/kernel";

/** Failures of the store. Connection settings and statements never appear in a message: they may hold secrets. */
export const databaseFaults = defineFaults({
  database_unavailable: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "PostgreSQL cannot be reached, is starting, or has no connection free. Send the request again; if it lasts, look at the database.",
  },
  database_timeout: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "A statement ran longer than its time limit and was cancelled. Send the request again; if it lasts, the database is overloaded or something holds a lock.",
  },
  database_contention: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "A statement or transaction lost against others too many times in a row and was given up; nothing of it was written. Send the request again.",
  },
  database_outcome_unknown: {
    owner: "system",
    status: 503,
    help: "The connection was lost while a transaction was being committed: it may or may not have been written. Look before repeating it.",
  },
  database_refused: {
    owner: "system",
    status: 500,
    help: "PostgreSQL refuses the user, the password, the database name or the encryption of DATABASE_URL. Correct it.",
  },
  database_url_invalid: {
    owner: "system",
    status: 500,
    help: "DATABASE_URL is not a PostgreSQL connection URL that Castellan understands; the message names the part. Example: postgres://user:password@host:5432/castellan?sslmode=verify-full",
  },
  database_version_unsupported: {
    owner: "system",
    status: 500,
    help: "The PostgreSQL server, or the data folder's cluster, is of a major version that this release cannot use. Castellan needs PostgreSQL 15 or later.",
  },
  database_migration_invalid: {
    owner: "system",
    status: 500,
    help: "The migrations in this release contradict each other or what was applied before: one was edited, inserted or named twice. Run an unmodified release.",
  },
  database_migration_failed: {
    owner: "system",
    status: 500,
    help: "A migration failed and was rolled back; those before it are in place. The message names it and the reason. Correct that and start again.",
  },
  database_schema_newer: {
    owner: "system",
    status: 500,
    help: "A newer release changed the database in a way that this one cannot live with. Run that release, or restore the backup from before it.",
  },
  database_in_use: {
    owner: "system",
    status: 500,
    help: "Another Castellan is running on the same data folder. Stop it, or give this one a data folder of its own.",
  },
  database_start_failed: {
    owner: "system",
    status: 500,
    help: "The embedded PostgreSQL did not start; the message says why. Correct that, or set DATABASE_URL to use a PostgreSQL server of your own.",
  },
  database_disk_full: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "There is no space left on the disk that holds the database. Free some space; if Castellan is stopped, start it again.",
  },
  database_folder_denied: {
    owner: "system",
    status: 500,
    help: "Castellan, or the user that PostgreSQL runs as, may not use a folder that the embedded database needs; the message names it.",
  },
  database_platform_unsupported: {
    owner: "system",
    status: 500,
    help: "There is no embedded PostgreSQL for this operating system and processor, or npm left it out. Set DATABASE_URL to use a PostgreSQL server of your own.",
  },
});
