import type { ServerResponse } from "node:http";
import { defineFaults } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import { messageEvent, primingEvent } from "../sse/write.ts";
import { answerJson, codeOf, legacyHello, modernHello, openEvents, result, startServer } from "../testing.ts";
import type { SeenRequest } from "../testing.ts";
import type { AboutRequest, CredentialsRefusal, UpstreamCredentials } from "./credentials.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import { openLegacySse } from "./legacy-sse.ts";
import { createModernChannel } from "./modern.ts";
import { probe } from "./probe.ts";

const hello = { version: "2026-07-28", capabilities: {}, resultText: modernHello };
const client = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"t","version":"1"}',
} as const;
const faults = defineFaults({
  sign_in_first: { owner: "caller", status: 403, help: "A test's own: there is nothing to send." },
  sign_in_later: { owner: "upstream", status: 502, retryable: true, help: "A test's own: not yet." },
});

/** A keyring whose token is replaced whenever one is refused. */
function keyring(verdicts: readonly ("retry" | "final" | "throw")[] = []) {
  const asked: AboutRequest[] = [];
  const refused: { refusal: CredentialsRefusal; sent: Readonly<Record<string, string>> }[] = [];
  const credentials: UpstreamCredentials = {
    headers(request) {
      asked.push(request);
      return Promise.resolve({ authorization: `Bearer ${refused.length + 1}` });
    },
    async refused(refusal, sent) {
      refused.push({ refusal, sent });
      const verdict = verdicts[refused.length - 1] ?? "retry";
      if (verdict === "throw") throw faults.fault("sign_in_first", "sign in first");
      return verdict;
    },
  };
  return { credentials, asked, refused };
}

