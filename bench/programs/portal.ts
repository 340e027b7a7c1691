/**
 * What the portal adds to a tool call: straight to the server, through nginx (where installed), and
 * through the portal with authentication and record on. Turn and turn about in one run, since the
 * machine is shared; everything, the generator too, on the same cores.
 *
 * Options: --seconds N (of one turn, default 4), --rounds N (default 3), --soak SECONDS (portal only).
 */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startMeasuredCastellan, startUpstream } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { runLoad, summary, type LoadResult } from "../load/http-load.ts";
import { memoryOf } from "../load/process.ts";
import { loadOf, openSpeaker, type Door, type Era } from "../load/speaker.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    soak: { type: "string" },
  },
});
const eras: readonly Era[] = ["legacy", "modern"];

interface Way extends Door {
  readonly name: string;
  readonly tool: string;
}

using _deadline = endAfter(
  (Number(values.soak ?? 0) + Number(values.rounds) * Number(values.seconds) * 12 + 300) * 1000,
);
await using upstream = await startUpstream("both");
await using castellan = await startMeasuredCastellan();
const idle = await idleMemory();
const token = await castellan.addPortal("bench", { bench: upstream });
const ways: Way[] = [
  { name: "direct", url: upstream.url, tool: "echo", headers: {} },
  ...(await nginxWay()),
  {
    name: "portal",
    url: castellan.portalUrl("bench"),
    tool: "bench_echo",
    headers: { authorization: `Bearer ${token}` },
  },
];

if (values.soak === undefined) await compare();
else await soak(Number(values.soak));

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
  const speaker = await openSpeaker(way, era);
  const load = loadOf(speaker, way.tool, { text: "x".repeat(200) });
  const result = await runLoad({ ...load, connections, durationMs });
  await speaker.end();
  if (result.firstFailure !== undefined) console.error(`${way.name}, ${era}: ${result.firstFailure}`);
  return result;
}

async function idleMemory() {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return memoryOf(castellan.pid);
}

/** nginx as a reverse proxy to the server, on one worker, without log: the least that a proxy can cost. */
async function nginxWay(): Promise<Way[]> {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    console.error("nginx is not installed: measured without it");
    return [];
  }
  const { folder } = castellan;
  const port = Number(upstream.url.port) === 18_080 ? 18_081 : 18_080;
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
     events { worker_connections 256; }
     http { access_log off;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
       uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; keepalive_requests 1000000;
       upstream server { server ${upstream.url.host}; keepalive 32; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port};
         location / { proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
  );
  const { spawn } = await import("node:child_process");
  const nginx = spawn("nginx", ["-c", config, "-p", folder], { stdio: "ignore" });
  process.on("exit", () => nginx.kill());
  nginx.unref();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const url = new URL(upstream.url.href);
  url.port = String(port);
  return [{ name: "nginx", url, tool: "echo", headers: {} }];
}
