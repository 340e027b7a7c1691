/**
 * What the portal adds to a tool call: straight to the server, through nginx (where installed), and
 * through the portal with authentication and record on. Turn and turn about in one run, since the
 * machine is shared; everything, the generator too, on the same cores.
 *
 * Options: --seconds N (of one turn, default 4), --rounds N (default 3), --soak SECONDS (portal only).
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { percentile, runLoad, type LoadResult } from "../load/http-load.ts";
import { memoryOf, startProgram } from "../load/process.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    soak: { type: "string" },
  },
});
const root = fileURLToPath(new URL("../../", import.meta.url));
const eras = ["legacy", "modern"] as const;
type Era = (typeof eras)[number];

interface Way {
  readonly name: string;
  readonly url: URL;
  readonly tool: string;
  readonly headers: Readonly<Record<string, string>>;
}

await using upstream = await startProgram({
  command: process.execPath,
  args: [join(root, "test/fixtures/bench-upstream.ts"), "--port", "0"],
  ready: /(http:\/\/127\.0\.0\.1:\d+\S*)/,
});
const upstreamUrl = new URL(upstream.match[1] ?? "");
const folder = await mkdtemp(join(tmpdir(), "castellan-bench-"));
await using castellan = await startProgram({
  command: process.execPath,
  args: [join(root, "apps/server/bin/castellan.js"), "up"],
  env: { CASTELLAN_DATA: folder, CASTELLAN_PORT: "0", CASTELLAN_LOG_LEVEL: "info" },
  ready: /"url":"(http:\/\/127\.0\.0\.1:\d+)"[^\n]*is ready/,
});
const base = castellan.match[1] ?? "";
const idle = await idleMemory();
const token = await setUp();
const ways: Way[] = [
  { name: "direct", url: upstreamUrl, tool: "echo", headers: {} },
  ...(await nginxWay()),
  {
    name: "portal",
    url: new URL(`${base}/p/bench/mcp`),
    tool: "bench_echo",
    headers: { authorization: `Bearer ${token}` },
  },
];

if (values.soak === undefined) await compare();
else await soak(Number(values.soak));
await rm(folder, { recursive: true, force: true });

async function compare(): Promise<void> {
  const durationMs = Number(values.seconds) * 1000;
  const results = new Map<string, LoadResult[]>();
  for (const way of ways) for (const era of eras) await measure(way, era, 16, 1500);
  for (let round = 0; round < Number(values.rounds); round++)
    for (const connections of [1, 16])
      for (const era of eras)
        for (const way of ways) {
          const key = `${connections} ${era} ${way.name}`;
          results.set(key, [...(results.get(key) ?? []), await measure(way, era, connections, durationMs)]);
        }

  const rows = [];
  for (const connections of [1, 16])
    for (const era of eras) {
      const direct = summary(results.get(`${connections} ${era} direct`) ?? []);
      for (const way of ways) {
        const own = summary(results.get(`${connections} ${era} ${way.name}`) ?? []);
        rows.push([
          `${way.name}, ${era}, ${connections} connection${connections === 1 ? "" : "s"}`,
          own.perSecond.toFixed(0),
          `${(own.perSecond / direct.perSecond).toFixed(2)}×`,
          own.medianMs.toFixed(3),
          (own.medianMs - direct.medianMs).toFixed(3),
          own.p99Ms.toFixed(2),
          String(own.failures),
        ]);
      }
    }
  printTable(["tools/call", "per second", "of direct", "p50 ms", "added", "p99 ms", "failed"], rows);
  const loaded = await memoryOf(castellan.pid);
  console.log("");
  printTable(
    ["memory, MiB", "resident", "with PostgreSQL (PSS)"],
    [
      ["idle", idle.residentMiB.toFixed(0), idle.withChildrenMiB.toFixed(0)],
      ["after this load", loaded.residentMiB.toFixed(0), loaded.withChildrenMiB.toFixed(0)],
    ],
  );
}

async function soak(seconds: number): Promise<void> {
  const portal = ways.at(-1);
  if (!portal) return;
  const rows = [];
  const sliceMs = 30_000;
  for (let doneMs = 0; doneMs < seconds * 1000; doneMs += sliceMs) {
    const result = await measure(portal, eras[(doneMs / sliceMs) % 2] ?? "modern", 16, sliceMs);
    const memory = await memoryOf(castellan.pid);
    rows.push([
      `${(doneMs + sliceMs) / 1000} s`,
      result.perSecond.toFixed(0),
      memory.residentMiB.toFixed(0),
      memory.withChildrenMiB.toFixed(0),
      String(result.failures),
    ]);
    console.error(rows.at(-1)?.join("  "));
  }
  printTable(["after", "per second", "resident MiB", "with PostgreSQL (PSS)", "failed"], rows);
}

async function measure(way: Way, era: Era, connections: number, durationMs: number): Promise<LoadResult> {
  const { headers, meta } = await speak(way, era);
  const params = { name: way.tool, arguments: { text: "x".repeat(200) }, ...(meta && { _meta: meta }) };
  const result = await runLoad({
    url: way.url,
    headers: {
      ...headers,
      ...(era === "modern" ? { "mcp-method": "tools/call", "mcp-name": way.tool } : {}),
    },
    body: (connection) =>
      JSON.stringify({ jsonrpc: "2.0", id: connection + 1, method: "tools/call", params }),
    connections,
    durationMs,
    expect: '"content"',
  });
  if (result.firstFailure !== undefined) console.error(`${way.name}, ${era}: ${result.firstFailure}`);
  return result;
}

/** What every request of this era carries; a legacy one needs a session per connection at the most: one serves all. */
async function speak(way: Way, era: Era) {
  const common = {
    ...way.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  if (era === "modern")
    return {
      headers: { ...common, "mcp-protocol-version": "2026-07-28" },
      meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
      },
    };
  const initialize = {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
  };
  const response = await fetch(way.url, {
    method: "POST",
    headers: common,
    body: JSON.stringify(initialize),
  });
  const session = response.headers.get("mcp-session-id");
  await response.text();
  return {
    headers: {
      ...common,
      "mcp-protocol-version": "2025-11-25",
      ...(session && { "mcp-session-id": session }),
    },
    meta: undefined,
  };
}

