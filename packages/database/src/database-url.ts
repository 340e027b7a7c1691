/** `DATABASE_URL` to settings. No message repeats the URL: it may hold a password. */
import type { ConnectionSettings } from "./connection.ts";
import { databaseFaults } from "./faults.ts";

/**
 * Parses `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`.
 *
 * `sslmode`: `disable`, `require` (encrypted, the certificate is not checked), `verify-full`.
 * The folder of a unix socket is given as the parameter `host`, which wins, or as a host with its
 * slashes written `%2F`. No other parameter is accepted, so that none is ignored silently. Fault: `database_url_invalid`.
 */
export function parseDatabaseUrl(text: string): ConnectionSettings {
  const url = URL.parse(text);
  if (url === null) throw invalid("it is not a URL");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    throw invalid("it must begin with postgres://");
  const { sslmode, sslrootcert, host: socketDir, ...rest } = Object.fromEntries(url.searchParams);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`the parameter "${unknown}" is not known`);
  const host = socketDir ?? decode(url.hostname, "host").replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw invalid("it names no host");
  const user = decode(url.username, "user");
  if (user === "") throw invalid("it names no user");
  const password = decode(url.password, "password");
  const ssl = parseSsl(sslmode, sslrootcert);
  return {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    user,
    ...(password !== "" && { password }),
    database: decode(url.pathname.slice(1), "database") || user,
    ...(ssl !== undefined && { ssl }),
  };
}

function parseSsl(mode: string | undefined, caFile: string | undefined): ConnectionSettings["ssl"] {
  if (caFile !== undefined && mode !== "verify-full") throw invalid("sslrootcert needs sslmode=verify-full");
  if (mode === undefined || mode === "disable") return undefined;
  if (mode === "require") return { verify: false };
  if (mode === "verify-full") return caFile === undefined ? { verify: true } : { verify: true, caFile };
  throw invalid("sslmode must be disable, require or verify-full");
}

function decode(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`its ${name} is not percent-encoded correctly`);
  }
}

function invalid(reason: string): Error {
  return databaseFaults.fault("database_url_invalid", `DATABASE_URL is not valid: ${reason}`, {
    field: "DATABASE_URL",
  });
}
