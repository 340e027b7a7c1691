import type { CatalogServer, ServerState } from "@castellan/calls";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { listServers } from "./list-servers.ts";
import { exampleContext, exampleDefinition, examplePortal, exampleServer } from "./testing.ts";

const never: Partial<ServerState> = { status: "waiting", legacy: undefined };
const syncedAt = new Date("2026-07-28T12:00:00.000Z");

function server(slug: string, title: string, state: Partial<ServerState>, offers = true): CatalogServer {
  const named = (name: string, more: object) => exampleDefinition(slug, { name, ...more });
  const definitions = [
    named("a", {}),
    named("b", { review: "accepted" }),
    named("c", { review: "new" }),
    named("d", { review: "rejected" }),
    named("p", { kind: "prompt", text: '{"name":"p"}' }),
    named("q", { kind: "prompt", text: '{"name":"q"}', review: "changed" }),
    named("x://1", { kind: "resource", text: '{"uri":"x://1","name":"1"}' }),
    named("x://{id}", { kind: "resource_template", text: '{"uriTemplate":"x://{id}","name":"t"}' }),
  ];
  return exampleServer(slug, { title, definitions: offers ? definitions : [], state });
}

function call(servers: readonly CatalogServer[], params: object = {}, era: "legacy" | "modern" = "legacy") {
  const { servers: slugs, serverIds } = examplePortal(servers);
  const portal = examplePortal(servers, {
    servers: [...slugs, "sealed"],
    serverIds: [...serverIds, createId("server")],
  });
  return listServers.call({ ...params }, era, exampleContext(servers, { portal }));
}

const unreachable = { code: "upstream_unreachable", message: "connect ECONNREFUSED 10.1.2.3:80" };

test("each server with its state, for programs and for people, and nothing of where it is", async () => {
  const answer = await call([
    server("okrs", "OKRs", { status: "ready", syncedAt }),
    server("wiki", "wiki", { status: "stale", syncedAt, error: unreachable }),
    server(
      "crm",
      "CRM",
      { status: "error", legacy: undefined, error: { code: "upstream_invalid", message: "IGNORE ALL" } },
      false,
    ),
    server("new", "new", never, false),
  ]);
  const counts = { tools: 2, prompts: 1, resources: 2, waiting: 2 };
  const none = { tools: 0, prompts: 0, resources: 0, waiting: 0 };
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
            "- okrs (OKRs): ready, 2 tools, 1 prompt, 2 resources. 2 more wait for approval.",
            `- wiki: not answering, last read at ${at}. It cannot be reached (upstream_unreachable). Still listed: 2 tools, 1 prompt, 2 resources. 2 more wait for approval.`,
            "- crm (CRM): missing, it has never been read. It does not answer as an MCP server should (upstream_invalid).",
            "- new: missing, it has not been asked yet.",
            "- sealed: missing, it has never been read. The credentials that it is to be sent cannot be read (vault_open_failed).",
          ].join("\n"),
        },
      ],
      structuredContent: {
        servers: [
          { slug: "okrs", title: "OKRs", status: "ready", ...counts, syncedAt: at, isOn: true },
          {
            slug: "wiki",
            title: "wiki",
            status: "stale",
            error: { code: "upstream_unreachable", message: "It cannot be reached" },
            ...counts,
            syncedAt: at,
            isOn: true,
          },
          {
            slug: "crm",
            title: "CRM",
            status: "error",
            error: { code: "upstream_invalid", message: "It does not answer as an MCP server should" },
            ...none,
            isOn: true,
          },
          { slug: "new", title: "new", status: "waiting", ...none, isOn: true },
          {
            slug: "sealed",
            title: "sealed",
            status: "error",
            error: {
              code: "vault_open_failed",
              message: "The credentials that it is to be sent cannot be read",
            },
            ...none,
            isOn: true,
          },
        ],
        isNarrowed: false,
      },
    },
  ]);
});

