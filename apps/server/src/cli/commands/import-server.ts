/** `castellan server import`: from another registry's server.json, in a file, at a URL or by its name there. */
import type { ServerImport } from "@castellan/client";
import { Fault, isFault } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { authSettings, readAuthSecrets } from "../input/auth-settings.ts";
import { fetchText } from "../input/fetch-document.ts";
import { readTextFile } from "../input/file.ts";
import { parseHeaders } from "../input/headers.ts";
import { changeLimits } from "../input/limits.ts";
import { parsePair } from "../input/pair.ts";
import { secretFromEnv } from "../input/secret.ts";
import { plainSettings, readBearer, syncInterval, type ServerOptions } from "../input/server-settings.ts";
import type { Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { showServer } from "./show-server.ts";

export interface ImportOptions extends ServerOptions {
  readonly registry?: string;
  readonly name?: string;
  readonly slug?: string;
  readonly remote?: string;
  /** `NAME=VALUE` */
  readonly var?: readonly string[];
  /** `NAME=VARIABLE` */
  readonly varEnv?: readonly string[];
  readonly syncEvery?: string;
}

export async function importServer(
  session: Session,
  source: string | undefined,
  options: ImportOptions,
): Promise<void> {
  const { terminal, api } = session;
  const { title, description, transport, ...settings } = plainSettings(options);
  const auth = authSettings(options);
  const body: ServerImport = {
    ...settings,
    title,
    description,
    transport,
    document: await readDocument(source, options, terminal),
    slug: options.slug,
    remote: parseRemote(options.remote),
    variables: parseVariables(options, terminal),
    headers: await readHeaders(options, terminal),
    auth,
    authSecrets: await readAuthSecrets(options, auth?.kind, terminal),
    syncIntervalSeconds: syncInterval(options.syncEvery),
    limits: changeLimits({}, options.limit ?? []),
  };
  try {
    showServer(session, await api.importServer({ body }));
  } catch (error) {
    if (!isFault(error, "server_json_incomplete")) throw error;
    const { code, message, data } = error;
    throw new Fault(
      code,
      { owner: error.owner, status: error.status, help: "" },
      `${message}: ${optionsFor(data?.["missing"])}`,
    );
  }
}

async function readDocument(
  source: string | undefined,
  { registry, name }: ImportOptions,
  { cwd }: Terminal,
): Promise<Record<string, unknown>> {
  if (
    (source === undefined) === (registry === undefined) ||
    (registry === undefined) !== (name === undefined)
  )
    throw cliFaults.fault("usage_invalid", "Give a file or URL, or else --registry and --name");
  const url =
    registry === undefined
      ? (source ?? "")
      : `${registry.replace(/\/+$/, "")}/v0.1/servers/${encodeURIComponent(name ?? "")}/versions/latest`;
  if (registry === undefined && !/^https?:\/\//i.test(url))
    return parseDocument(await readTextFile(url, cwd), "file_unreadable");
  return parseDocument(await fetchText(url), "document_unavailable");
}

function parseDocument(
  text: string,
  code: "file_unreadable" | "document_unavailable",
): Record<string, unknown> {
  const value = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw cliFaults.fault(code, "What is there is no server.json: it is no JSON object");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseRemote(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw cliFaults.fault("usage_invalid", "--remote must be a whole number, 0 for the first");
}

function parseVariables(options: ImportOptions, terminal: Terminal): Record<string, string> {
  const plain = (options.var ?? []).map((text) => parsePair(text, "--var"));
  const secret = (options.varEnv ?? []).map((text) => {
    const [name, variable] = parsePair(text, "--var-env");
    return [name, secretFromEnv(variable, terminal)] as const;
  });
  return Object.fromEntries([...plain, ...secret]);
}

async function readHeaders(options: ImportOptions, terminal: Terminal): Promise<Record<string, string>> {
  const headers = parseHeaders(options.header ?? [], options.headerEnv ?? [], terminal);
  const bearer = await readBearer(options, terminal);
  return bearer === undefined ? headers : { ...headers, Authorization: `Bearer ${bearer}` };
}

/** `--var-env tenant=VARIABLE --header-env X-Key=VARIABLE` for fields of the request. */
function optionsFor(missing: unknown): string {
  const fields = Array.isArray(missing) ? missing : [];
  const texts = fields.flatMap((one: { field?: unknown; isSecret?: unknown } | null) => {
    const [, member, name] = /^(variables|headers)\.(.+)$/s.exec(String(one?.field)) ?? [];
    if (name === undefined) return [];
    if (member === "headers") return [`--header-env ${name}=VARIABLE`];
    return [one?.isSecret === true ? `--var-env ${name}=VARIABLE` : `--var ${name}=VALUE`];
  });
  return `add ${texts.join(" ")}`;
}
