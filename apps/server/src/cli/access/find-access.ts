/**
 * Which server, and with which token: flags, then the environment, then where somebody has signed in, then the user's
 * configuration file, then the file that a server keeps in its data folder. A token out of a file goes to the URL in
 * that file and nowhere else; one out of the environment to no URL that only the current folder names.
 */
import { join, resolve } from "node:path";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import { loadAccessFile } from "./access-file.ts";
import { configPath } from "./config-folder.ts";
import { findLogin, loadLogins, loginsFile } from "./logins.ts";
import { isToken } from "./private-file.ts";
import { isSameServer, toServerUrl, urlRule } from "./url.ts";

export interface AccessOptions {
  readonly url?: string;
  /** A server's data folder. */
  readonly data?: string;
}

/** A token, or whoever is signed in at a server. */
export type Credential = string | { readonly signedInAt: string };

export interface Access {
  readonly url: string;
  readonly token: Credential;
  /** Where they were found, for people: `CASTELLAN_URL`, `/home/ann/.config/castellan/config.json`. */
  readonly urlFrom: string;
  readonly tokenFrom: string;
  /** Nobody said that there is a server: it was found in the data folder, and may just not be running. */
  readonly isGuess: boolean;
}

/** Faults: `access_unknown`, `access_file_unsafe`, `access_file_invalid`, `usage_invalid`. */
export async function findAccess(options: AccessOptions, terminal: Terminal): Promise<Access> {
  const url = namedUrl(options, terminal);
  if (options.data !== undefined && options.url === undefined) return fromDataFolder(options, terminal);
  const token = namedToken(terminal);
  if (url && token) return { ...url, ...token, isGuess: false };

  for await (const { isNamed, ...found } of foundIn(options, terminal, url?.url)) {
    if (url && !isSameServer(url.url, found.url)) continue;
    // Whoever packed the folder that we are in may have put the file there: it is not to learn the token.
    if (token && !url && found.isGuess && !isNamed) continue;
    return { ...found, ...url, ...token, isGuess: found.isGuess && !url };
  }
  if (url)
    throw unknown(
      `There is no token for ${url.url}: set CASTELLAN_TOKEN, or castellan login --url ${url.url}`,
    );
  if (token) throw unknown("CASTELLAN_TOKEN holds a token, but there is no CASTELLAN_URL to use it at");
  throw nowhere(options, terminal);
}

/** The server alone, for who has no token for it yet. Faults: as above. */
export async function findServer(
  options: AccessOptions,
  terminal: Terminal,
): Promise<Pick<Access, "url" | "urlFrom">> {
  const url = namedUrl(options, terminal);
  if (options.data !== undefined && options.url === undefined) return fromDataFolder(options, terminal);
  if (url) return url;
  for await (const found of foundIn(options, terminal, undefined)) return found;
  throw nowhere(options, terminal);
}

/** `--data`, `CASTELLAN_DATA`, or `.castellan` in the current folder, as the server has it. */
export function dataFolder({ data }: AccessOptions, { env, cwd }: Pick<Terminal, "env" | "cwd">): string {
  return resolve(cwd, data ?? (env["CASTELLAN_DATA"] || ".castellan"));
}

interface Found extends Access {
  /** Whether whoever gives the command said where this is. */
  readonly isNamed: boolean;
}

/** What there is in files, the nearest to the user first. */
async function* foundIn(
  options: AccessOptions,
  terminal: Terminal,
  url: string | undefined,
): AsyncGenerator<Found> {
  const login = findLogin(await loadLogins(terminal), url);
  if (login) {
    const from = loginsFile(terminal);
    const token = { signedInAt: login.url };
    yield { url: login.url, urlFrom: from, token, tokenFrom: from, isGuess: false, isNamed: false };
  }
  const places = [
    { path: configFile(terminal), isNamed: false, isGuess: false },
    { path: adminFile(options, terminal), isNamed: isDataNamed(options, terminal), isGuess: true },
  ];
  for (const { path, isNamed, isGuess } of places) {
    const file = await loadAccessFile(path, terminal, { isNamed });
    if (file) yield { url: file.url, urlFrom: path, token: file.token, tokenFrom: path, isGuess, isNamed };
  }
}

async function fromDataFolder(options: AccessOptions, terminal: Terminal): Promise<Access> {
  const path = adminFile(options, terminal);
  const file = await loadAccessFile(path, terminal, { isNamed: true });
  if (!file) throw unknown(`There is no ${path}: a server that runs on this folder would have written it`);
  return { url: file.url, urlFrom: path, token: file.token, tokenFrom: path, isGuess: true };
}

function adminFile(options: AccessOptions, terminal: Terminal): string {
  return join(dataFolder(options, terminal), "admin.json");
}

function isDataNamed({ data }: AccessOptions, { env }: Terminal): boolean {
  return data !== undefined || Boolean(env["CASTELLAN_DATA"]);
}

function configFile(terminal: Terminal): string {
  return configPath(terminal, "config.json");
}

function namedUrl(options: AccessOptions, { env }: Terminal): Pick<Access, "url" | "urlFrom"> | undefined {
  const [text, urlFrom] =
    options.url === undefined ? [env["CASTELLAN_URL"], "CASTELLAN_URL"] : [options.url, "--url"];
  if (!text) return undefined;
  const url = toServerUrl(text);
  if (url === undefined) throw cliFaults.fault("usage_invalid", `${urlFrom} ${urlRule}`);
  return { url, urlFrom };
}

function namedToken({ env }: Terminal): { token: string; tokenFrom: string } | undefined {
  const token = env["CASTELLAN_TOKEN"];
  if (!token) return undefined;
  if (!isToken(token)) throw cliFaults.fault("usage_invalid", "CASTELLAN_TOKEN does not hold one token");
  return { token, tokenFrom: "CASTELLAN_TOKEN" };
}

function nowhere(options: AccessOptions, terminal: Terminal) {
  const paths = [configFile(terminal), adminFile(options, terminal)].join(" nor ");
  return unknown(`No server is known: there is neither CASTELLAN_URL nor ${paths}`);
}

function unknown(message: string) {
  return cliFaults.fault("access_unknown", message);
}
