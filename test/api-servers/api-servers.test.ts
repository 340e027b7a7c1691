/** APIs as servers, end to end: registered by their documents, called as tools by real clients, governed like any server. */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { pageIn, textIn } from "../accounts/answers.ts";
import { openAccounts, type HouseScene } from "../accounts/houses.ts";
import type { Visitor } from "../accounts/scene.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import type { Door, Loose } from "../portal/client.ts";
import { notesPaths, startNotesApi, type NotesApi, type NotesApiOptions } from "./notes-api.ts";

let scene: HouseScene;
let [ada, bob]: Visitor[] = [];
beforeAll(async () => {
  scene = await openAccounts({ replicas: 2 });
  [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function startApi(options: NotesApiOptions = {}): Promise<NotesApi> {
  const api = await startNotesApi(options);
  onTestFinished(() => api[Symbol.asyncDispose]());
  return api;
}

const info = { name: "desk", version: "1.0.0" };

/** The official clients, one of each era. */
async function clientsOf({ url, token }: Door): Promise<Record<"modern" | "legacy", ClientV1>> {
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const modern = new ClientV2(info, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await modern.connect(new HttpV2(new URL(url), { requestInit }));
  const legacy = new ClientV1(info);
  await legacy.connect(new HttpV1(new URL(url), { requestInit }) as Transport);
  onTestFinished(async () => void (await Promise.all([modern.close(), legacy.close()])));
  return { modern: modern as unknown as ClientV1, legacy };
}

async function program(slug: string): Promise<Door> {
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: `program-${slug}`,
    role: "member",
    portals: [slug],
    allow: ["read", "write", "destructive"],
  });
  await scene.settle();
  return { url: `${scene.relay.url}/p/${slug}/mcp`, token: secret };
}

const known = (visitor: Visitor | undefined): Visitor => {
  if (!visitor) throw new Error("Nobody has come yet");
  return visitor;
};

const called = async (visitor: Visitor | undefined, slug: string, tool: string, args: object = {}) =>
  scene.call(await known(visitor).door(slug), `${slug}_${tool}`, args);

test("with a key of an admin's: real clients of both eras see tools and call them", async () => {
  const api = await startApi({ keys: { "s3cret-key": "company" } });
  const fields = { openapi: { url: api.documentUrl }, headers: { "X-Api-Key": "s3cret-key" } };
  await scene.add("keyed", api, { fields, sharedAs: null });
  const clients = await clientsOf(await program("keyed"));
  for (const client of [clients.modern, clients.legacy]) {
    const { tools } = await client.listTools();
    const listed = tools.filter(({ name }) => name.startsWith("keyed_"));
    expect(listed.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
      ["keyed_notes_list", true],
      ["keyed_notes_add", false],
      ["keyed_notes_remove", false],
    ]);
    const added = await client.callTool({ name: "keyed_notes_add", arguments: { body: { text: "Milk" } } });
    expect(added.structuredContent).toMatchObject({ text: "Milk" });
    const found = await client.callTool({ name: "keyed_notes_list", arguments: { q: "il" } });
    expect(found.structuredContent).toMatchObject({ notes: [{ id: 1, text: "Milk" }, ...moreNotes(api)] });
  }
  expect(api.notesOf("company")).toEqual(["Milk", "Milk"]);
  // Of the client and of the protocol nothing gets there.
  const names = new Set(api.heard.flatMap((headers) => Object.keys(headers)));
  expect([...names].filter((name) => /^mcp-|authorization|cookie|traceparent/.test(name))).toEqual([]);
  expect(JSON.stringify(await scene.api("GET", "/servers/keyed"))).not.toContain("s3cret-key");
});

function moreNotes(api: NotesApi): object[] {
  return api
    .notesOf("company")
    .slice(1)
    .map((text, at) => ({ id: at + 2, text }));
}

test("what an API does by DELETE is destructive, and a portal that gives read and write has no such tool", async () => {
  const api = await startApi({ keys: { k: "company" } });
  const fields = { openapi: { url: api.documentUrl }, headers: { "X-Api-Key": "k" } };
  await scene.add("classes", api, { fields, sharedAs: null });
  const { items } = await scene.api<Loose>("GET", "/servers/classes/definitions?kind=tool");
  expect(items.map(({ name, class: toolClass }: Loose) => [name, toolClass])).toEqual([
    ["notes_add", "write"],
    ["notes_list", "read"],
    ["notes_remove", "destructive"],
  ]);
  expect(await outcome(called(ada, "classes", "notes_remove", { id: 1 }))).toBe("tool_unknown");
  await scene.api("POST", "/policies", {
    name: "writes-are-asked-for",
    action: "require_approval",
    approval: { deciders: { self: true } },
    include: [{ everyone: true }],
    at: { servers: ["classes"], classes: ["write"] },
  });
  await scene.settle();
  const add = () => called(ada, "classes", "notes_add", { body: { text: "x" } });
  expect(await outcome(add())).toBe("approval_required");
  expect(textIn(await last(called(ada, "classes", "notes_list")))).toBe('{"notes":[]}');
  await scene.api("PATCH", "/policies/writes-are-asked-for", { action: "block", approval: null });
  await scene.settle();
  expect(await outcome(add())).toBe("tool_unknown");
  expect(api.visits).toEqual(["company GET /v1/notes"]);
});

test("OAuth that was found out by the API's 401: each calls it with their own account", async () => {
  const authorizationServer = await startAuthorizationServer();
  onTestFinished(() => authorizationServer[Symbol.asyncDispose]());
  const api = await startApi({ authorizationServer });
  await scene.add("oauth", api, { fields: { openapi: { url: api.documentUrl } }, sharedAs: null });
  // What it offers its document says: nobody has to be signed in for that.
  expect(await scene.api<Loose>("GET", "/servers/oauth")).toMatchObject({
    state: { status: "ready", asksForOAuth: false },
    counts: { tools: 3 },
  });
  for (const visitor of [known(ada), known(bob)]) {
    const user = visitor.email.replace(/@.*/, "");
    authorizationServer.users.add(user);
    const asked = await last(called(visitor, "oauth", "notes_add", { body: { text: `of ${user}` } }));
    await scene.link(visitor, pageIn(asked), user);
    await last(called(visitor, "oauth", "notes_add", { body: { text: `of ${user}` } }));
    expect(textIn(await last(called(visitor, "oauth", "notes_list")))).toContain(`of ${user}`);
  }
  expect([api.notesOf("ada"), api.notesOf("bob")]).toEqual([["of ada"], ["of bob"]]);
  expect(await scene.api<Loose>("GET", "/servers/oauth")).toMatchObject({ state: { asksForOAuth: true } });

  // A token that is over is renewed, and the call is made once.
  await scene.age(600);
  authorizationServer.forgetAccessTokens();
  await last(called(ada, "oauth", "notes_add", { body: { text: "again" } }));
  expect(api.notesOf("ada")).toEqual(["of ada", "again"]);
});

test("an operation that changes in the document waits for approval, and is not called meanwhile", async () => {
  const api = await startApi({ keys: { k: "company" } });
  const fields = {
    openapi: { url: api.documentUrl },
    headers: { "X-Api-Key": "k" },
    autoAccept: [],
  };
  await scene.add("changing", api, { fields, sharedAs: null });
  expect(await outcome(called(ada, "changing", "notes_list"))).toBe("tool_unknown");
  const review = async (decide: boolean) => {
    const { items } = await scene.api<Loose>("GET", "/servers/changing/definitions?kind=tool");
    const found = items.find(({ name }: Loose) => name === "notes_list");
    const decisions = [{ kind: "tool", name: "notes_list", fingerprint: found.fingerprint }];
    if (decide) await scene.api("POST", "/servers/changing/definitions/approve", { definitions: decisions });
    await scene.settle();
    return found.review;
  };
  expect(await review(true)).toBe("new");
  expect(textIn(await last(called(ada, "changing", "notes_list")))).toBe('{"notes":[]}');

  // The same document in another order is no news.
  api.override = { paths: reversed(notesPaths) };
  await scene.api("POST", "/servers/changing/sync");
  expect(await review(false)).toBe("approved");
  expect(textIn(await last(called(ada, "changing", "notes_list")))).toBe('{"notes":[]}');

  // Of the same words and schema, and sent in another way.
  const list = notesPaths["/notes"].get;
  const sent = { ...list, parameters: [{ ...list.parameters[0], in: "header" }] };
  api.override = { paths: { "/notes": { get: sent } } };
  await scene.api("POST", "/servers/changing/sync");
  expect(await review(false)).toBe("changed");
  expect(await outcome(called(ada, "changing", "notes_list"))).toBe("tool_unknown");

  // The same name is now what removes.
  const removal = { operationId: "notes.list", responses: { 204: { description: "Gone" } } };
  api.override = { paths: { "/notes": { delete: removal } } };
  await scene.api("POST", "/servers/changing/sync");
  await scene.settle();
  expect(await review(false)).toBe("changed");
  expect(await outcome(called(ada, "changing", "notes_list"))).toBe("tool_unknown");
  expect(api.visits).toEqual(["company GET /v1/notes", "company GET /v1/notes"]);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, reversed(inner)] as const);
  return Object.fromEntries(entries.toReversed());
}

test("an answer that is an error is the API's, and a request that does not fit is not sent", async () => {
  const api = await startApi({ keys: { k: "company" } });
  const fields = { openapi: { url: api.documentUrl }, headers: { "X-Api-Key": "k" } };
  await scene.add("errors", api, { fields, sharedAs: null });
  await scene.api("PATCH", "/portals/errors", {
    access: [{ who: "everyone", classes: ["read", "write", "destructive"] }],
  });
  const clients = await clientsOf(await program("errors"));
  const missing = await clients.modern.callTool({ name: "errors_notes_remove", arguments: { id: 7 } });
  expect([missing.isError, ...(missing.content as { text: string }[]).map(({ text }) => text)]).toEqual([
    true,
    "HTTP 404 Not Found",
    '{"error":"no such note"}',
  ]);
  const sent = api.visits.length;
  const unfit = await clients.legacy.callTool({ name: "errors_notes_remove", arguments: {} });
  expect(unfit.isError).toBe(true);
  expect(api.visits).toHaveLength(sent);
});
