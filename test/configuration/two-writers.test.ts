/** Of two who change the same, the second one's picture is stale: refused with 412, and nothing is changed by it. */
import { createClient, type Client } from "@castellan/client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startStocked } from "../fixtures/stocked.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let admin: Client;
/** The same installation, at another replica. */
let other: Client;
let url: string;

beforeAll(async () => {
  const server = opened.use(
    await startStocked("modern", { tools: [{ name: "t", inputSchema: { type: "object" } }] }),
  );
  ({ url } = server);
  const shared = opened.use(await startTestHouse());
  const second = opened.use(await startTestHouse({ beside: shared }));
  house = shared;
  admin = createClient({ url: shared.url, token: shared.adminToken });
  other = createClient({ url: second.url, token: second.adminToken });
});
afterAll(() => opened.disposeAsync());

const params = { slug: "s" };
const ofPortal = { slug: "p" };
const entry = { slug: "p", server: "s" };

beforeEach(async () => {
  for (const slug of (await admin.listPortals()).items.map((one) => one.slug))
    await admin.removePortal({ params: { slug } });
  for (const slug of (await admin.listServers()).items.map((one) => one.slug))
    await admin.removeServer({ params: { slug } });
  await admin.addServer({ body: { slug: "s", url, allowPrivate: [new URL(url).host], bearerToken: "mine" } });
  await admin.addPortal({ body: { slug: "p", servers: ["s"] } });
});

const everything = async () => JSON.stringify([await admin.listServers(), await admin.listPortals()]);
const stale = { name: "ApiProblem", status: 412, code: "version_stale", field: "If-Match" };

type Write = (ifMatch: number) => Promise<unknown>;

test.each<[string, Write]>([
  ["PATCH /servers", (ifMatch) => other.changeServer({ params, ifMatch, body: { title: "Other" } })],
  [
    "PATCH /servers: a secret",
    (ifMatch) => other.changeServer({ params, ifMatch, body: { bearerToken: "x" } }),
  ],
  ["DELETE /servers", (ifMatch) => other.removeServer({ params, ifMatch })],
])("%s", async (_, write) => {
  const { version } = await other.getServer({ params });
  await admin.changeServer({ params, ifMatch: version, body: { description: "First" } });
  const before = await everything();
  await expect(write(version)).rejects.toMatchObject(stale);
  await expect(write(version + 2)).rejects.toMatchObject(stale);
  expect(await everything()).toBe(before);
  // Who has read again may.
  await write((await other.getServer({ params })).version);
  expect(await everything()).not.toBe(before);
});

test.each<[string, Write]>([
  [
    "PATCH /portals",
    (ifMatch) => other.changePortal({ params: ofPortal, ifMatch, body: { title: "Other" } }),
  ],
  ["DELETE /portals", (ifMatch) => other.removePortal({ params: ofPortal, ifMatch })],
  [
    "PUT /portals/{slug}/servers/{server}",
    (ifMatch) => other.addPortalServer({ params: entry, ifMatch, body: { mode: "allowlist" } }),
  ],
  [
    "PATCH /portals/{slug}/servers/{server}",
    (ifMatch) => other.changePortalServer({ params: entry, ifMatch, body: { tools: { t: { alias: "x" } } } }),
  ],
  [
    "DELETE /portals/{slug}/servers/{server}",
    (ifMatch) => other.removePortalServer({ params: entry, ifMatch }),
  ],
])("%s", async (_, write) => {
  const { version } = await other.getPortal({ params: ofPortal });
  const body = { tools: { t: { enabled: false } } };
  await admin.changePortalServer({ params: entry, ifMatch: version, body });
  const before = await everything();
  await expect(write(version)).rejects.toMatchObject(stale);
  await expect(write(version + 2)).rejects.toMatchObject(stale);
  expect(await everything()).toBe(before);
  await write((await other.getPortal({ params: ofPortal })).version);
  expect(await everything()).not.toBe(before);
});

test("at once on two replicas: one of them wins, whole", async () => {
  const { version } = await admin.getPortal({ params: ofPortal });
  const writers = Array.from({ length: 8 }, (_, n) =>
    [admin, other][n % 2]?.changePortal({
      params: ofPortal,
      ifMatch: version,
      body: { title: `T${n}`, instructions: `I${n}` },
    }),
  );
  const settled = await Promise.allSettled(writers);
  const won = settled.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
  const lost = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as object] : []));
  expect([won.length, lost.length]).toEqual([1, 7]);
  for (const reason of lost) expect(reason).toMatchObject(stale);
  const { title, instructions, version: now } = await admin.getPortal({ params: ofPortal });
  expect([title, instructions, now]).toEqual([`T${won[0]}`, `I${won[0]}`, version + 1]);
});

test("a plan that somebody has looked at holds for what it was made of", async () => {
  const document = (await admin.exportConfiguration()) as never;
  const wanted = JSON.parse(JSON.stringify(document)) as { portals: { p: object }; servers: { s: object } };
  wanted.portals.p = { ...wanted.portals.p, title: "As code" };
  wanted.servers.s = { ...wanted.servers.s, description: "As code" };
  const body = {
    document: wanted as never,
    adopt: true,
    secrets: { "env:MCP_S_AUTHORIZATION": "Bearer mine" },
  };
  const { basis } = await other.planConfiguration({ body });
  await admin.changePortal({ params: ofPortal, body: { title: "By hand" } });
  const before = await everything();
  await expect(other.applyConfiguration({ body: { ...body, basis } })).rejects.toMatchObject({
    status: 412,
    code: "version_stale",
    field: "basis",
  });
  expect(await everything()).toBe(before);
  const again = await other.planConfiguration({ body });
  await other.applyConfiguration({ body: { ...body, basis: again.basis } });
  expect((await admin.getPortal({ params: ofPortal })).title).toBe("As code");
});

test("a decision on definitions is for what was looked at, and all or nothing", async () => {
  const { fingerprint, items } = await admin.listDefinitions({ params });
  const [item] = items;
  if (item === undefined) throw new Error("it lists a tool");
  const { kind, name } = item;
  const changed = { status: 409, code: "definition_changed" };
  const other_ = `sha256:${"0".repeat(64)}`;
  await expect(
    other.approveDefinitions({ params, body: { all: true, fingerprint: other_ } }),
  ).rejects.toMatchObject(changed);
  await expect(
    other.approveDefinitions({ params, body: { definitions: [{ kind, name, fingerprint: other_ }] } }),
  ).rejects.toMatchObject(changed);
  expect(await admin.listDefinitions({ params })).toEqual({
    ...(await other.listDefinitions({ params })),
    fingerprint,
    items,
  });
  expect(house.log.filter((line) => line.includes('"internal_error"'))).toEqual([]);
});
