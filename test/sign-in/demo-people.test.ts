/** The demo comes with people: nobody knows a password of theirs, and their links are for whoever started it. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTelemetry } from "@castellan/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../apps/server/src/config/settings.ts";
import { startDemo } from "../../apps/server/src/demo/demo.ts";
import { demoLinksFile } from "../../apps/server/src/demo/demo-links.ts";
import { writeAdminFile } from "../../apps/server/src/house/admin-file.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { HttpBrowser } from "./http-browser.ts";
import { allow, registerClient } from "./oauth-client.ts";
import { connect } from "./okrs-scene.ts";
import { makeAccount } from "./people.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "castellan-demo-"));
  opened.defer(() => rm(dataDir, { recursive: true }));
  house = opened.use(await startTestHouse());
  await writeAdminFile(dataDir, { url: house.url, token: house.adminToken });
});
afterAll(() => opened.disposeAsync());

/** Starts the demo and stops it when `meanwhile` is done; what it logged, and what it said to the terminal. */
async function runDemo(meanwhile: () => Promise<void>): Promise<{ log: string; told: string[] }> {
  const [log, told]: string[][] = [[], []];
  await using telemetry = await createTelemetry({
    service: { name: "castellan", version: "0.0.0-test", instanceId: "demo" },
    log: { destination: { write: (line) => log?.push(line) }, level: "debug", format: "json" },
  });
  await using _ = await startDemo({
    config: readConfig({ CASTELLAN_DATA: dataDir }),
    localUrl: house.url,
    logger: telemetry.logger,
    tell: (text) => told?.push(text),
    signal: new AbortController().signal,
  });
  await meanwhile();
  return { log: log?.join("") ?? "", told: told ?? [] };
}

/** Name and link of each line. */
async function links(): Promise<[name: string, link: string][]> {
  const lines = (await readFile(demoLinksFile(dataDir), "utf8")).trimEnd().split("\n");
  return lines.map((line) => [line.split(",")[0] ?? "", line.split(": ")[1] ?? ""]);
}

const classOf = {
  okrs_list_objectives: "read",
  okrs_create_objective: "write",
  okrs_delete_objective: "destructive",
};

test("each is let in by their link, and may do what the demo says of them", async () => {
  const { log, told } = await runDemo(async () => {
    expect((await stat(demoLinksFile(dataDir))).mode & 0o777).toBe(0o600);
    const found: Record<string, string[]> = {};
    for (const [name, link] of (await links()).slice(0, 2)) {
      const browser = new HttpBrowser(house.url);
      await makeAccount(browser, link, `${name.toLowerCase()}@example.com`);
      const portalUrl = `${house.url}/mcp`;
      const { url, redeem } = (await registerClient(portalUrl, "Editor")).authorization();
      const { access } = await redeem(await allow(browser, await browser.open(url)));
      const tools = await (await connect("modern", { url: portalUrl, token: access })).list("tools");
      found[name] = Object.entries(classOf).flatMap(([tool, one]) => (tools.includes(tool) ? [one] : []));
    }
    expect(found).toEqual({ Ana: ["read"], Ben: ["read", "write"] });
  });
  expect(log).toContain(demoLinksFile(dataDir));
  expect(log).not.toContain("/welcome/");
  expect(told).toEqual([
    expect.stringMatching(/\n {2}Ana, who looks things up: http:\S+\n {2}Ben, .*\n {2}Carla, /),
  ]);
});

test("who has not signed in yet gets another link with the next start, and at last there are none", async () => {
  const [, , [, earlier = ""] = []] = await links();
  await runDemo(async () => {
    const [[name, link] = ["", ""], ...others] = await links();
    expect([name, others]).toEqual(["Carla", []]);
    expect((await new HttpBrowser(house.url).open(earlier)).status).toBe(410);
    await makeAccount(new HttpBrowser(house.url), link, "carla@example.com");
  });
  const { told } = await runDemo(() => Promise.resolve());
  expect(told).toEqual([]);
  await expect(stat(demoLinksFile(dataDir))).rejects.toThrow("ENOENT");
  const { items } = await house.api<{ items: unknown[] }>("GET", "/users");
  expect(items).toHaveLength(3);
});
