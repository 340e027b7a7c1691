import { createHmac } from "node:crypto";
import { createScope, toPublicTaskId, type CatalogServer } from "@castellan/calls";
import { testDefinition } from "@castellan/calls/testing";
import { createId, type Slug } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";
import { expect, test } from "vitest";
import { parseFilter } from "./listen-filter.ts";

const mac = (purpose: string, data: string) => createHmac("sha256", purpose).update(data).digest();
const owner = { principalId: "tok_1", portal: "main" };
const subscribes = JSON.stringify({ capabilities: { resources: { subscribe: true } } });

function server(slug: string, era: Era, helloText = subscribes): CatalogServer {
  const legacy = { helloText, version: "2025-11-25", transport: "streamable-http" };
  const uris = ["x://1", `${slug}://1`];
  return {
    server: { id: createId("server"), slug: slug as Slug, uiHosts: [] },
    state: era === "modern" ? { modern: { helloText } } : { legacy },
    definitions: uris.map((uri) => testDefinition("resource", uri, JSON.stringify({ uri }))),
  } as unknown as CatalogServer;
}

const servers = [server("a", "modern"), server("b", "legacy"), server("mute", "modern", "{}")];
const scope = createScope({ era: "modern", servers, naming: "prefixed" });
const filterOf = (notifications: unknown) =>
  parseFilter({ notifications }, { scope, granted: () => true }, owner, mac);

test("each thing is watched at its server, under the server's own name; the rest is not honoured", () => {
  const named = (slug: string) => servers.find((one) => one.server.slug === slug) ?? server(slug, "modern");
  const task = (slug: string, taskId: string) => toPublicTaskId({ server: named(slug), taskId }, owner, mac);
  const foreign = toPublicTaskId(
    { server: named("a"), taskId: "t" },
    { ...owner, principalId: "tok_2" },
    mac,
  );
  const filter = filterOf({
    toolsListChanged: true,
    promptsListChanged: false,
    resourcesListChanged: "yes",
    resourceSubscriptions: ["x://1", "gw+b:x://1", "b://1", "b://1", "mute://1", "none://1"],
    taskIds: [task("a", "t1"), task("b", "t2"), foreign, "t1"],
    acme: 1,
  });
  expect(filter.honoured).toEqual({
    toolsListChanged: true,
    resourceSubscriptions: ["x://1", "gw+b:x://1", "b://1"],
    taskIds: [task("a", "t1")],
  });
  expect(
    filter.servers.map(
      ({
        server: {
          server: { slug },
        },
        era,
        uris,
        taskIds,
      }) => [slug, era, [...uris], [...taskIds]],
    ),
  ).toEqual([
    ["a", "modern", [["x://1", "x://1"]], [["t1", task("a", "t1")]]],
    [
      "b",
      "legacy",
      [
        ["x://1", "gw+b:x://1"],
        ["b://1", "b://1"],
      ],
      [],
    ],
  ]);
});

test.each([
  [undefined, "params.notifications"],
  [[], "params.notifications"],
  [{ resourceSubscriptions: "x" }, "params.notifications.resourceSubscriptions"],
  [{ resourceSubscriptions: [1] }, "params.notifications.resourceSubscriptions"],
  [{ taskIds: Array.from({ length: 257 }, String) }, "params.notifications.taskIds"],
  [{ taskIds: ["x".repeat(8193)] }, "params.notifications.taskIds"],
])("a filter that cannot be read names the field: %j", (notifications, field) => {
  expect(() => filterOf(notifications)).toThrow(
    expect.objectContaining({ code: "params_invalid", field }) as Error,
  );
});
