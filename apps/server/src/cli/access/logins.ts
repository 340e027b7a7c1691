/**
 * Who is signed in, at which servers: a file beside the one with URL and token, which the command line writes itself.
 * Of several commands that change it at once each waits for the one before.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeWhole } from "../../house/write-whole.ts";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import { configPath } from "./config-folder.ts";
import { invalid, isToken, parsePrivate, readPrivateFile } from "./private-file.ts";
import { isSameServer, toServerUrl } from "./url.ts";

/** One sign-in, as the server's authorization server gave it. */
export interface Login {
  /** The server's own URL, in the spelling of `toServerUrl`. */
  readonly url: string;
  readonly issuer: string;
  readonly accessToken: string;
  /** Of the access token, milliseconds of wall time here. */
  readonly expiresAtMs: number;
  readonly refreshToken: string;
}

export interface Logins {
  /** The URL of the one that commands use where none is named. */
  readonly current: string | undefined;
  readonly all: readonly Login[];
}

export function loginsFile(terminal: Pick<Terminal, "env" | "home">): string {
  return configPath(terminal, "logins.json");
}

/** Faults: those of `readPrivateFile`. */
export async function loadLogins(terminal: Pick<Terminal, "env" | "home" | "uid">): Promise<Logins> {
  const path = loginsFile(terminal);
  const text = await readPrivateFile(path, terminal, { isNamed: false, holds: "sign-ins" });
  if (text === undefined) return { current: undefined, all: [] };
  const { current, logins } = (parsePrivate(path, text) ?? {}) as { current?: unknown; logins?: unknown };
  if (!Array.isArray(logins) || !logins.every(isLogin) || !["string", "undefined"].includes(typeof current))
    throw invalid(path, "is not as the command line writes it: remove it, and sign in again");
  return { current: current as string | undefined, all: logins };
}

/** That of this server, or without one the current one. */
export function findLogin({ current, all }: Logins, url: string | undefined = current): Login | undefined {
  return url === undefined ? undefined : all.find((login) => isSameServer(login.url, url));
}

/** In the place of an earlier one at the same server. */
export function withLogin({ current, all }: Logins, login: Login): Logins {
  return { current, all: [...without(all, login.url), login] };
}

export function withoutLogin({ current, all }: Logins, url: string): Logins {
  return {
    current: current !== undefined && isSameServer(current, url) ? undefined : current,
    all: without(all, url),
  };
}

const defaultWaitMs = 20_000;

/**
 * Reads the file, and writes what `change` makes of it, while nobody else does either; `change` may take its time.
 * The lock is one of the kernel on a file (through SQLite, the only one in Node that takes any): it ends with the
 * process however that ends. Waiting for it blocks the process. Faults: those of `loadLogins`.
 */
export async function changeLogins<Result>(
  terminal: Pick<Terminal, "env" | "home" | "uid">,
  change: (logins: Logins) => Promise<{ logins: Logins; result: Result }>,
  { waitMs = defaultWaitMs }: { waitMs?: number | undefined } = {},
): Promise<Result> {
  const path = loginsFile(terminal);
  const { DatabaseSync } = await import("node:sqlite");
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    using lock = new DatabaseSync(`${path}.lock`, { timeout: waitMs });
    // Nothing is ever written to it, so it needs no journal beside it.
    lock.exec("pragma journal_mode = memory; begin exclusive");
    const before = await loadLogins(terminal);
    const { logins, result } = await change(before);
    const { current, all } = logins;
    if (logins !== before) await writeWhole(path, `${JSON.stringify({ current, logins: all }, null, 2)}\n`);
    return result;
  } catch (cause) {
    throw toFault(path, cause);
  }
}

function toFault(path: string, cause: unknown): unknown {
  const { code } = cause as { code?: unknown };
  if (code === "ERR_SQLITE_ERROR")
    return cliFaults.fault("access_file_invalid", `${path} is in use by another command`, { cause });
  const isSystem = cause instanceof Error && "syscall" in cause;
  return isSystem ? invalid(path, `cannot be written (${String(code)})`) : cause;
}

function without(all: readonly Login[], url: string): Login[] {
  return all.filter((login) => !isSameServer(login.url, url));
}

function isLogin(value: unknown): value is Login {
  const { url, issuer, accessToken, expiresAtMs, refreshToken } = (value ?? {}) as Partial<
    Record<keyof Login, unknown>
  >;
  return (
    typeof url === "string" &&
    toServerUrl(url) === url &&
    typeof issuer === "string" &&
    URL.canParse(issuer) &&
    isToken(accessToken) &&
    isToken(refreshToken) &&
    typeof expiresAtMs === "number"
  );
}
