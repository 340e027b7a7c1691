import { createDefinitionStore, type FoundDefinition } from "@castellan/calls";
import type { Id } from "@castellan/kernel";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const fingerprint = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;
const byToken = {
  decidedBy: expect.stringMatching(/^tok_/) as string,
  decidedByName: expect.stringMatching(/^token tok_/) as string,
};

interface Listed {
  readonly fingerprint: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly items: readonly { readonly kind: string; readonly name: string; readonly fingerprint: string }[];
  readonly nextCursor?: string;
}

let made = 0;

/** A registered server that lists what it is told to from then on. */
async function open() {
  const slug = `d${++made}`;
  const added = await admin("POST", "/servers", { slug, url: upstream.url, allowPrivate: ["127.0.0.1"] });
  expect(added.status).toBe(201);
  const [row] = await house.database.query<{ id: Id<"server"> }>(
    sql`select id from servers where slug = ${slug}`,
  );
  if (!row) throw new Error("not registered");
  const store = createDefinitionStore(house.database);
  return {
    slug,
    at: `/servers/${slug}/definitions`,
    lists: (...definitions: FoundDefinition[]) =>
      store.saveSync(row.id, {
        definitions,
        skipped: [],
        latencyMs: 1,
        modern: undefined,
        legacy: undefined,
      }),
  };
}

function tool(name: string, more: Readonly<Record<string, unknown>> = {}): FoundDefinition {
  const text = JSON.stringify({ name, inputSchema: { type: "object" }, ...more });
  return { kind: "tool", name, publicName: `x_${name}`, text };
}

async function list(path: string): Promise<Listed> {
  const answer = await admin("GET", path);
  expect(answer.status).toBe(200);
  return answer.body as Listed;
}

async function approveAll(at: string) {
  return admin("POST", `${at}/approve`, { all: true, fingerprint: (await list(at)).fingerprint });
}

test("what a real server lists waits, is approved as it was looked at, and is offered", async () => {
  const { at } = await open();
  const before = await list(at);
  expect(before.counts).toEqual({ approved: 0, accepted: 0, new: 3, changed: 0, rejected: 0, removed: 0 });
  expect(before.items.map(({ kind, name }) => [kind, name])).toEqual([
    ["prompt", "umbrella"],
    ["tool", "alerts"],
    ["tool", "forecast"],
  ]);
  const [prompt] = before.items;
  const approved = await admin("POST", `${at}/approve`, {
    definitions: [{ kind: "prompt", name: "umbrella", fingerprint: prompt?.fingerprint }],
  });
  expect([approved.status, approved.body]).toEqual([
    200,
    {
      fingerprint: before.fingerprint,
      counts: { approved: 1, accepted: 0, new: 2, changed: 0, rejected: 0, removed: 0 },
    },
  ]);
  expect((await list(`${at}?review=approved`)).items).toEqual([
    {
      ...prompt,
      review: "approved",
      decidedAt: time,
      ...byToken,
    },
  ]);
  const rejected = await admin("POST", `${at}/reject`, { all: true, fingerprint: before.fingerprint });
  expect((rejected.body as Listed).counts).toMatchObject({ approved: 1, rejected: 2 });
});

test("one that changed is shown beside what was approved, hidden characters and all", async () => {
  const { at, lists } = await open();
  await lists(tool("read", { description: "Reads", annotations: { readOnlyHint: true } }), tool("gone"));
  await approveAll(at);
  const now = tool("read", { description: "Reads\u200b", annotations: { readOnlyHint: true }, n: 1 });
  await lists(now);
  expect(await list(at)).toEqual({
    fingerprint,
    counts: { approved: 0, accepted: 0, new: 0, changed: 1, rejected: 0, removed: 1 },
    items: [
      {
        kind: "tool",
        name: "gone",
        review: "removed",
        fingerprint,
        class: "destructive",
        proposedClass: "destructive",
        shadows: [],
        changes: [],
        changeCount: 0,
        definition: { name: "gone", inputSchema: { type: "object" } },
        decidedAt: time,
        ...byToken,
      },
      {
        kind: "tool",
        name: "read",
        publicName: "x_read",
        review: "changed",
        fingerprint,
        class: "read",
        proposedClass: "read",
        shadows: [],
        changes: [
          { path: "description", before: "Reads", after: "Reads\\u{200B}" },
          { path: "n", after: "1" },
        ],
        changeCount: 2,
        difference: `@@ -2,9 +2,10 @@
   "annotations": {
     "readOnlyHint": true
   },
-  "description": "Reads",
+  "description": "Reads\\u{200B}",
   "inputSchema": {
     "type": "object"
   },
+  "n": 1,
   "name": "read"
 }`,
        definition: JSON.parse(now.text),
      },
    ],
  });
});