function summary(results: readonly LoadResult[]) {
  const median = (values: number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    perSecond: median(results.map((result) => result.perSecond)),
    medianMs: median(results.map((result) => percentile(result.latenciesMs, 0.5))),
    p99Ms: median(results.map((result) => percentile(result.latenciesMs, 0.99))),
    failures: results.reduce((total, result) => total + result.failures, 0),
  };
}

async function idleMemory() {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return memoryOf(castellan.pid);
}

/** Registers the server and makes a portal and a token, over the API. */
async function setUp(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const admin = JSON.parse(await readFile(join(folder, "admin.json"), "utf8")) as { token: string };
  const post = async (path: string, body: object) => {
    const response = await fetch(`${base}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  await post("/servers", { slug: "bench", url: upstreamUrl.href, allowPrivate: [upstreamUrl.host] });
  await post("/portals", { slug: "bench", servers: ["bench"] });
  const created = await post("/tokens", { name: "bench", role: "member", portals: ["bench"] });
  return String(created["secret"]);
}

/** nginx as a reverse proxy to the server, on one worker, without log: the least that a proxy can cost. */
async function nginxWay(): Promise<Way[]> {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    console.error("nginx is not installed: measured without it");
    return [];
  }
  const port = Number(upstreamUrl.port) === 18_080 ? 18_081 : 18_080;
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
     events { worker_connections 256; }
     http { access_log off;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
       uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; keepalive_requests 1000000;
       upstream server { server ${upstreamUrl.host}; keepalive 32; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port};
         location / { proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
  );
  const { spawn } = await import("node:child_process");
  const nginx = spawn("nginx", ["-c", config, "-p", folder], { stdio: "ignore" });
  process.on("exit", () => nginx.kill());
  await new Promise((resolve) => setTimeout(resolve, 500));
  const url = new URL(upstreamUrl.href);
  url.port = String(port);
  return [{ name: "nginx", url, tool: "echo", headers: {} }];
}
