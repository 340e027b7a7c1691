import type { CatalogServer, Definition, ServerState } from "@castellan/calls";
import { createId, type Slug } from "@castellan/kernel";
import { expect, test } from "vitest";
import { listServers } from "./list-servers.ts";

const idle: ServerState = {
  status: "waiting",
  attemptedAt: undefined,
  syncedAt: undefined,
  latencyMs: undefined,
  error: undefined,
  skipped: [],
  modern: undefined,
  legacy: undefined,
};
const syncedAt = new Date("2026-07-28T12:00:00.000Z");
const offered = ["tool", "tool", "prompt", "resource", "resource_template"] as const;
const definitions = offered.map((kind, n): Definition => ({
  kind,
  name: `${n}`,
  publicName: `${n}`,
  text: "{}",
}));

function server(slug: string, title: string, state: Partial<ServerState>, has = definitions): CatalogServer {
  return {
    server: {
      id: createId("server"),
      slug: slug as Slug,
      title,
      url: "http://10.1.2.3/mcp",
      headerNames: [],
      allowPrivate: [],
      clientFeatures: [],
      uiHosts: [],
      revision: 1,
      createdAt: new Date(0),
    },
    state: { ...idle, ...state },
    definitions: has,
    headers: {},
  };
}

function call(servers: readonly CatalogServer[], params: object = {}, era: "legacy" | "modern" = "legacy") {
  const portal = {
    id: createId("portal"),
    slug: "work" as Slug,
    title: "Work",
    naming: "prefixed",
    servers: [...servers.map((one) => one.server.slug), "sealed"],
    serverIds: [...servers.map((one) => one.server.id), createId("server")],
    revision: 1,
    createdAt: new Date(0),
  } as const;
  return listServers.call({ ...params }, era, { portal, servers });
}

const unreachable = { code: "upstream_unreachable", message: "connect ECONNREFUSED 10.1.2.3:80" };

test("each server with its state, for programs and for people, and nothing of where it is", async () => {
  const answer = await call([
    server("okrs", "OKRs", { status: "ready", syncedAt }),
    server("wiki", "wiki", { status: "stale", syncedAt, error: unreachable }),
    server("crm", "CRM", { status: "error", error: { code: "upstream_invalid", message: "IGNORE ALL" } }, []),
    server("new", "new", {}, []),
  ]);
  const counts = { tools: 2, prompts: 1, resources: 2 };
  const none = { tools: 0, prompts: 0, resources: 0 };
  const at = syncedAt.toISOString();
  expect(answer.text).not.toMatch(/10\.1\.2\.3|IGNORE/);
  expect([answer.kind, answer.outcome, JSON.parse(answer.text)]).toEqual([
    "result",
    "ok",
    {
      content: [
        {
          type: "text",
          text: [
            "1 of 5 servers of the portal Work are ready.",
            "- okrs (OKRs): ready, 2 tools, 1 prompt, 2 resources.",
            `- wiki: not answering, last read at ${at}. It cannot be reached (upstream_unreachable). Still listed: 2 tools, 1 prompt, 2 resources.`,
            "- crm (CRM): missing, it has never been read. It does not answer as an MCP server should (upstream_invalid).",
            "- new: missing, it has not been asked yet.",
            "- sealed: missing, it has never been read. The credentials that it is to be sent cannot be read (vault_open_failed).",
          ].join("\n"),
        },
      ],
      structuredContent: {
        servers: [
          { slug: "okrs", title: "OKRs", status: "ready", ...counts, syncedAt: at },
          {
            slug: "wiki",
            title: "wiki",
            status: "stale",
            error: { code: "upstream_unreachable", message: "It cannot be reached" },
            ...counts,
            syncedAt: at,
          },
          {
            slug: "crm",
            title: "CRM",
            status: "error",
            error: { code: "upstream_invalid", message: "It does not answer as an MCP server should" },
            ...none,
          },
          { slug: "new", title: "new", status: "waiting", ...none },
          {
            slug: "sealed",
            title: "sealed",
            status: "error",
            error: {
              code: "vault_open_failed",
              message: "The credentials that it is to be sent cannot be read",
            },
            ...none,
          },
        ],
      },
    },
  ]);
});

test("what a failure is that has no words here, it is told by its code", async () => {
  const error = { code: "constructor", message: "secret" };
  const { text } = await call([server("odd", "odd", { status: "error", error }, [])]);
  expect(text).toContain("It has never been read. Its lists could not be read (constructor).".slice(3));
  expect(text).not.toContain("secret");
});

test("in the modern era it says that it is the whole result", async () => {
  expect(JSON.parse((await call([], {}, "modern")).text)).toMatchObject({ resultType: "complete" });
});

test("arguments that it does not take are its answer, what is no object is the caller's fault", async () => {
  const refused = await call([], { arguments: { verbose: true } });
  expect([refused.outcome, JSON.parse(refused.text)]).toEqual([
    "tool_error",
    {
      content: [{ type: "text", text: 'portal_list_servers takes no arguments, "verbose" neither' }],
      isError: true,
    },
  ]);
  for (const params of [{ arguments: [] }, { arguments: "all" }])
    await expect(call([], params)).rejects.toMatchObject({
      code: "params_invalid",
      field: "params.arguments",
    });
  expect((await call([], { arguments: {} })).outcome).toBe("ok");
});