test("a class is set with an approval, and for tools only", async () => {
  const { at, lists } = await open();
  await lists(tool("a"));
  const [item] = (await list(at)).items;
  await admin("POST", `${at}/approve`, {
    definitions: [{ kind: "tool", name: "a", fingerprint: item?.fingerprint, class: "write" }],
  });
  expect((await list(at)).items).toMatchObject([{ class: "write", proposedClass: "destructive" }]);
});

const sha = `sha256:${"0".repeat(64)}`;

test.each([
  ["approve", {}, "definitions"],
  ["approve", { all: true }, "fingerprint"],
  ["approve", { all: false, fingerprint: sha }, "all"],
  ["approve", { all: true, fingerprint: "sha256:0" }, "fingerprint"],
  [
    "approve",
    { fingerprint: sha, definitions: [{ kind: "tool", name: "a", fingerprint: sha }] },
    "fingerprint",
  ],
  [
    "reject",
    { all: true, fingerprint: sha, definitions: [{ kind: "tool", name: "a", fingerprint: sha }] },
    "definitions",
  ],
  ["approve", { definitions: [] }, "definitions"],
  ["approve", { definitions: [{ kind: "tool", name: "a" }] }, "definitions[0].fingerprint"],
  [
    "approve",
    { definitions: [{ kind: "prompt", name: "a", fingerprint: sha, class: "read" }] },
    "definitions[0].class",
  ],
  [
    "reject",
    { definitions: [{ kind: "tool", name: "a", fingerprint: sha, class: "read" }] },
    "definitions[0].class",
  ],
  [
    "reject",
    {
      definitions: [
        { kind: "tool", name: "a", fingerprint: sha },
        { kind: "tool", name: "a", fingerprint: `sha256:${"1".repeat(64)}` },
      ],
    },
    "definitions",
  ],
])("%s with %j is refused for its %s", async (action, body, field) => {
  const { at } = await open();
  expect(await admin("POST", `${at}/${action}`, body)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", field },
  });
});

test("what portals make of a tool goes with it when it is approved under another name", async () => {
  const { at, slug, lists } = await open();
  await lists(tool("wipe", { description: "Deletes everything" }));
  await approveAll(at);
  const tools = { wipe: { enabled: false, alias: "clean" } };
  await admin("POST", "/portals", { slug });
  await admin("PUT", `/portals/${slug}/servers/${slug}`, { tools });
  await lists(tool("purge", { description: "Deletes everything" }));
  const [renamed] = (await list(`${at}?review=new`)).items;
  expect(renamed).toMatchObject({ name: "purge", renamedFrom: "wipe" });
  await admin("POST", `${at}/approve`, {
    definitions: [{ kind: "tool", name: "purge", fingerprint: renamed?.fingerprint }],
  });
  expect((await admin("GET", `/portals/${slug}`)).body).toMatchObject({
    servers: [{ server: slug, tools: { purge: tools.wipe } }],
  });
  expect((await list(at)).counts).toMatchObject({ approved: 1, removed: 0 });
});

test("states, kinds and words narrow the list, and pages are told one after the other", async () => {
  const { at, lists } = await open();
  const prompt: FoundDefinition = { kind: "prompt", name: "p", publicName: "x_p", text: '{"name":"p"}' };
  await lists(tool("a"), tool("b", { description: "Sends MAIL" }));
  await approveAll(at);
  await lists(tool("a"), tool("b", { description: "Sends mail" }), tool("c"), prompt);
  const names = async (query: string) => (await list(`${at}?${query}`)).items.map(({ name }) => name);
  expect(await names("review=waiting")).toEqual(["p", "b", "c"]);
  expect(await names("review=changed")).toEqual(["b"]);
  expect(await names("review=approved")).toEqual(["a"]);
  expect(await names("review=waiting&kind=prompt")).toEqual(["p"]);
  expect(await names("q=sends%20Mail")).toEqual(["b"]);
  const first = await list(`${at}?limit=3`);
  expect(first.items.map(({ name }) => name)).toEqual(["p", "a", "b"]);
  const second = await list(`${at}?limit=3&cursor=${first.nextCursor}`);
  expect([second.items.map(({ name }) => name), second.nextCursor]).toEqual([["c"], undefined]);
});

test("a page of very long definitions ends early, and has one at least", async () => {
  const { at, lists } = await open();
  const long = (name: string, length: number, word = "x") => tool(name, { description: word.repeat(length) });
  await lists(long("a", 400_000), long("b", 400_000), long("c", 400_000), long("d", 1_000_000));
  await approveAll(at);
  await lists(long("a", 400_000), long("b", 400_000), long("c", 400_000), long("d", 1_000_000, "y"));
  const pages: string[][] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: Listed = await list(`${at}${cursor && `?cursor=${cursor}`}`);
    pages.push(page.items.map(({ name }) => name));
    expect(JSON.stringify(page).length).toBeLessThan(1_500_000);
    cursor = page.nextCursor;
  }
  expect(pages).toEqual([["a", "b"], ["c"], ["d"]]);
});
