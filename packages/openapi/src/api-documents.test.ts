import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { accessMigrations } from "@castellan/access";
import { callMigrations, createServerStore, type Catalog, type Server } from "@castellan/calls";
import { changeMigrations, createChangeFeed, sql } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault, parseSlug } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { Agent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { createApiDocuments, type ApiDocuments } from "./api-documents.ts";
import { openapiMigrations } from "./migrations.ts";
import { attentionOfDocument } from "./store/document-attention.ts";
import { createDocumentStore } from "./store/document-store.ts";

const signal = new AbortController().signal;

/** A document of one operation for each name, at the server that is named. */
function documentOf(names: readonly string[], server = "/v1"): string {
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Crm", version: "1" },
    servers: [{ url: server }],
    paths: Object.fromEntries(
      names.map((name) => [
        `/${name}`,
        { get: { operationId: name, summary: `Reads ${name}`, responses: { 200: { description: "Good" } } } },
      ]),
    ),
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Where documents come from, and where the API is. */
async function openHost() {
  let answer: Answer = (_, response) => response.end(documentOf(["a"]));
  const requests: IncomingMessage[] = [];
  const http = createServer((request, response) => {
    requests.push(request);
    if (request.url?.startsWith("/v1") === true) response.end("{}");
    else answer(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    answer(next: Answer) {
      answer = next;
    },
  };
}

async function openScene() {
  const opened = new AsyncDisposableStack();
  onTestFinished(() => opened.disposeAsync());
  const database = opened.use(
    await createTestDatabase([changeMigrations, accessMigrations, callMigrations, openapiMigrations]),
  );
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  const clock = createManualClock();
  const store = createDocumentStore(database, clock);
  const outbound = opened.use(createOutbound());
  const changed: string[] = [];
  const errors: unknown[] = [];
  const noCatalog: Pick<Catalog, "findById"> = { findById: () => undefined };
  const openReplica = async () => {
    const changes = opened.use(await createChangeFeed({ database }));
    const documents = opened.use(
      createApiDocuments({
        database,
        servers,
        catalog: noCatalog,
        outbound,
        changes,
        clock,
        identity: { name: "castellan", version: "0" },
        onChanged: (id) => changed.push(id),
        onError: (error) => errors.push(error),
        random: () => 0.5,
      }),
    );
    return { documents, flush: () => changes.flush() };
  };
  const { documents, flush } = await openReplica();
  const host = await openHost();
  const allowPrivate = ["127.0.0.1"];
  const add = async (slug: string, from: { url: string } | { text: string }): Promise<Server> => {
    const given =
      "url" in from
        ? await documents.readAddress(from.url, { allowPrivate, signal })
        : await documents.readText(from.text, { signal });
    const server = await servers.add(
      {
        slug: parseSlug(slug, "slug"),
        title: slug,
        url: new URL(given.read?.declaredUrl ?? `${host.url}/v1`),
        headers: {},
        allowPrivate,
        kind: "openapi",
      },
      async (tx, id) => void (await store.put(tx, id, given)),
    );
    await flush();
    return server;
  };
  return { database, servers, store, documents, flush, openReplica, clock, host, add, changed, errors };
}

/** The tools that a server lists, over the line that calls to it take. */
async function toolsOf(documents: ApiDocuments, server: Server): Promise<string[]> {
  const body = await ask(documents, server, { method: "tools/list", params: {} });
  return (body.result?.tools ?? []).map(({ name }) => name);
}

async function ask(
  documents: ApiDocuments,
  server: Server,
  message: object,
  definitions?: Parameters<ApiDocuments["serverOf"]>[1],
) {
  const local = documents.serverOf(server, definitions);
  if (!local) throw new Error("no API");
  const dispatcher = new Agent();
  try {
    const { body } = await local({
      text: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
      headers: {},
      credentialHeaders: [],
      url: new URL(server.url),
      dispatcher,
      idleTimeoutMs: 5_000,
      maxMessageBytes: 1_000_000,
      signal,
    });
    return JSON.parse(body) as { result?: { tools?: { name: string }[]; structuredContent?: unknown } };
  } finally {
    await dispatcher.close();
  }
}

const codeOf = (error: unknown) => (isFault(error) ? [error.code, error.field] : error);

test("what was given is what is answered, on every replica, and is refused where it is no document", async () => {
  const { documents, add, host, openReplica } = await openScene();
  const server = await add("crm", { text: documentOf(["a", "b"], `${host.url}/v1`) });
  expect(server.url).toBe(`${host.url}/v1`);
  expect(await toolsOf(documents, server)).toEqual(["a", "b"]);
  const other = await openReplica();
  expect(await toolsOf(other.documents, server)).toEqual(["a", "b"]);
  expect(documents.serverOf({ ...server, kind: "mcp" })).toBeUndefined();

  await expect(documents.readText("swagger: '2.0'", { signal })).rejects.toMatchObject({
    code: "document_invalid",
    field: "openapi.document",
  });
  await expect(documents.readText('{"openapi": "3.1.0"}\0', { signal })).rejects.toMatchObject({
    code: "document_invalid",
  });
});

test.each<[string, Answer, string]>([
  ["is not there", (_, response) => response.writeHead(404).end(), "document_unreachable"],
  ["hangs up", (request) => request.socket.destroy(), "document_unreachable"],
  [
    "leads to an address that nobody allowed",
    (_, response) => response.writeHead(302, { location: "http://169.254.169.254/latest" }).end(),
    "outbound_refused",
  ],
  [
    "leads on without end",
    (_, response) => response.writeHead(302, { location: "/again" }).end(),
    "document_unreachable",
  ],
  ["is too long", (_, response) => response.end(Buffer.alloc(17 * 1024 * 1024, 0x20)), "document_too_large"],
  ["is no UTF-8", (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x41])), "document_invalid"],
  ["is a page", (_, response) => response.end("<!doctype html><p>Sign in</p>"), "document_invalid"],
])("an address whose document %s is refused", async (_, answer, code) => {
  const { documents, host } = await openScene();
  host.answer(answer);
  const read = documents.readAddress(`${host.url}/openapi.json`, { allowPrivate: ["127.0.0.1"], signal });
  expect(codeOf(await read.catch((error: unknown) => error))).toEqual([
    code,
    code === "outbound_refused" ? expect.stringContaining("openapi.url") : "openapi.url",
  ]);
});

test("no credentials, and nobody's private network", async () => {
  const { documents, host } = await openScene();
  const read = documents.readAddress(`${host.url}/openapi.json`, { allowPrivate: [], signal });
  await expect(read).rejects.toMatchObject({ code: "outbound_refused", field: "openapi.url" });
  expect(host.requests).toEqual([]);
  await documents.readAddress(`${host.url}/openapi.json`, { allowPrivate: ["127.0.0.1"], signal });
  expect(host.requests.map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
    [undefined, undefined],
  ]);
});

test("a document that has changed is another one everywhere, and its server is read anew", async () => {
  const { documents, openReplica, add, host, changed, flush, store, clock } = await openScene();
  host.answer((_, response) => response.setHeader("etag", '"1"').end(documentOf(["a"])));
  const server = await add("crm", { url: `${host.url}/openapi.json` });
  const other = await openReplica();
  expect(await toolsOf(other.documents, server)).toEqual(["a"]);

  host.answer(({ headers }, response) =>
    headers["if-none-match"] === '"1"' ? response.writeHead(304).end() : response.end(documentOf(["a"])),
  );
  clock.advance(1_000);
  await documents.refresh(server.id, signal);
  const same = await store.find(server.id);
  expect([changed, same?.fetchedAt?.getTime(), same?.attemptedAt?.getTime()]).toEqual([
    [],
    clock.now(),
    clock.now(),
  ]);

  host.answer((_, response) => response.end(documentOf(["a", "c"])));
  await documents.refresh(server.id, signal);
  await Promise.all([flush(), other.flush()]);
  expect(changed).toEqual([server.id]);
  expect(await toolsOf(documents, server)).toEqual(["a", "c"]);
  expect(await toolsOf(other.documents, server)).toEqual(["a", "c"]);
});

test("what cannot be fetched or used leaves the document before it, and says so", async () => {
  const { documents, add, host, store, changed, flush } = await openScene();
  const server = await add("crm", { url: `${host.url}/openapi.json` });
  const attention = async () => {
    const kept = await store.find(server.id);
    return kept && attentionOfDocument(kept, server.url).map(({ code }) => code);
  };

  host.answer((_, response) => response.end("{}"));
  await documents.refresh(server.id, signal);
  expect(await attention()).toEqual(["document_invalid"]);

  host.answer((_, response) => response.writeHead(503).end());
  // That may pass.
  await documents.refresh(server.id, signal);
  expect(await attention()).toEqual([]);
  await documents.refresh(server.id, signal);
  expect(await attention()).toEqual(["document_unreachable"]);
  await flush();
  expect([changed, await toolsOf(documents, server)]).toEqual([[], ["a"]]);

  host.answer((_, response) => response.end(documentOf(["a"])));
  await documents.refresh(server.id, signal);
  const kept = await store.find(server.id);
  expect([await attention(), kept?.failures, kept?.error]).toEqual([[], 0, undefined]);
});

test("a document that names another server moves nothing, and is told until an admin looks at it", async () => {
  const { documents, add, host, store, servers, database, flush } = await openScene();
  const server = await add("crm", { url: `${host.url}/openapi.json` });
  host.answer((_, response) => response.end(documentOf(["a"], "https://evil.example/v1")));
  await documents.refresh(server.id, signal);
  await flush();
  const [stored] = await servers.findByIds([server.id]);
  expect(stored?.server.url).toBe(server.url);
  await ask(documents, server, { method: "tools/call", params: { name: "a", arguments: {} } });
  expect(host.requests.at(-1)?.url).toBe("/v1/a");
  const kept = await store.find(server.id);
  expect(kept && attentionOfDocument(kept, server.url)).toEqual([
    { code: "document_moved", message: expect.stringContaining("https://evil.example/v1") as string },
  ]);

  const again = await documents.readAddress(`${host.url}/openapi.json`, {
    allowPrivate: ["127.0.0.1"],
    baseUrl: server.url,
    signal,
  });
  expect(await database.transaction((tx) => store.put(tx, server.id, again))).toBe(false);
  const looked = await store.find(server.id);
  expect(looked && attentionOfDocument(looked, server.url)).toEqual([]);
});

test("a call that was judged by another document is not made", async () => {
  const { documents, add, host, changed } = await openScene();
  const server = await add("crm", { text: documentOf(["a"], `${host.url}/v1`) });
  const tools = (await documents.documentOf(server))?.operations ?? [];
  const judged = (text: string) =>
    [{ kind: "tool", name: "a", text }] as unknown as Parameters<ApiDocuments["serverOf"]>[1];
  const call = { method: "tools/call", params: { name: "a", arguments: {} } };
  await expect(
    ask(documents, server, call, judged('{"name":"a","description":"POST /a"}')),
  ).rejects.toMatchObject({ code: "api_operation_changed", retryable: true });
  expect([changed, host.requests]).toEqual([[server.id], []]);
  const text = tools[0]?.tool.text ?? "";
  // Written in another order it is the same one.
  const other = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed()));
  expect(other).not.toBe(text);
  for (const same of [text, other])
    expect((await ask(documents, server, call, judged(same))).result).toBeDefined();
  expect(host.requests.map(({ url }) => url)).toEqual(["/v1/a", "/v1/a"]);
});

