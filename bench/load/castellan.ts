/** Castellan under measurement: a process over a data folder of its own, set up over the API as an admin does. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgram } from "./process.ts";

export interface MeasuredCastellan extends AsyncDisposable {
  readonly pid: number;
  /** Its data folder, where other programs of the run may put their files. */
  readonly folder: string;
  /** Registers servers by slug and makes a portal over them; resolves to a token for it. */
  addPortal(slug: string, servers: Readonly<Record<string, MeasuredServer>>): Promise<string>;
  portalUrl(slug: string): URL;
}

export interface MeasuredServer {
  readonly url: URL;
  /** What it may ask of clients. Default: nothing. */
  readonly clientFeatures?: readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const requestTimeoutMs = 30_000;

export async function startMeasuredCastellan(): Promise<MeasuredCastellan> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "castellan-bench-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const { pid, match } = opened.use(
    await startProgram({
      command: process.execPath,
      args: [join(root, "apps/server/bin/castellan.js"), "up"],
      env: { CASTELLAN_DATA: folder, CASTELLAN_PORT: "0", CASTELLAN_LOG_LEVEL: "info" },
      ready: /"url":"(http:\/\/127\.0\.0\.1:\d+)"[^\n]*is ready/,
    }),
  );
  const base = match[1] ?? "";
  const admin = JSON.parse(await readFile(join(folder, "admin.json"), "utf8")) as { token: string };

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${base}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  const owned = opened.move();
  return {
    pid,
    folder,
    portalUrl: (slug) => new URL(`${base}/p/${slug}/mcp`),
    async addPortal(slug, servers) {
      for (const [name, { url, clientFeatures }] of Object.entries(servers))
        await post("/servers", {
          slug: name,
          url: url.href,
          allowPrivate: [url.host],
          ...(clientFeatures && { clientFeatures }),
        });
      await post("/portals", { slug, servers: Object.keys(servers) });
      const { secret } = await post("/tokens", { name: slug, role: "member", portals: [slug] });
      return String(secret);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
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
