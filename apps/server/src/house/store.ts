/** Where everything is kept: PostgreSQL, embedded or given, with its tables, and the vault over it. */
import { join } from "node:path";
import { accessMigrations } from "@castellan/access";
import { apiMigrations } from "@castellan/api";
import { approvalMigrations } from "@castellan/approvals";
import { auditMigrations } from "@castellan/audit";
import { callMigrations } from "@castellan/calls";
import { codemodeMigrations } from "@castellan/codemode";
import { configurationMigrations } from "@castellan/configuration";
import { credentialMigrations } from "@castellan/credentials";
import {
  changeMigrations,
  migrate,
  openDatabase,
  startEmbeddedServer,
  type Database,
} from "@castellan/database";
import { limitMigrations } from "@castellan/limits";
import { noticeMigrations } from "@castellan/notices";
import { oauthMigrations } from "@castellan/oauth";
import { openapiMigrations } from "@castellan/openapi";
import { policyMigrations } from "@castellan/policy";
import { portalMigrations } from "@castellan/portal";
import { replicaMigrations } from "@castellan/replicas";
import { signInMigrations } from "@castellan/sign-in";
import type { Logger } from "@castellan/telemetry";
import {
  loadOrCreateMasterKey,
  loadVault,
  vaultMigrations,
  type KeyRing,
  type Vault,
} from "@castellan/vault";
import type { Config } from "../config/settings.ts";

/** The tables of every package, in the order in which they may refer to each other. */
export const allMigrations = [
  changeMigrations,
  vaultMigrations,
  accessMigrations,
  auditMigrations,
  callMigrations,
  portalMigrations,
  replicaMigrations,
  limitMigrations,
  oauthMigrations,
  policyMigrations,
  approvalMigrations,
  credentialMigrations,
  noticeMigrations,
  signInMigrations,
  codemodeMigrations,
  openapiMigrations,
  configurationMigrations,
  apiMigrations,
];

export interface Store extends AsyncDisposable {
  readonly database: Database;
  /** The record's own connections: a slow query elsewhere must not hold up answers. */
  readonly recordDatabase: Database;
  readonly vault: Vault;
}

export async function openStore(config: Config, logger: Logger, signal: AbortSignal): Promise<Store> {
  await using opened = new AsyncDisposableStack();
  const connection =
    config.databaseUrl ??
    opened.use(
      await startEmbeddedServer({
        dataDir: config.dataDir,
        log: (line) => logger.debug("PostgreSQL", { line }),
        signal,
      }),
    ).connection;
  const onError = (error: Error) => logger.warn("A database connection broke", { error });
  const database = opened.use(await openDatabase({ connection, applicationName: "castellan", onError }));
  const recordDatabase = opened.use(
    await openDatabase({ connection, applicationName: "castellan record", maxConnections: 2, onError }),
  );
  const { applied } = await migrate(database, allMigrations);
  if (applied.length > 0) logger.info("The database was brought up to date", { applied });
  const vault = await loadVault(database, await keyRing(config, logger));
  const owned = opened.move();
  return { database, recordDatabase, vault, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function keyRing(config: Config, logger: Logger): Promise<KeyRing> {
  if (config.masterKey) return { current: config.masterKey, older: config.olderMasterKeys ?? [] };
  const file = join(config.dataDir, "master.key");
  const { key, created } = await loadOrCreateMasterKey(file);
  if (created) logger.info("A master key was made: keep a copy of this file elsewhere", { file });
  return { current: key, older: [] };
}