test("each is fetched once a day by one of the replicas, and soon when it was only named", async () => {
  const { database, servers, store, openReplica, host, changed, clock, documents } = await openScene();
  await Promise.all([openReplica(), openReplica()]);
  host.answer((_, response) => response.end(documentOf(["a"])));
  const { id } = await servers.add(
    {
      slug: parseSlug("crm", "slug"),
      title: "crm",
      url: new URL(`${host.url}/v1`),
      headers: {},
      allowPrivate: ["127.0.0.1"],
      kind: "openapi",
    },
    async (tx, serverId) =>
      void (await store.put(tx, serverId, { sourceUrl: `${host.url}/openapi.json`, read: undefined })),
  );
  await expect.poll(() => changed, { timeout: 30_000 }).toEqual([id]);
  expect(host.requests).toHaveLength(1);
  const [due] = await database.query<{ due_at: Date }>(sql`select due_at from api_documents`);
  expect(due?.due_at.getTime()).toBe(clock.now() + 86_400_000);

  expect(await store.take({ leaseMs: 1_000, limit: 4 })).toEqual([]);
  clock.advance(86_400_001);
  const taken = await Promise.all([1, 2, 3].map(() => store.take({ leaseMs: 60_000, limit: 4 })));
  expect(taken.flat().map(({ serverId }) => serverId)).toEqual([id]);
  // Whoever took it is gone: when its time is over it is another's.
  clock.advance(60_001);
  expect(await store.take({ leaseMs: 60_000, limit: 4 })).toHaveLength(1);
  expect((await documents.documentOf({ id, url: `${host.url}/v1` }))?.operations).toHaveLength(1);
});

test("what an admin gives meanwhile is not overwritten by what was fetched before", async () => {
  const { database, documents, add, host, store, changed } = await openScene();
  const server = await add("crm", { url: `${host.url}/openapi.json` });
  host.answer((_, response) => {
    void documents
      .readText(documentOf(["mine"]), { baseUrl: server.url, signal })
      .then((given) => database.transaction((tx) => store.put(tx, server.id, given)))
      .then(() => response.end(documentOf(["theirs"])));
  });
  await documents.refresh(server.id, signal);
  expect([changed, await toolsOf(documents, server)]).toEqual([[], ["mine"]]);
  expect((await store.find(server.id))?.sourceUrl).toBeUndefined();
});

test("a document goes with its server", async () => {
  const { servers, store, add } = await openScene();
  const server = await add("crm", { text: documentOf(["a"], "https://api.example") });
  await servers.remove("crm");
  expect([await store.find(server.id), (await store.findAll()).size]).toEqual([undefined, 0]);
});
