/** What a document would change, and that it does just that. */
import { afterAll, beforeEach, expect, test } from "vitest";
import {
  maps,
  openInstallation,
  plainly,
  secrets,
  toDocument,
  token,
  versionsOf,
  weather,
} from "./testing.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

test("a document is planned, applied, and then there is nothing to do", async () => {
  const document = toDocument({
    servers: { weather: { ...weather, limits: { callsPerMinute: 60 } }, maps },
    portals: {
      work: {
        instructions: "Be kind",
        servers: ["weather", { server: "maps", tools: { route: { alias: "way" } } }],
      },
    },
  });
  const how = { ...plainly, secrets };
  const plan = await house.configuration.plan(document, how);
  expect(plan.changes).toEqual([
    { kind: "server", slug: "maps", action: "create", fields: [{ path: "url", after: maps.url }] },
    {
      kind: "server",
      slug: "weather",
      action: "create",
      fields: [
        { path: "url", after: weather.url },
        { path: "headers.authorization", after: { secretRef: "env:TOKEN", prefix: "Bearer " } },
        { path: "limits.callsPerMinute", after: 60 },
      ],
    },
    {
      kind: "portal",
      slug: "work",
      action: "create",
      fields: [
        { path: "instructions", before: "", after: "Be kind" },
        { path: "servers", before: [], after: ["weather", "maps"] },
        { path: "servers.maps.tools.route", after: { alias: "way" } },
      ],
    },
  ]);
  const applied = await house.configuration.apply(document, { ...how, basis: plan.basis });
  expect(applied.changes).toEqual(plan.changes);
  expect(applied.toSync.map(({ slug }) => slug)).toEqual(["maps", "weather"]);
  const { server } = await house.servers.get("weather");
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: `Bearer ${token}` });
  expect(server).toMatchObject({ managedBy: "main", limits: { callsPerMinute: 60 } });
  expect(await house.portals.get("work")).toMatchObject({ servers: ["weather", "maps"], managedBy: "main" });

  const before = await versionsOf(house);
  const again = await house.configuration.apply(document, how);
  expect([again.changes, again.toSync]).toEqual([[], []]);
  // The secret need not be at hand any more.
  expect((await house.configuration.apply(document, plainly)).changes).toEqual([]);
  expect(await versionsOf(house)).toEqual(before);
});

test("each kind of change is told by its field, and raises the version of its resource only", async () => {
  await house.configuration.apply(
    toDocument({
      servers: { weather: { ...weather, title: "W", autoAccept: ["tool"] }, maps },
      portals: { work: { servers: ["weather", "maps"] }, home: { servers: ["maps"] } },
    }),
    { ...plainly, secrets },
  );
  const before = await versionsOf(house);
  const { changes } = await house.configuration.apply(
    toDocument({
      servers: { weather: { ...weather, autoAccept: ["prompt"], syncIntervalSeconds: 60 }, maps },
      portals: {
        work: {
          servers: [{ server: "maps", mode: "allowlist", tools: { "a.b": { enabled: true } } }, "weather"],
        },
        home: { servers: ["maps"] },
      },
    }),
    plainly,
  );
  expect(changes).toEqual([
    {
      kind: "server",
      slug: "weather",
      action: "update",
      fields: [
        { path: "autoAccept", before: ["tool"], after: ["prompt"] },
        { path: "syncIntervalSeconds", after: 60 },
        { path: "title", before: "W", after: "weather" },
      ],
    },
    {
      kind: "portal",
      slug: "work",
      action: "update",
      fields: [
        { path: "servers", before: ["weather", "maps"], after: ["maps", "weather"] },
        { path: "servers.maps.mode", before: "all", after: "allowlist" },
        { path: 'servers.maps.tools["a.b"]', after: { enabled: true } },
      ],
    },
  ]);
  expect((await house.portals.get("work")).servers).toEqual(["maps", "weather"]);
  expect(before).toEqual(["portal home 1", "portal work 1", "server maps 1 1", "server weather 1 1"]);
  expect(await versionsOf(house)).toEqual([
    "portal home 1",
    "portal work 2",
    "server maps 1 1",
    "server weather 2 1",
  ]);
});
