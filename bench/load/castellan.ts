/** Castellan under measurement: a process over a data folder of its own, set up over the API as an admin does. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgram } from "./process.ts";

export interface MeasuredCastellan extends AsyncDisposable {
  readonly pid: number;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly adminToken: string;
  /** Its data folder, where other programs of the run may put their files. */
  readonly folder: string;
  addServer(slug: string, server: MeasuredServer): Promise<void>;
  /** Makes a portal over servers that are registered; resolves to a token for it. */
  makePortal(slug: string, servers: readonly string[]): Promise<string>;
  /** Registers servers by slug and makes a portal over them; resolves to a token for it. */
  addPortal(slug: string, servers: Readonly<Record<string, MeasuredServer>>): Promise<string>;
  portalUrl(slug: string): URL;
  /** One request to the API as the admin. */
  api(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Stops it and starts it again over the same data; resolves to how long that start took, milliseconds. */
  restart(): Promise<number>;
}

export interface MeasuredServer {
  readonly url: URL;
  /** What it may ask of clients. Default: nothing. */
  readonly clientFeatures?: readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const requestTimeoutMs = 30_000;

/** Of everything that it offers nothing needs an approval: that is not what is measured. */
const autoAccept = ["tool", "prompt", "resource", "resource_template", "instructions"];

export interface MeasuredCastellanOptions {
  /** Settings beside the data folder and a free port. */
  readonly env?: Readonly<Record<string, string>>;
  /** The replica that brought the database up to date, and made the admin. */
  readonly beside?: Pick<MeasuredCastellan, "adminToken">;
}

export async function startMeasuredCastellan({
  env = {},
  beside,
}: MeasuredCastellanOptions = {}): Promise<MeasuredCastellan> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "castellan-bench-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  let running = await start(folder, env);
  opened.defer(() => running[Symbol.asyncDispose]());
  const base = () => running.match[1] ?? "";
  const adminToken = beside?.adminToken ?? (await readAdminToken(folder));

  async function api(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${base()}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  }

  async function addServer(slug: string, { url, clientFeatures }: MeasuredServer): Promise<void> {
    await api("POST", "/servers", {
      slug,
      url: url.href,
      allowPrivate: [url.host],
      autoAccept,
      ...(clientFeatures && { clientFeatures }),
    });
  }

  async function makePortal(slug: string, servers: readonly string[]): Promise<string> {
    await api("POST", "/portals", { slug, servers });
    const allow = ["read", "write", "destructive"];
    const { secret } = await api("POST", "/tokens", { name: slug, role: "member", portals: [slug], allow });
    return String(secret);
  }

  const owned = opened.move();
  return {
    get pid() {
      return running.pid;
    },
    get url() {
      return base();
    },
    adminToken,
    folder,
    api,
    portalUrl: (slug) => new URL(`${base()}/p/${slug}/mcp`),
    async restart() {
      await running[Symbol.asyncDispose]();
      const startedMs = performance.now();
      running = await start(folder, env);
      return performance.now() - startedMs;
    },
    addServer,
    makePortal,
    async addPortal(slug, servers) {
      for (const [name, server] of Object.entries(servers)) await addServer(name, server);
      return makePortal(slug, Object.keys(servers));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function readAdminToken(folder: string): Promise<string> {
  return (JSON.parse(await readFile(join(folder, "admin.json"), "utf8")) as { token: string }).token;
}

function start(folder: string, env: Readonly<Record<string, string>>) {
  return startProgram({
    command: process.execPath,
    args: [join(root, "apps/server/bin/castellan.js"), "up"],
    env: { CASTELLAN_DATA: folder, CASTELLAN_PORT: "0", CASTELLAN_LOG_LEVEL: "info", ...env },
    ready: /"url":"(http:\/\/(?:localhost|127\.0\.0\.1):\d+)"[^\n]*is ready/,
  });
}

/** The quick server of the fixtures, as a process: `both`, `legacy` or `modern`. */
export async function startUpstream(era: "both" | "legacy" | "modern") {
  const program = await startProgram({
    command: process.execPath,
    args: [join(root, "test/fixtures/bench-upstream.ts"), "--port", "0", "--era", era],
    ready: /(http:\/\/127\.0\.0\.1:\d+\S*)/,
  });
  return Object.assign(program, { url: new URL(program.match[1] ?? "") });
}
