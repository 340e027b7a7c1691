/** How to reach a PostgreSQL server, and the translation into the driver's configuration. */
import { readFile } from "node:fs/promises";
import pg from "pg";
import { databaseFaults } from "./faults.ts";
import type { SqlStatement } from "./sql.ts";
import { typeParsers } from "./types.ts";

export interface ConnectionSettings {
  /** Host name or address; a path that begins with `/` is the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  /** Absent: no encryption. */
  readonly ssl?: {
    /** Whether certificate and host name are checked. */
    readonly verify: boolean;
    /** PEM file of the authorities to believe instead of those that ship with Node. */
    readonly caFile?: string;
  };
}

export interface ClientOptions {
  readonly applicationName: string;
  /** The server cancels a statement after this; 0 = never. */
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs?: number;
  /** What the server does not answer within this time after its own limit is taken for lost. Default 5,000. */
  readonly answerGraceMs?: number;
}

const defaultAnswerGraceMs = 5_000;
const defaultConnectTimeoutMs = 10_000;

/**
 * The driver's configuration. Every setting that the driver would otherwise take from the
 * environment (PGPASSWORD, PGSSLMODE, …) or from ~/.pgpass is given.
 */
export async function toClientConfig(
  connection: ConnectionSettings,
  options: ClientOptions,
): Promise<pg.ClientConfig> {
  const { statementTimeoutMs, answerGraceMs = defaultAnswerGraceMs } = options;
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    password: connection.password ?? (() => ""),
    database: connection.database,
    ssl: await toTlsOptions(connection.ssl),
    application_name: options.applicationName,
    client_encoding: "UTF8",
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    types: typeParsers,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs * 2,
      query_timeout: statementTimeoutMs + answerGraceMs,
    }),
  };
}

/** A statement as the driver takes it: an object of its own, since the driver writes to it. */
export function toQueryConfig({ text, values, name }: SqlStatement): pg.QueryConfig {
  return { text, values: values as unknown[], ...(name !== undefined && { name }) };
}

/** Connects one client outside a pool. Its asynchronous errors go to `onError`, so they cannot end the process. */
export async function connectClient(
  connection: ConnectionSettings,
  options: ClientOptions & { readonly onError?: (error: Error) => void },
): Promise<pg.Client> {
  const client = new pg.Client(await toClientConfig(connection, options));
  client.on("error", (error) => options.onError?.(error));
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
  return client;
}

async function toTlsOptions(ssl: ConnectionSettings["ssl"]): Promise<pg.ClientConfig["ssl"]> {
  if (ssl === undefined) return false;
  if (ssl.caFile === undefined) return { rejectUnauthorized: ssl.verify };
  const ca = await readFile(ssl.caFile, "utf8").catch((cause: unknown) => {
    throw databaseFaults.fault(
      "database_url_invalid",
      `The certificate file ${ssl.caFile} that DATABASE_URL names cannot be read`,
      { field: "DATABASE_URL", cause },
    );
  });
  return { rejectUnauthorized: ssl.verify, ca };
}
