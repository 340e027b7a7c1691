import { house } from "@castellan/credentials";
import { defaultUpstreamLimits, type LocalServer } from "@castellan/mcp";
import { createOutbound } from "@castellan/web";
import { expect, onTestFinished, test } from "vitest";
import type { Catalog } from "../catalog/catalog.ts";
import { testServer, withoutCredentials } from "../testing.ts";
import { createUpstreams, type UpstreamsOptions } from "./upstreams.ts";

const signal = new AbortController().signal;

function openUpstreams(localServers?: UpstreamsOptions["localServers"]) {
  const outbound = createOutbound();
  onTestFinished(() => outbound[Symbol.asyncDispose]());
  const catalog = { onChange: () => () => undefined } as unknown as Catalog;
  const upstreams = createUpstreams({
    catalog,
    outbound,
    credentials: withoutCredentials,
    identity: { name: "castellan", version: "0" },
    limits: defaultUpstreamLimits,
    localServers,
  });
  onTestFinished(() => upstreams[Symbol.dispose]());
  return upstreams;
}

const api = testServer("api", { server: { kind: "openapi", face: "tools", url: "https://api.example/v1" } });

test("what is no MCP server is never spoken to as one", async () => {
  const upstreams = openUpstreams();
  expect(() => upstreams.modern(api, house)).toThrow(expect.objectContaining({ code: "internal_error" }));
  await expect(upstreams.find(api, signal)).rejects.toMatchObject({ code: "internal_error" });
});

test("an API is found, and called, through what answers for it here", async () => {
  const asked: unknown[] = [];
  const local: LocalServer = ({ text, url, headers }) => {
    const { id, method } = JSON.parse(text) as { id: number; method: string };
    asked.push([method, url.href, headers]);
    const result = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
    const body = JSON.stringify({ jsonrpc: "2.0", id, result });
    return Promise.resolve({ status: 200, headers: { "content-type": "application/json" }, body });
  };
  const told: unknown[] = [];
  const upstreams = openUpstreams((server, definitions) => {
    told.push([server.slug, definitions]);
    return local;
  });
  const { server, state } = api;
  const found = await upstreams.find({ server, state, headers: { "x-a": "b" }, authSecrets: {} }, signal);
  expect([found.modern?.era, found.legacy, found.below]).toEqual(["modern", undefined, undefined]);
  await upstreams.modern(api, house).request({ method: "tools/call", params: "{}", name: "a", signal });
  expect(asked).toEqual([
    ["server/discover", "https://api.example/v1", { "x-a": "b" }],
    ["tools/call", "https://api.example/v1", {}],
  ]);
  expect(told).toEqual([
    ["api", undefined],
    ["api", []],
  ]);
});
