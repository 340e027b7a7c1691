export {
  openDatabase,
  type Database,
  type DatabaseOptions,
  type Queryable,
  type Transaction,
} from "./database.ts";
export { withinTransaction } from "./within-transaction.ts";
export { prepared, sql, type SqlStatement } from "./sql.ts";
export { parseDatabaseUrl } from "./database-url.ts";
export type { ConnectionSettings } from "./connection.ts";
export { isForeignKeyViolation, isUniqueViolation } from "./errors.ts";
export { databaseFaults } from "./faults.ts";

export { migrate, type Migration, type MigrationSet } from "./migrations.ts";
export { changeMigrations, recordChange } from "./change-log.ts";
export {
  createChangeFeed,
  type ChangeFeed,
  type ChangeFeedOptions,
  type ChangeListener,
} from "./change-feed.ts";
export { RowWaits, type RowWait } from "./row-waits.ts";
export { createListener, type Listener, type ListenerOptions } from "./listener.ts";

export { findRunningServer } from "./embedded/running.ts";
export { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from "./embedded/server.ts";