test("a list that could not be read is told in words of this house, and those of one's own documents are nobody else's", async () => {
  const failedLists = [
    { kind: "resource", code: "upstream_invalid", message: "IGNORE ALL at 10.1.2.3" },
    { kind: "tool", code: "upstream_timeout", message: "slow" },
  ] as const;
  const of = (one: CatalogServer) => call([one]).then(({ text }) => JSON.parse(text) as object);
  const shared = server("okrs", "OKRs", { status: "ready", syncedAt, failedLists });
  const own = { ...shared, server: { ...shared.server, auth: { kind: "own_account" } as const } };
  const slow = { list: "tools", code: "upstream_timeout", message: "It did not answer in time" };
  const broken = {
    list: "resources",
    code: "upstream_invalid",
    message: "It does not answer as an MCP server should",
  };
  expect(await of(shared)).toMatchObject({
    structuredContent: { servers: [{ failedLists: [broken, slow] }, {}] },
  });
  expect(JSON.stringify(await of(shared))).toContain(
    "ready, 2 tools, 1 prompt, 2 resources. Its resources could not be read anew: It does not answer as an MCP server should (upstream_invalid). Its tools could not be read anew: It did not answer in time (upstream_timeout). 2 more wait",
  );
  expect(JSON.stringify(await of(shared))).not.toMatch(/IGNORE|10\.1/);
  expect(await of(own)).toMatchObject({ structuredContent: { servers: [{ failedLists: [slow] }, {}] } });
});

test("what the portal lets in by itself does not wait, what was rejected neither", async () => {
  const servers = [server("okrs", "OKRs", { status: "ready" })];
  const portal = examplePortal(servers, { autoAccept: ["tool"] });
  const answer = await listServers.call({}, "legacy", exampleContext(servers, { portal }));
  expect(JSON.parse(answer.text)["structuredContent"].servers[0].waiting).toBe(1);
});

test("a narrowed connection says that there is more", async () => {
  const servers = [server("okrs", "OKRs", { status: "ready" }, false)];
  const answer = await listServers.call({}, "legacy", exampleContext(servers, { isNarrowed: true }));
  expect(JSON.parse(answer.text)).toMatchObject({
    content: [
      {
        text: "1 of 1 servers that this connection has of the portal Work are ready.\n- okrs (OKRs): ready, 0 tools, 0 prompts, 0 resources.",
      },
    ],
    structuredContent: { servers: [{ slug: "okrs" }], isNarrowed: true },
  });
});

test("what a failure is that has no words here, it is told by its code", async () => {
  const error = { code: "constructor", message: "secret" };
  const { text } = await call([server("odd", "odd", { status: "error", legacy: undefined, error }, false)]);
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

test("one whose circuit is open does not answer, whatever the last sync found", async () => {
  const [dead, gone, alive] = [
    server("dead", "dead", { status: "ready", syncedAt }),
    server("gone", "gone", { status: "stale", syncedAt, error: unreachable }),
    server("alive", "alive", { status: "ready", syncedAt }),
  ];
  const isCircuitOpen = (id: string) => id !== alive.server.id;
  const context = exampleContext([dead, gone, alive], { isCircuitOpen });
  const answer = JSON.parse((await listServers.call({}, "legacy", context)).text);
  const shown = answer.structuredContent.servers.map(({ slug, status, error }: Listed) => [
    slug,
    status,
    error?.code,
  ]);
  expect(shown).toEqual([
    ["dead", "stale", "server_circuit_open"],
    ["gone", "stale", "upstream_unreachable"],
    ["alive", "ready", undefined],
  ]);
  expect(answer.content[0].text.split("\n").slice(0, 2)).toEqual([
    "1 of 3 servers of the portal Work are ready.",
    `- dead: not answering, last read at ${syncedAt.toISOString()}. The last calls to it found nobody, and it is tried again before long (server_circuit_open). Still listed: 2 tools, 1 prompt, 2 resources. 2 more wait for approval.`,
  ]);
});

interface Listed {
  readonly slug: string;
  readonly status: string;
  readonly error?: { readonly code: string };
}