async function serve(handle: (request: SeenRequest, response: ServerResponse) => void) {
  const server = await startServer(handle);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

function refuse(
  response: ServerResponse,
  status = 401,
  challenges: string[] = ['Bearer error="invalid_token"'],
) {
  response.writeHead(status, { "www-authenticate": challenges, "content-type": "text/plain" }).end("no");
}

const bearers = (seen: readonly SeenRequest[]) => seen.map(({ headers }) => headers.authorization);
const signal = new AbortController().signal;
const call = { method: "tools/call", params: '{"name":"a"}', name: "a", signal };

test("a request that is refused is sent again with what is newer", async () => {
  const server = await serve(({ id, headers }, response) =>
    headers.authorization === "Bearer 1" ? refuse(response) : answerJson(response, result(id, "{}")),
  );
  const { credentials, asked, refused } = keyring();
  await createModernChannel({ ...server.target(), credentials }, hello).request(call);
  // The admin's own `authorization` gives way.
  expect(bearers(server.seen)).toEqual(["Bearer 1", "Bearer 2"]);
  expect(asked).toEqual([
    { method: "tools/call", name: "a" },
    { method: "tools/call", name: "a" },
  ]);
  expect(refused).toEqual([
    {
      refusal: { status: 401, challenge: 'Bearer error="invalid_token"' },
      sent: { authorization: "Bearer 1" },
    },
  ]);
});

test("it is sent at most three times, and what stands then is told as what it is", async () => {
  const server = await serve((_request, response) => refuse(response, 403, ["Basic", "Bearer scope=x"]));
  const { credentials, refused } = keyring();
  const channel = createModernChannel({ ...server.target(), credentials }, hello);
  expect(await codeOf(channel.request(call))).toBe("upstream_unauthorized");
  expect(bearers(server.seen)).toEqual(["Bearer 1", "Bearer 2", "Bearer 3"]);
  expect(refused.map(({ refusal }) => refusal)).toEqual([
    { status: 403, challenge: "Basic, Bearer scope=x" },
    { status: 403, challenge: "Basic, Bearer scope=x" },
  ]);
});

test("a refusal that is final stands, and one that wants a person is theirs to hear", async () => {
  const server = await serve((_request, response) => refuse(response));
  const [final, thrown] = [keyring(["final"]), keyring(["throw"])];
  for (const [{ credentials }, code] of [
    [final, "upstream_unauthorized"],
    [thrown, "sign_in_first"],
  ] as const)
    expect(await codeOf(createModernChannel({ ...server.target(), credentials }, hello).request(call))).toBe(
      code,
    );
  expect(server.seen).toHaveLength(2);
});

test("403 without a challenge is not about credentials", async () => {
  const server = await serve((_request, response) => answerJson(response, "{}", 403));
  const { credentials, refused } = keyring();
  const channel = createModernChannel({ ...server.target(), credentials }, hello);
  expect(await codeOf(channel.request(call))).toBe("upstream_unauthorized");
  expect([server.seen.length, refused]).toEqual([1, []]);
});

test("nothing is sent where there are no credentials to send", async () => {
  const server = await serve((_request, response) => refuse(response));
  const credentials: UpstreamCredentials = {
    headers: () => Promise.reject(faults.fault("sign_in_first", "sign in first")),
    refused: () => Promise.resolve("final"),
  };
  const target = { ...server.target(), credentials };
  expect(await codeOf(createModernChannel(target, hello).request(call))).toBe("sign_in_first");
  expect(await codeOf(openLegacyHttp(target, client, signal))).toBe("sign_in_first");
  expect(await codeOf(openLegacySse(target, client, signal))).toBe("sign_in_first");
  expect(await codeOf(probe(target, { name: "t", version: "1" }, signal))).toBe("sign_in_first");
  expect(server.seen).toEqual([]);
});

test("a caller that leaves while credentials are got has cancelled", async () => {
  const server = await serve((_request, response) => refuse(response));
  const leaving = new AbortController();
  const waits = (within: AbortSignal) =>
    new Promise<never>((_, reject) => {
      within.addEventListener("abort", () => reject(within.reason), { once: true });
    });
  const slow: UpstreamCredentials = {
    headers: (_request, within) => waits(within),
    refused: () => Promise.resolve("final"),
  };
  const asked = createModernChannel({ ...server.target(), credentials: slow }, hello).request({
    ...call,
    signal: leaving.signal,
  });
  leaving.abort();
  expect(await codeOf(asked)).toBe("cancelled");
  expect(server.seen).toEqual([]);
});

test("a session is opened, spoken in, listened to and ended with them", async () => {
  const server = await serve(({ id, method, httpMethod, headers }, response) => {
    if (headers.authorization === "Bearer 1") return refuse(response);
    if (httpMethod === "GET") return openEvents(response, '{"jsonrpc":"2.0","method":"notifications/x"}');
    if (httpMethod === "DELETE" || id === undefined) return void response.writeHead(202).end();
    answerJson(response, result(id, method === "initialize" ? legacyHello : "{}"), 200, {
      "mcp-session-id": "s",
    });
  });
  const { credentials, asked } = keyring();
  const channel = await openLegacyHttp({ ...server.target(), credentials }, client, signal);
  await channel.request(call);
  const stop = new AbortController();
  const heard = Promise.withResolvers<void>();
  const listening = channel.listen?.({ signal: stop.signal, onMessage: () => heard.resolve() });
  await heard.promise;
  stop.abort();
  await listening?.catch(() => undefined);
  await channel.end?.();
  expect(
    server.seen.map(({ httpMethod, method, headers }) => [httpMethod, method, headers.authorization]),
  ).toEqual([
    ["POST", "initialize", "Bearer 1"],
    ["POST", "initialize", "Bearer 2"],
    ["POST", "notifications/initialized", "Bearer 2"],
    ["POST", "tools/call", "Bearer 2"],
    ["GET", undefined, "Bearer 2"],
    ["DELETE", undefined, "Bearer 2"],
  ]);
  expect(asked).toEqual([
    { method: "initialize" },
    { method: "initialize" },
    {},
    { method: "tools/call", name: "a" },
    {},
    {},
  ]);
});

test("a line over HTTP+SSE has them on its stream and on what is posted", async () => {
  let say: (text: string) => void = () => undefined;
  const server = await serve(({ id, method, httpMethod, headers }, response) => {
    if (headers.authorization === "Bearer 1") return refuse(response);
    if (httpMethod === "GET") {
      openEvents(response);
      response.write("event: endpoint\ndata: /post\n\n");
      say = (text) => void response.write(messageEvent(text));
      return;
    }
    response.writeHead(202).end();
    if (id !== undefined) say(result(id, method === "initialize" ? legacyHello : "{}"));
  });
  const { credentials } = keyring();
  await using channel = await openLegacySse({ ...server.target(), credentials }, client, signal);
  await channel.request(call);
  expect(server.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ["/mcp", "Bearer 1"],
    ["/mcp", "Bearer 2"],
    ["/post", "Bearer 2"],
    ["/post", "Bearer 2"],
    ["/post", "Bearer 2"],
  ]);
});

test.each([
  ["wants a person", "throw", false, "upstream_unauthorized"],
  ["passes", "retry", true, "answered"],
] as const)(
  "what is wanted for the rest of an answer %s: the call is not told as one that was never made",
  async (_, verdict, isLate, code) => {
    let calls = 0;
    let callId: unknown;
    const server = await serve(({ id, method, httpMethod }, response) => {
      if (method === "initialize")
        return answerJson(response, result(id, legacyHello), 200, { "mcp-session-id": "s" });
      if (httpMethod === "GET") {
        if (!isLate) return refuse(response);
        openEvents(response);
        return void response.end(messageEvent(result(callId, "{}")));
      }
      if (id === undefined) return void response.writeHead(202).end();
      calls++;
      callId = id;
      openEvents(response);
      return void response.end(primingEvent("1", 0));
    });
    const { credentials } = keyring([verdict]);
    let late = isLate ? 1 : 0;
    const sometimes: UpstreamCredentials = {
      ...credentials,
      async headers(about, within) {
        if (about.method === undefined && calls > 0 && late-- > 0)
          throw faults.fault("sign_in_later", "later");
        return credentials.headers(about, within);
      },
    };
    await using channel = await openLegacyHttp(
      { ...server.target(), credentials: sometimes },
      client,
      signal,
    );
    expect(await codeOf(channel.request(call))).toBe(code);
    expect(calls).toBe(1);
  },
);
