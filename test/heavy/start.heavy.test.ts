/** The start of the process: how soon it answers, where it can live, and what it says when it cannot. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startBenchUpstream } from "../fixtures/bench-upstream.ts";
import { printFigures } from "./figures.ts";
import { addPortal, portalUrl } from "./portal.ts";
import { launch, startCastellan, stop } from "./process/castellan.ts";
import { createHome, socketDirOf, type HomeOptions } from "./process/home.ts";
import { processesIn } from "./process/proc.ts";
import { Connection, isSuccess } from "./traffic/connection.ts";

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const entry = fileURLToPath(new URL("../../apps/server/bin/castellan.js", import.meta.url));
/** Whether an ordinary user may read this checkout at all. */
const canRunAsNobody =
  isRoot &&
  spawnSync(process.execPath, [entry, "--version"], { uid: nobody, gid: nobody, cwd: "/", env: {} })
    .status === 0;

/** What is said in one sentence is one line, and a hint below it at the most. */
function sentences(stderr: string): string[] {
  return stderr.trimEnd().split("\n");
}

const portTaken = (port: number) =>
  `castellan: Port ${port} on 127.0.0.1 is in use by another process (port_in_use)`;

describe.runIf(process.platform === "linux")("the start of the process", () => {
  test("on an existing data folder it answers a tool call within five seconds", async () => {
    await using upstream = await startBenchUpstream();
    await using home = createHome();
    const portal = { token: "" };
    {
      await using castellan = await startCastellan({ home });
      ({ token: portal.token } = await addPortal(castellan, "team", { bench: upstream.url }));
      printFigures("a first start", { "ready after ms": castellan.readyMs });
      expect(await stop(castellan)).toMatchObject({ code: 0 });
    }
    const answeredMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const startedMs = performance.now();
      await using castellan = await startCastellan({ home });
      using client = new Connection({ ...portal, url: portalUrl(castellan.url, "team"), era: "modern" });
      expect(isSuccess(await client.call("bench_echo", { text: "hello" }))).toBe(true);
      answeredMs.push(performance.now() - startedMs);
      expect(await stop(castellan)).toMatchObject({ code: 0 });
    }
    printFigures("start on an existing data folder", {
      "first answered call after ms": answeredMs.map(Math.round).join(" "),
    });
    expect(Math.max(...answeredMs)).toBeLessThan(5000);
  });

  test("a second one on the same data folder is refused in one sentence, and the first goes on", async () => {
    await using home = createHome();
    await using first = await startCastellan({ home });
    await using second = launch({ home });
    const { code, stderr } = await second.ended;
    expect({ code, said: sentences(stderr) }).toEqual({
      code: 1,
      said: [
        `castellan: Another Castellan (process ${first.pid}) is running on ${home.dataDir}; stop it, or give this one a data folder of its own (database_in_use)`,
      ],
    });
    expect(await first.api("GET", "/status")).toMatchObject({ database: { ok: true } });
    expect(await stop(first)).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test("a port that is taken is named in one sentence, and nothing is left running", async () => {
    await using home = createHome();
    await using taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    await using castellan = launch({ home, env: { CASTELLAN_PORT: String(port) } });
    const { code, stderr } = await castellan.ended;
    expect({ code, said: sentences(stderr) }).toEqual({ code: 1, said: [portTaken(port)] });
    expect(processesIn(home.path)).toEqual([]);
    expect(existsSync(socketDirOf(home.dataDir) ?? "")).toBe(false);
  });

  test("a metrics port that is taken likewise", async () => {
    await using home = createHome();
    await using taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    await using castellan = launch({ home, env: { CASTELLAN_METRICS_PORT: String(port) } });
    const { code, stderr } = await castellan.ended;
    expect({ code, said: sentences(stderr) }).toEqual({ code: 1, said: [portTaken(port)] });
    expect(processesIn(home.path)).toEqual([]);
  });

  test("wrong settings are told all at once, without the secrets in them", async () => {
    await using home = createHome();
    const secret = "hunter2hunter2";
    await using castellan = launch({
      home,
      env: {
        CASTELLAN_PORT: "eighty",
        CASTELLAN_HOST: "0.0.0.0",
        CASTELLAN_MASTER_KEY: secret,
        CASTELLAN_LOG_LEVEL: "loud",
        CASTELLAN_PROT: "8700",
        DATABASE_URL: `mysql://castellan:${secret}@db/castellan`,
      },
    });
    const { code, stderr } = await castellan.ended;
    expect(code).toBe(1);
    for (const variable of [
      "CASTELLAN_PORT must be a whole number from 0 to 65535",
      "CASTELLAN_PUBLIC_URL is required",
      "CASTELLAN_MASTER_KEY has",
      "CASTELLAN_LOG_LEVEL must be one of",
      "CASTELLAN_PROT is not a setting",
      "DATABASE_URL is not valid: it must begin with postgres://",
    ])
      expect(stderr).toMatch(variable);
    expect(stderr).not.toMatch(secret);
    expect(stderr).toMatch(/\(config_invalid\)\n$/);
    expect(existsSync(home.dataDir)).toBe(false);
  });

  const places: { name: string; isPossible: boolean; options: HomeOptions }[] = [
    { name: "under /root, as root", isPossible: isRoot, options: { parent: "/root" } },
    {
      name: "at the end of a path that no socket could have",
      isPossible: true,
      options: { dataDir: join(...Array.from({ length: 12 }, () => "a folder in a folder"), "data") },
    },
    {
      name: "with spaces, quotes and other letters",
      isPossible: true,
      options: { dataDir: `it's "Käthe"\\s $HOME` },
    },
    { name: "of an ordinary user", isPossible: canRunAsNobody, options: { uid: nobody } },
  ];
  for (const { name, isPossible, options } of places)
    test.skipIf(!isPossible)(`it lives in a data folder ${name}`, async () => {
      await using upstream = await startBenchUpstream();
      await using home = createHome(options);
      const { uid } = options;
      {
        await using castellan = await startCastellan({ home, uid });
        await addPortal(castellan, "team", { bench: upstream.url });
        castellan.kill("SIGKILL");
        await castellan.ended;
      }
      await using castellan = await startCastellan({ home, uid });
      expect(await castellan.api("GET", "/servers/bench")).toMatchObject({ state: { status: "ready" } });
      expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
      printFigures(`data folder ${name}`, { "ready again after ms": castellan.readyMs });
    });

  test.skipIf(!canRunAsNobody)(
    "a folder that is not its user's is refused in one sentence that names it",
    async () => {
      await using home = createHome();
      chmodSync(home.path, 0o755);
      await using castellan = launch({ home, uid: nobody });
      const { code, stderr } = await castellan.ended;
      expect({ code, lines: sentences(stderr).length }).toEqual({ code: 1, lines: 1 });
      expect(stderr).toMatch(/^castellan: .*\(database_folder_denied\)\n$/);
      expect(stderr).toMatch(home.dataDir);
    },
  );

  test("a first start that could not write down the admin's token leaves nobody locked out", async () => {
    await using home = createHome();
    mkdirSync(join(home.dataDir, "admin.json", "in the way"), { recursive: true });
    {
      await using castellan = launch({ home });
      const { code, stderr } = await castellan.ended;
      expect({ code, lines: sentences(stderr).length }).toEqual({ code: 1, lines: 1 });
      expect(stderr).toMatch(join(home.dataDir, "admin.json"));
    }
    rmSync(join(home.dataDir, "admin.json"), { recursive: true });
    await using castellan = await startCastellan({ home });
    expect(await castellan.api("GET", "/status")).toMatchObject({ database: { ok: true } });
  });

  test("a file in the data folder's place is refused in one sentence that names it", async () => {
    await using home = createHome();
    writeFileSync(home.dataDir, "");
    await using castellan = launch({ home });
    const { code, stderr } = await castellan.ended;
    expect({ code, lines: sentences(stderr).length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toMatch(/^castellan: .*\(database_[a-z_]+\)\n$/);
    expect(stderr).toMatch(home.dataDir);
  });
});
