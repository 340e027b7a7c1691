import { expect, test } from "vitest";
import { createClient, type Client } from "./client.ts";
import { pages } from "./pages.ts";
import { ApiProblem, UnexpectedAnswer } from "./problem.ts";

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A client whose answers are given, and what it sent. */
function createScene(...answers: Response[]): { client: Client; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = createClient({
    url: "https://mcp.example.com/",
    token: "cst_t",
    fetch: async (url, init) => {
      const request = new Request(url, init);
      expect(request.redirect).toBe("manual");
      sent.push({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: JSON.parse((await request.text()) || "null"),
      });
      return answers.shift() ?? Response.error();
    },
  });
  return { client, sent };
}

const authorization = "Bearer cst_t";

test("an operation is one request: method, path, query, headers, body", async () => {
  const { client, sent } = createScene(
    Response.json({ slug: "a" }, { status: 201 }),
    new Response(null, { status: 204 }),
    Response.json({ items: [] }),
  );
  const body = { name: "a", role: "member", portals: [] } as const;
  expect(await client.addToken({ body, idempotencyKey: "k" })).toEqual({ slug: "a" });
  expect(await client.revokeToken({ params: { id: "a/../b?c" } })).toBeUndefined();
  await client.listCalls({ query: { portal: "a&b", limit: 3, target: undefined } });
  expect(sent).toEqual([
    {
      method: "POST",
      url: "https://mcp.example.com/api/v1/tokens",
      headers: { authorization, "content-type": "application/json", "idempotency-key": '"k"' },
      body,
    },
    {
      method: "DELETE",
      url: "https://mcp.example.com/api/v1/tokens/a%2F..%2Fb%3Fc",
      headers: { authorization },
      body: null,
    },
    {
      method: "GET",
      url: "https://mcp.example.com/api/v1/calls?portal=a%26b&limit=3",
      headers: { authorization },
      body: null,
    },
  ]);
});

test("a refusal is an ApiProblem with all that its document says", async () => {
  const document = {
    type: "urn:castellan:fault:invalid_input",
    title: "Invalid input",
    status: 400,
    code: "invalid_input",
    detail: "name is required",
    field: "name",
    requestId: "req_1",
    problems: [{ field: "name", reason: "is required" }],
  };
  const { client } = createScene(Response.json(document, { status: 400, headers: { "retry-after": "7" } }));
  const problem = await client.getStatus().catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ApiProblem);
  expect({ ...(problem as ApiProblem), message: (problem as ApiProblem).message }).toEqual({
    name: "ApiProblem",
    message: "name is required",
    code: "invalid_input",
    status: 400,
    field: "name",
    problems: [{ field: "name", reason: "is required" }],
    retryAfterSeconds: 7,
    requestId: "req_1",
    data: document,
  });
});

test.each([
  ["a page of a proxy", new Response("<h1>Bad gateway</h1>", { status: 502 }), 502, undefined],
  ["JSON of something else", Response.json({ message: "no" }, { status: 404 }), 404, undefined],
  ["what is no JSON", new Response("hello"), 200, undefined],
  [
    "a redirect",
    new Response(null, { status: 302, headers: { location: "https://login.example.com/" } }),
    302,
    "https://login.example.com/",
  ],
])("%s is not taken for an answer", async (_, answer, status, location) => {
  const { client } = createScene(answer);
  const error = await client.getStatus().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnexpectedAnswer);
  expect(error).toMatchObject({ status, location });
});

test("pages are read one after the other, with the same filters", async () => {
  const { client, sent } = createScene(
    Response.json({ items: [{ id: "tok_1" }, { id: "tok_2" }], nextCursor: "c" }),
    Response.json({ items: [], nextCursor: "d" }),
    Response.json({ items: [{ id: "tok_3" }] }),
  );
  const ids: string[] = [];
  for await (const { id } of pages(client.listTokens, { query: { limit: 2 } })) ids.push(id);
  expect(ids).toEqual(["tok_1", "tok_2", "tok_3"]);
  expect(sent.map(({ url }) => new URL(url).search)).toEqual([
    "?limit=2",
    "?limit=2&cursor=c",
    "?limit=2&cursor=d",
  ]);
});

test("a request can be given up", async () => {
  const client = createClient({
    url: "http://localhost",
    token: "cst_t",
    fetch: (_, { signal }) => Promise.reject(signal?.reason as Error),
  });
  await expect(client.getStatus({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
    "enough",
  );
});

test("what a URL would fold into another path is refused before anything is sent", async () => {
  const { client, sent } = createScene();
  for (const slug of [".", "..", ""])
    await expect(client.getServer({ params: { slug } })).rejects.toThrow(TypeError);
  expect(sent).toEqual([]);
});
