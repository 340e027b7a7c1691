/**
 * `kill -9` at every point of a run that wants two yeses: it goes on where it was, or fails and says which call nobody can vouch
 * for. *invoices* is served by this process, which is not killed, and counts: no write happened twice.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCastellan, type Castellan } from "../heavy/process/castellan.ts";
import { createHome } from "../heavy/process/home.ts";
import { eventually } from "../heavy/process/proc.ts";
import { press } from "../policy/approvals/scene.ts";
import type { Loose } from "../portal/client.ts";
import {
  createCodeScene,
  last,
  pagesIn,
  startServers,
  valueIn,
  type CodeScene,
  type Servers,
  type Visitor,
} from "./scene.ts";
import type { Side } from "./servers/served.ts";

/** A dead replica's lease, and then some. */
const withinMs = 90_000;

const opened = new AsyncDisposableStack();
let castellan: Castellan;
let restart: () => Promise<void>;
let servers: Servers;
let scene: CodeScene;
let ann: Visitor;
let lea: Visitor;

beforeAll(async () => {
  servers = opened.use(await startServers());
  const home = opened.use(createHome());
  const database = opened.use(await createTestDatabase());
  const { host, port, user, database: name } = database.connection;
  const env: Record<string, string> = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  castellan = await startCastellan({ home, env });
  opened.defer(() => castellan[Symbol.asyncDispose]());
  const { url, dataDir } = castellan;
  env["CASTELLAN_PORT"] = new URL(url).port;
  restart = async () => {
    castellan.kill("SIGKILL");
    await castellan.ended;
    castellan = await startCastellan({ home, env });
  };
  const { token } = JSON.parse(readFileSync(join(dataDir, "admin.json"), "utf8")) as { token: string };
  scene = await createCodeScene({ url, sockets: [url], adminToken: token }, servers);
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
});
afterAll(() => opened.disposeAsync());

const codeFor = (name: string) => `
  const before = await codemode.invoices_list_invoices({});
  const a = await codemode.invoices_create_invoice({ key: "${name}-a" });
  const between = await codemode.invoices_list_invoices({});
  const b = await codemode.invoices_create_invoice({ key: "${name}-b" });
  return { ids: [a.id, b.id], seen: [before.includes("${name}-a"), between.includes("${name}-a")] };`;

/** Where it is when it is killed: at a call of the run (the n-th that comes to the server), or between two of its passes. */
const points: readonly (
  | {
      readonly name: string;
      readonly tool: string;
      readonly side: Side;
      readonly after: number;
      readonly code?: string;
    }
  | {
      readonly name: string;
      readonly after: number;
      readonly decided?: boolean;
      readonly tool?: undefined;
      readonly code?: string;
    }
)[] = [
  { name: "first-read-asked", tool: "list_invoices", side: "before", after: 0 },
  { name: "first-read-done", tool: "list_invoices", side: "after", after: 0 },
  { name: "first-pause", after: 1 },
  { name: "first-yes", after: 1, decided: true },
  {
    name: "first-write-asked",
    tool: "create_invoice",
    side: "before",
    after: 1,
    code: "run_outcome_unknown",
  },
  { name: "first-write-done", tool: "create_invoice", side: "after", after: 1, code: "run_outcome_unknown" },
  { name: "second-read-asked", tool: "list_invoices", side: "before", after: 1 },
  { name: "second-pause", after: 2 },
  { name: "second-yes", after: 2, decided: true },
  {
    name: "second-write-asked",
    tool: "create_invoice",
    side: "before",
    after: 2,
    code: "run_outcome_unknown",
  },
  { name: "second-write-done", tool: "create_invoice", side: "after", after: 2, code: "run_outcome_unknown" },
  { name: "end", after: 3 },
];

test.each(points)("$name", { timeout: 180_000 }, async (point) => {
  const { name, after } = point;
  const code = codeFor(name);
  const arrived = await goTo(point, code);
  await restart();
  arrived?.();

  const { items } = await ann.api<{ items: Loose[] }>("GET", "/me/runs");
  const run = items.find((item) => item.code === undefined || String(item.code).includes(`${name}-a`));
  expect(run, JSON.stringify(items)).toBeDefined();
  const end = await goOn(run.id);
  const writes = [servers.invoices.writes(`${name}-a`), servers.invoices.writes(`${name}-b`)];
  if (point.code === undefined) {
    expect(end.isError, JSON.stringify(end)).toBeUndefined();
    expect(valueIn(end)).toEqual({ ids: [`inv-${name}-a`, `inv-${name}-b`], seen: [false, true] });
    expect(writes).toEqual([1, 1]);
    return;
  }
  expect(end.structuredContent?.status, JSON.stringify([end, writes])).toBe("failed");
  const { error } = end.structuredContent;
  expect([error.code, JSON.stringify(error)]).toEqual([
    point.code,
    expect.stringContaining("create_invoice"),
  ]);
  // The server had it before the house died, and carries it out.
  await eventually(
    () => servers.invoices.writes(`${name}-${after === 1 ? "a" : "b"}`),
    (count) => count === 1,
  );
  expect(servers.invoices.writes(`${name}-b`)).toBe(after === 1 ? 0 : 1);
  expect(servers.invoices.writes(`${name}-a`)).toBe(1);
});

/** Takes the run to the point; resolves to what lets the server go on, where it is held. */
async function goTo(point: (typeof points)[number], code: string): Promise<(() => void) | undefined> {
  const isAtCall = point.tool !== undefined;
  let run: string | undefined;
  for (let pass = 0; pass < point.after; pass++) {
    const answer = await last(scene.execute(ann.door, run === undefined ? { code } : { run }));
    if (answer["result"].structuredContent === undefined) return undefined;
    run = answer["result"].structuredContent.run;
    const isLast = pass === point.after - 1;
    if (isLast && !isAtCall && point.decided !== true) return undefined;
    // Whoever decides has the run go on in the background, so the gate is there before.
    if (isLast && isAtCall) break;
    for (const page of pagesIn(answer)) await press(lea.browser, page, "yes");
    if (isLast) return undefined;
  }
  if (!isAtCall) return undefined;
  const gate = servers.invoices.hold(point.tool, point.side);
  if (run === undefined) {
    void scene.execute(ann.door, { code }).catch(() => undefined);
  } else {
    const shown = await last(scene.execute(ann.door, { run }));
    for (const page of pagesIn(shown)) await press(lea.browser, page, "yes");
    void scene.execute(ann.door, { run }).catch(() => undefined);
  }
  await gate.arrived;
  return gate.open;
}

/** Goes on with it, with a yes to all that is asked, until it has ended. */
async function goOn(run: string): Promise<Loose> {
  return eventually(
    async () => {
      const answer = await last(scene.execute(ann.door, { run }));
      const { result } = answer;
      if (result?.structuredContent?.status !== "paused") return result ?? answer;
      for (const page of pagesIn(answer)) await press(lea.browser, page, "yes").catch(() => undefined);
      return undefined;
    },
    (result) =>
      result !== undefined &&
      result.error?.data?.retryable !== true &&
      !JSON.stringify(result).includes("run_taken"),
    { withinMs, everyMs: 500 },
  );
}
