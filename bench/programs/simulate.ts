/**
 * What it takes to replay recorded calls against changed rules through the API, over real records in PostgreSQL: of many
 * people with several clients each, from a few addresses each, to many tools. Beside it, what others wait meanwhile for an answer
 * of the same replica, and how far its memory grows.
 *
 * Options: --calls N (default 100000), --people N (2000), --rules 0,100,1000, --rounds N (default 2).
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createPeople } from "@castellan/access";
import { createAuditLog, type CallRecord } from "@castellan/audit";
import { openDatabase, startEmbeddedServer, type Database } from "@castellan/database";
import { createId, systemClock } from "@castellan/kernel";
import { loadVault, parseMasterKey } from "@castellan/vault";
import { startMeasuredCastellan } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { spread, spreadCells } from "../load/figures.ts";
import { cpuOf, memoryOf } from "../load/process.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100000" },
    people: { type: "string", default: "2000" },
    rules: { type: "string", default: "0,100,1000" },
    rounds: { type: "string", default: "2" },
  },
});
const calls = Number(values.calls);
const startMs = Date.parse("2026-06-01T00:00:00Z");

const asking = { action: "require_approval", approval: { deciders: { self: true } } };

using _deadline = endAfter(20 * 60_000);
await using opened = new AsyncDisposableStack();
const dataDir = await mkdtemp(join(tmpdir(), "castellan-bench-"));
opened.defer(() => rm(dataDir, { recursive: true, force: true }));
const { connection } = opened.use(await startEmbeddedServer({ dataDir }));
const { host, port, user, database: name } = connection;
const masterKey = randomBytes(32).toString("base64");
const castellan = opened.use(
  await startMeasuredCastellan({
    env: {
      DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
      CASTELLAN_MASTER_KEY: masterKey,
    },
  }),
);
await record(opened.use(await openDatabase({ connection, maxConnections: 4 })));
await castellan.restart();

const rows: string[][] = [];
let made = 0;
for (const size of values.rules.split(",").map(Number)) {
  while (made < size) await castellan.api("POST", "/policies", ruleOf(made++));
  for (let round = 0; round < Number(values.rounds); round++) rows.push(await measure(size));
}
printTable(
  [
    "rules",
    "calls",
    "seconds",
    "processor s",
    "changed",
    "others p50 ms",
    "p99",
    "max",
    "alone p99",
    "MiB",
    "at most",
  ],
  rows,
);

async function measure(size: number): Promise<string[]> {
  const alone = await whileAsked(() => delay(1_000));
  const before = await memoryOf(castellan.pid);
  const cpuMs = await cpuOf(castellan.pid);
  const startedMs = performance.now();
  const put = Array.from({ length: 10 }, (_, index) => ruleOf(index * 7, { action: "block" }));
  const during = await whileAsked(() => simulate({ put, maxCalls: calls }));
  const seconds = (performance.now() - startedMs) / 1000;
  const spentMs = (await cpuOf(castellan.pid)) - cpuMs;
  return [
    String(size),
    String(during.result["calls"]),
    seconds.toFixed(2),
    (spentMs / 1000).toFixed(2),
    String(during.result["changed"]),
    ...spreadCells(spread(during.waitedMs)),
    spread(alone.waitedMs).p99.toFixed(1),
    before.residentMiB.toFixed(0),
    during.residentMiB.toFixed(0),
  ];
}

/** Asks for something small, again and again, until the work is done. */
async function whileAsked<Result>(work: () => Promise<Result>) {
  const waitedMs: number[] = [];
  let residentMiB = 0;
  const done = new AbortController();
  const working = work().finally(() => done.abort());
  for (let turn = 0; !done.signal.aborted; turn++) {
    const askedMs = performance.now();
    await castellan.api("GET", "/me");
    waitedMs.push(performance.now() - askedMs);
    if (turn % 10 === 0) residentMiB = Math.max(residentMiB, (await memoryOf(castellan.pid)).residentMiB);
    await delay(5);
  }
  return { result: await working, waitedMs, residentMiB };
}

/** It may take longer than other requests are given. */
async function simulate(body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${castellan.url}/api/v1/policy/simulate`, {
    method: "POST",
    headers: { authorization: `Bearer ${castellan.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Rules that name nothing that would have to be there; each looks at what others do not. */
function ruleOf(index: number, what: object = asking): object {
  const kinds = [
    { include: [{ emailDomain: `team-${index % 40}.example.com` }] },
    { include: [{ ip: `10.${index % 250}.0.0/16` }], exclude: [{ country: "FR" }] },
    {
      include: [{ time: { from: "22:00", to: "05:00", zone: "Europe/Berlin" } }],
      require: [{ country: "DE" }],
    },
    { include: [{ expression: `call.tool == "tool-${index}" && caller.kind == "user"` }] },
    { include: [{ expression: `connection.address.startsWith("10.${index % 250}.")` }] },
  ];
  return {
    name: `rule-${index}`,
    ...what,
    at: index % 2 === 0 ? {} : { classes: ["write", "destructive"] },
    ...kinds[index % kinds.length],
  };
}

/** As many records as are simulated, in the log of the installation. */
async function record(database: Database): Promise<void> {
  const key = parseMasterKey(masterKey, "masterKey");
  const vault = await loadVault(database, { current: key, older: [] });
  await using log = createAuditLog({ database, mac: (data) => vault.mac("audit", data) });
  const people = createPeople({ database, clock: systemClock });
  const ids: string[] = [];
  for (let index = 0; index < Number(values.people); index++) {
    const email = `person-${index}@team-${index % 40}.example.com`;
    const input = { directory: "workforce", email, name: `Person ${index}`, role: "member" } as const;
    ids.push((await people.add(input, { by: "owner" })).id);
  }
  const inTurn = 5_000;
  for (let from = 0; from < calls; from += inTurn)
    await Promise.all(
      Array.from({ length: Math.min(inTurn, calls - from) }, (_, index) =>
        log.append(callOf(from + index, ids)),
      ),
    );
}

/** Not in step with one another, so that all of them meet: a multiplicative hash. */
function callOf(index: number, ids: readonly string[]): CallRecord {
  const any = (seed: number, below: number) => (Math.imul(index + seed, 2_654_435_761) >>> 7) % below;
  const person = any(1, ids.length);
  const address = person * 4 + any(2, 4);
  const tool = any(3, 500);
  return {
    id: createId("call"),
    startedAtMs: startMs + index * 10_007,
    durationMs: 12,
    upstreamMs: 9,
    requestId: `req-${index}`,
    replica: "rep_bench",
    portal: `portal-${any(4, 10)}`,
    server: `server-${tool % 20}`,
    era: "modern",
    method: "tools/call",
    target: `server-${tool % 20}_tool-${tool}`,
    principalKind: "user",
    principalId: ids[person] ?? "",
    principalName: `Person ${person}`,
    clientName: "agent",
    clientVersion: "1",
    clientAddress: `10.${address % 250}.${(address >> 8) % 250}.7`,
    outcome: "ok",
    bytesIn: 300,
    bytesOut: 900,
    class: (["read", "write", "destructive"] as const)[tool % 3],
    name: `tool-${tool}`,
    clientId: `cli_bench${any(6, 3)}`,
    country: (["DE", "FR", "US"] as const)[address % 3],
  };
}
