/** Two replicas over one PostgreSQL: what is done on one holds on the other. */
import { toolClasses } from "@castellan/access";
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startEmbeddedServer } from "@castellan/database";
import { startBenchUpstream } from "../fixtures/bench-upstream.ts";
import { printFigures } from "./figures.ts";
import { addPortal, addServer, portalUrl, type Portal } from "./portal.ts";
import { launch, startCastellan, stop, type Castellan } from "./process/castellan.ts";
import { createHome } from "./process/home.ts";
import { eventually } from "./process/proc.ts";
import { Connection, isSuccess, type Answer } from "./traffic/connection.ts";
import { auditRecord, nothingAmiss } from "./traffic/record.ts";
import { createMemory, startTraffic } from "./traffic/traffic.ts";

/** What an admin may rely on, milliseconds. */
const holdsEverywhereWithinMs = 2_000;

/** A database that stays while replicas come and go, and what each of them is given. */
async function startStore() {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(createHome());
  const server = opened.use(await startEmbeddedServer({ dataDir: home.dataDir, dangerouslyThrowaway: true }));
  const { host, port, user, database } = server.connection;
  const env = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const owned = opened.move();
  return { env, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The same portal at another replica. */
function at(replica: Pick<Castellan, "url">, portal: Portal, slug: string): Portal {
  return { ...portal, url: portalUrl(replica.url, slug) };
}

/** How long it takes until the answer is so. */
async function untilAnswer(
  ask: () => Promise<Answer>,
  isRight: (answer: Answer) => boolean,
): Promise<number> {
  const startedMs = performance.now();
  await eventually(ask, isRight, { withinMs: holdsEverywhereWithinMs, everyMs: 5 });
  return performance.now() - startedMs;
}

describe.runIf(process.platform === "linux")("two replicas over one PostgreSQL", () => {
  test("what is registered on one is callable on the other, and what is revoked is refused, within two seconds", async () => {
    await using store = await startStore();
    await using upstream = await startBenchUpstream();
    await using homeA = createHome();
    await using homeB = createHome();
    await using first = await startCastellan({ home: homeA, env: store.env });
    await using second = await startCastellan({ home: homeB, env: store.env });

    const registeredMs: number[] = [];
    const revokedMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const slug = `team-${round}`;
      await addServer(first, slug, upstream.url);
      await first.api("POST", "/portals", { slug, servers: [slug] });
      const { id, secret } = await first.api<{ id: string; secret: string }>("POST", "/tokens", {
        name: slug,
        role: "member",
        portals: [slug],
        allow: toolClasses,
      });
      using here = new Connection({ url: portalUrl(first.url, slug), token: secret, era: "modern" });
      using there = new Connection({ url: portalUrl(second.url, slug), token: secret, era: "modern" });
      const ask = (connection: Connection) => connection.call(`${slug}_echo`, { text: "hello" });
      registeredMs.push(await untilAnswer(() => ask(there), isSuccess));
      expect(isSuccess(await ask(here))).toBe(true);

      await first.api("DELETE", `/tokens/${id}`);
      // Where it was revoked it is refused at once.
      expect((await ask(here)).status).toBe(401);
      revokedMs.push(
        await untilAnswer(
          () => ask(there),
          ({ status }) => status === 401,
        ),
      );
    }
    printFigures("on the other replica", {
      "callable after ms": registeredMs.map(Math.round).join(" "),
      "refused after ms": revokedMs.map(Math.round).join(" "),
    });
    expect(await stop(first)).toEqual({ code: 0, signal: null, stderr: "" });
    expect(await stop(second)).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test("one is killed in traffic: the other goes on, and the record of both is whole", async () => {
    await using store = await startStore();
    await using upstream = await startBenchUpstream();
    await using homeA = createHome();
    await using homeB = createHome();
    await using first = await startCastellan({ home: homeA, env: store.env });
    await using second = await startCastellan({ home: homeB, env: store.env });
    const portal = await addPortal(first, "team", { bench: upstream.url });
    await untilAnswer(async () => {
      using there = new Connection({ ...at(second, portal, "team"), era: "modern" });
      return await there.call("bench_echo", { text: "hello" });
    }, isSuccess);
    const memory = createMemory();
    const options = {
      ...portal,
      connections: 8,
      tasks: [{ tool: "bench_echo", args: (mark: string) => ({ text: mark }) }],
      memory,
    };
    const staying = startTraffic({ ...options, ...at(first, portal, "team") });
    const dying = startTraffic({ ...options, ...at(second, portal, "team"), mayBreak: true });
    await dying.answers(500);
    second.kill("SIGKILL");
    await second.ended;
    await dying.stop();
    await staying.answers(500);
    await staying.stop();
    expect(memory.refused).toEqual([]);
    expect(memory.broken).toBe(8);
    expect(await auditRecord(first, memory)).toEqual(nothingAmiss);
    printFigures("one of two replicas killed", { answered: memory.answered.size });
  });

  test("another master key is refused at the start in one sentence", async () => {
    await using store = await startStore();
    await using homeA = createHome();
    await using homeB = createHome();
    await using first = await startCastellan({ home: homeA, env: store.env });
    const wrong = randomBytes(32).toString("base64");
    await using second = launch({ home: homeB, env: { ...store.env, CASTELLAN_MASTER_KEY: wrong } });
    const { code, stderr } = await second.ended;
    expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toMatch(/^castellan: .* \(vault_wrong_key\)\n$/);
    expect(stderr).not.toMatch(wrong);
    expect(await first.api("GET", "/status")).toMatchObject({ database: { ok: true } });
    expect(await stop(first)).toEqual({ code: 0, signal: null, stderr: "" });
  });
});
