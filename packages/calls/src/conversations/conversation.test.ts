import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import {
  openScene,
  principalNamed,
  retryOf,
  startLegacyServer,
  type Json,
  type ServerScript,
} from "./testing.ts";

const form = '{"message":"Who?","requestedSchema":{"type":"object","properties":{}},"n":1E400}';
const accepted = (content: object) => ({ action: "accept", content });

/** Asks for a name and greets it. */
const greet: ServerScript = async ({ ask }) => {
  const { result } = await ask("elicitation/create", form);
  return `{"content":[],"told":${JSON.stringify(result)},"big":1234567890123456789}`;
};

test("a question comes as input_required, and its answer goes to the call that waits", async () => {
  await using server = await startLegacyServer(greet);
  await using scene = await openScene(server);
  const replica = await scene.openReplica();

  const first = await replica.call();
  expect(first.text).toContain(`"inputRequests":{"q1":{"method":"elicitation/create","params":${form}}}`);
  expect(first.result).toMatchObject({ resultType: "input_required", requestState: expect.any(String) });
  expect(replica.conversations.waiting).toBe(1);

  const second = await replica.call({ params: retryOf(first, { q1: accepted({ n: 1 }), other: { x: 1 } }) });
  expect(second.text).toBe(
    '{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","content":[],"told":{"action":"accept","content":{"n":1}},"big":1234567890123456789}}',
  );
  expect(server.seen.filter(({ method }) => method === "tools/call")).toHaveLength(1);
  expect(replica.conversations.waiting).toBe(0);
  expect(scene.records.map(({ method, outcome, code }) => [method, outcome, code])).toEqual([
    ["elicitation/create", "ok", undefined],
    ["tools/call", "ok", "input_required"],
    ["tools/call", "ok", undefined],
  ]);
});

test("prompts and resources may ask as well; the line serves the next call", async () => {
  await using server = await startLegacyServer(async ({ ask, method }) => {
    const { result } = await ask("roots/list");
    return JSON.stringify({ method, roots: result.roots });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  for (const [method, target] of [
    ["prompts/get", '"name":"p"'],
    ["resources/read", '"uri":"a:b"'],
  ] as const) {
    const first = await replica.call({ method, params: target });
    expect(first.result.inputRequests).toEqual({ q1: { method: "roots/list", params: {} } });
    const { result } = await replica.call({ method, params: retryOf(first, { q1: { roots: [] } }, target) });
    expect(result).toMatchObject({ resultType: "complete", method, roots: [] });
  }
  expect(server.sessions.size).toBe(1);
});

test("questions that are asked together are put together, and what is not answered is asked again", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const answers = await Promise.all([
      ask("elicitation/create", form, 1),
      ask("sampling/createMessage", '{"messages":[],"maxTokens":1}', "1"),
      ask("roots/list", "{}", 2),
    ]);
    return JSON.stringify({ answers: answers.map(({ result }) => result) });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const methodsOf = ({ result }: { result?: Json }) =>
    Object.entries<Json>(result.inputRequests).map(([key, { method }]) => `${key} ${method}`);

  const first = await replica.call();
  expect(methodsOf(first)).toEqual(["q1 elicitation/create", "q2 sampling/createMessage", "q3 roots/list"]);
  const second = await replica.call({
    params: retryOf(first, { q2: { role: "assistant", content: {}, model: "m" } }),
  });
  expect(methodsOf(second)).toEqual(["q1 elicitation/create", "q3 roots/list"]);
  const third = await replica.call({ params: retryOf(second, {}) });
  expect(methodsOf(third)).toEqual(methodsOf(second));
  const last = await replica.call({
    // What was answered is not open any more: this is ignored.
    params: retryOf(third, { q1: { action: "decline" }, q2: { role: "x" }, q3: { roots: [] } }),
  });
  expect(last.result.answers).toEqual([
    { action: "decline" },
    { role: "assistant", content: {}, model: "m" },
    { roots: [] },
  ]);
});

test("rounds follow each other; a state is good for its own round, once", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const answers = [await ask("elicitation/create", form), await ask("elicitation/create", form)];
    return JSON.stringify({ answers: answers.map(({ result }) => result.content.n) });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();

  const first = await replica.call();
  const retries = await Promise.all(
    [1, 2, 3].map((n) => replica.call({ params: retryOf(first, { q1: accepted({ n }) }) })),
  );
  expect(retries.map(({ result, error }) => result?.resultType ?? error?.data.code)).toEqual([
    "input_required",
    "request_state_invalid",
    "request_state_invalid",
  ]);
  const replayed = await replica.call({
    params: retryOf(first, { q1: accepted({ n: 9 }), q2: accepted({ n: 9 }) }),
  });
  expect(replayed.error).toMatchObject({ code: -32602, data: { code: "request_state_invalid" } });
  const second = retries[0]!;
  const last = await replica.call({ params: retryOf(second, { q2: accepted({ n: 4 }) }) });
  expect(last.result.answers).toEqual([1, 4]);
  const late = await replica.call({ params: retryOf(second, { q2: accepted({ n: 5 }) }) });
  expect(late.error.data.code).toBe("request_state_invalid");
});

test("nobody else's state is taken, nor for another request", async () => {
  await using server = await startLegacyServer(greet);
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call({ params: '"name":"t","arguments":{"a":1}' });
  const answer = { q1: accepted({}) };
  const refused = await Promise.all([
    replica.call({
      params: retryOf(first, answer, '"name":"t","arguments":{"a":1}'),
      principal: principalNamed("x"),
    }),
    replica.call({ params: retryOf(first, answer, '"name":"t","arguments":{"a":1}'), portal: "other" }),
    replica.call({ params: retryOf(first, answer, '"name":"t","arguments":{"a":1.0}') }),
    replica.call({ params: retryOf(first, answer, '"name":"u","arguments":{"a":1}') }),
    replica.call({ params: '"name":"t","requestState":"made up"' }),
  ]);
  expect(refused.map(({ error }) => [error.code, error.data.code])).toEqual(
    refused.map(() => [-32602, "request_state_invalid"]),
  );
  // None of them used it up.
  const retry = await replica.call({ params: retryOf(first, answer, '"arguments": { "a":1 }, "name":"t"') });
  expect(retry.result.told).toEqual(accepted({}));
});

test("an answer of the wrong shape is refused by its name, and may be given again", async () => {
  await using server = await startLegacyServer(greet);
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  for (const wrong of [{}, { action: "yes" }, { action: 7 }, { content: {} }]) {
    const { error } = await replica.call({ params: retryOf(first, { q1: wrong }) });
    expect(error).toMatchObject({
      code: -32602,
      data: { code: "params_invalid", field: 'params.inputResponses["q1"]' },
    });
  }
  for (const wrong of ['"inputResponses":null', '"inputResponses":{"q1":1}', '"requestState":5']) {
    const { error } = await replica.call({ params: `"name":"t",${wrong}` });
    expect(error).toMatchObject({ code: -32602, data: { code: "params_invalid" } });
  }
  const { result } = await replica.call({ params: retryOf(first, { q1: { action: "cancel" } }) });
  expect(result.told).toEqual({ action: "cancel" });
});

test("what the server says reaches the leg that waits, under its own token and level; between rounds it is dropped", async () => {
  const log = (level: string) =>
    `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"${level}","data":1E400}}`;
  await using server = await startLegacyServer(async ({ ask, say, params }) => {
    const token = JSON.stringify(params["_meta"].progressToken);
    const progress = (n: number) =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${n}}}`;
    say(progress(1));
    say(log("info"));
    say(log("debug"));
    say('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":9}}');
    const asked = ask("elicitation/create", form);
    for (let n = 100; n < 300; n++) say(progress(n));
    await asked;
    say(progress(2));
    say(log("info"));
    say(log("error"));
    return "{}";
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const level = (name: string) => `"io.modelcontextprotocol/logLevel":"${name}"`;
  const said = (messages: readonly Json[]) =>
    messages.map(({ params }) => params.level ?? [params.progressToken, params.progress]);

  const first = await replica.call({ meta: `"progressToken":1,${level("info")}` });
  expect(said(first.said).slice(0, 2)).toEqual([[1, 1], "info"]);
  const second = await replica.call({
    meta: `"progressToken":"b",${level("error")}`,
    params: retryOf(first, { q1: accepted({}) }),
  });
  expect(said(second.said).slice(-2)).toEqual([["b", 2], "error"]);
  expect(said(second.said)).not.toContain("info");
  const told = server.seen
    .filter(({ method }) => method === "logging/setLevel")
    .map(({ params }) => params.level);
  expect(told).toEqual(["info", "error"]);
});

test("without a level there is no log, and without a token no progress", async () => {
  await using server = await startLegacyServer(({ say, params }) => {
    say('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"emergency"}}');
    say('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}');
    return JSON.stringify({ got: params });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const { said, result } = await replica.call();
  expect(said).toEqual([]);
  expect(result.got).toEqual({ name: "t" });
});

test("a caller that hangs up cancels the call at the server, in any round", async () => {
  await using server = await startLegacyServer(async ({ ask, cancelled }) => {
    await ask("elicitation/create", form);
    await new Promise((resolve) => cancelled.addEventListener("abort", resolve));
    return "{}";
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  const cancel = new AbortController();
  const retry = replica.call({ params: retryOf(first, { q1: accepted({}) }), cancel });
  await server.until(() => server.seen.some(({ result }) => result !== undefined));
  cancel.abort();
  await retry;
  await server.until(() => server.seen.some(({ method }) => method === "notifications/cancelled"));
  // The line is thrown away: who knows what the server still says on it.
  await server.until(() => server.sessions.size === 0);
  expect(replica.lines.size).toBe(0);
  expect(scene.records.at(-1)).toMatchObject({ method: "tools/call", outcome: "cancelled" });
});

test("a caller that never comes back: the server is told, and the call is cancelled", async () => {
  await using server = await startLegacyServer(async ({ ask, cancelled }) => {
    await Promise.all([ask("elicitation/create", form), ask("roots/list")]);
    await new Promise((resolve) => cancelled.addEventListener("abort", resolve));
    return "{}";
  });
  await using scene = await openScene(server, { limits: { ttlMs: 50 } });
  const replica = await scene.openReplica();
  const first = await replica.call();
  await server.until(() => server.sessions.size === 0);
  const told = server.seen.filter(({ result, error }) => result !== undefined || error !== undefined);
  expect(told.map(({ result, error }) => result ?? error)).toEqual([
    { action: "cancel" },
    { code: -1, message: "The client did not answer" },
  ]);
  await server.until(() => server.seen.some(({ method }) => method === "notifications/cancelled"));
  const late = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(late.error.data.code).toBe("request_state_invalid");
  expect([replica.conversations.waiting, replica.lines.size]).toEqual([0, 0]);
});

test("a server that never answers after its question was answered is given up", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    await ask("elicitation/create", form);
    return new Promise(() => undefined);
  });
  await using scene = await openScene(server, { upstreamLimits: { idleTimeoutMs: 600 } });
  const replica = await scene.openReplica();
  const first = await replica.call();
  const { error } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(error.data.code).toBe("upstream_timeout");
  await server.until(() => server.sessions.size === 0);
});

test("a server may be silent for as long as it waits for its question's answer", async () => {
  await using server = await startLegacyServer((call) =>
    call.params["name"] === "u" ? new Promise(() => undefined) : greet(call),
  );
  await using scene = await openScene(server, { upstreamLimits: { idleTimeoutMs: 500 } });
  const replica = await scene.openReplica();
  const first = await replica.call();
  // So long, and longer, a server may be silent otherwise.
  for (const name of ["u", "u"])
    expect((await replica.call({ params: `"name":"${name}"` })).error.data.code).toBe("upstream_timeout");
  const { result } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(result.told).toEqual(accepted({}));
});

test("a server that answers its call without waiting for the answer", async () => {
  const isAsked = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async ({ ask }) => {
    void ask("elicitation/create", form);
    await isAsked.promise;
    return '{"done":1E400}';
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  isAsked.resolve();
  expect(first.result.resultType).toBe("input_required");
  // Its question is void, and it is told.
  await server.until(() => server.seen.some(({ result }) => result?.action === "cancel"));
  const { text } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(text).toBe('{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","done":1E400}}');
});

test("a server that answers while nobody waits, with more than is kept", async () => {
  const isAsked = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async ({ ask }) => {
    void ask("elicitation/create", form);
    await isAsked.promise;
    return JSON.stringify({ long: "x".repeat(2_000) });
  });
  await using scene = await openScene(server, { limits: { maxChars: 1_000 } });
  const replica = await scene.openReplica();
  const first = await replica.call();
  isAsked.resolve();
  await server.until(() => server.seen.some(({ result }) => result?.action === "cancel"));
  const { error } = await replica.call({ params: retryOf(first, {}) });
  expect(error.data.code).toBe("upstream_too_large");
});

test("a question that is taken back is not put, or not put again", async () => {
  await using server = await startLegacyServer(async ({ ask, say }) => {
    void ask("elicitation/create", form, "void");
    say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"void"}}');
    const { result } = await ask("elicitation/create", form, "real");
    return JSON.stringify({ told: result });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  expect(Object.keys(first.result.inputRequests)).toEqual(["q2"]);
  const { result } = await replica.call({
    params: retryOf(first, { q1: accepted({ n: 1 }), q2: accepted({ n: 2 }) }),
  });
  expect(result.told).toEqual(accepted({ n: 2 }));
});

test("a server that asks a thousand questions at once has some put, some refused, and its call ended", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    for (let n = 0; n < 1_000; n++) void ask("elicitation/create", form, n);
    return new Promise(() => undefined);
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  // They may come in several rounds, as fast as the server's stream is read.
  let answer = await replica.call();
  while (answer.error === undefined) answer = await replica.call({ params: retryOf(answer, {}) });
  expect(answer.error.data.code).toBe("upstream_invalid");
  await server.until(() => server.sessions.size === 0);
  expect(scene.records.filter(({ method }) => method === "elicitation/create").length).toBeLessThanOrEqual(
    256,
  );
});

test("questions of more than fits are refused to the server", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const asked = ask("elicitation/create", JSON.stringify({ message: "x".repeat(2_000) }));
    return JSON.stringify({ told: (await asked).error.message });
  });
  await using scene = await openScene(server, { limits: { maxChars: 1_000 } });
  const replica = await scene.openReplica();
  expect((await replica.call()).result.told).toBe("The client cannot be asked");
});

test("a server is told that it may not ask what its registration does not allow", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const { error } = await ask("sampling/createMessage", '{"messages":[]}');
    return JSON.stringify({ told: error.data });
  });
  await using scene = await openScene(server, { features: ["roots"] });
  const replica = await scene.openReplica();
  expect((await replica.call()).result.told).toEqual({ code: "client_feature_denied" });
  expect(server.seen[0]?.params.capabilities).toEqual({ roots: {} });
});

test("a caller that did not declare what the server wants is told what the call needs", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    await ask("sampling/createMessage", '{"messages":[]}');
    return "{}";
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const { status, error } = await replica.call({ capabilities: '{"elicitation":{"form":{}}}' });
  expect([status, error.code, error.data.requiredCapabilities]).toEqual([400, -32021, { sampling: {} }]);
  await server.until(() => server.seen.some((message) => message["error"] !== undefined));
  await server.until(() => server.sessions.size === 0);
});

test("a completion is never answered with questions", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const { error } = await ask("elicitation/create", form);
    return JSON.stringify({ completion: { values: [error.message] } });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const { result } = await replica.call({
    method: "completion/complete",
    params: '"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}',
  });
  expect(result.completion.values).toEqual(["The client cannot be asked in the course of this call"]);
});

test("a question on the server's GET stream belongs to the call on that line", async () => {
  await using server = await startLegacyServer(async ({ push, answerTo }) => {
    push(`{"jsonrpc":"2.0","id":"g","method":"elicitation/create","params":${form}}`);
    return JSON.stringify({ told: (await answerTo("g")).result });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  expect(first.result.inputRequests.q1.method).toBe("elicitation/create");
  const { result } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(result.told).toEqual(accepted({}));
});

test("a server without sessions asks on the call's own stream", async () => {
  await using server = await startLegacyServer(greet, { sessions: "none" });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  const { result } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect(result.told).toEqual(accepted({}));
});

test("a page to open has no id for a modern client, and must be one that can be opened", async () => {
  const page = (url: string) =>
    `{"mode":"url","url":${JSON.stringify(url)},"message":"m","elicitationId":"e"}`;
  await using server = await startLegacyServer(async ({ ask, say, params }) => {
    const asked = ask("elicitation/create", page(params["arguments"].url));
    say('{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":"e"}}');
    const { result, error } = await asked;
    return JSON.stringify({ told: result ?? error.data });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call({ params: '"name":"t","arguments":{"url":"https://x.example/a"}' });
  expect(first.result.inputRequests.q1.params).toEqual({
    mode: "url",
    url: "https://x.example/a",
    message: "m",
  });
  expect(first.said).toEqual([]);
  const { result } = await replica.call({ params: '"name":"t","arguments":{"url":"javascript:alert(1)"}' });
  expect(result.told).toEqual({ code: "client_feature_denied" });
});

test("an error that wants pages visited first becomes input_required; the retry makes the call again", async () => {
  let isDone = false;
  await using server = await startLegacyServer(() => {
    if (isDone) return '{"done":true}';
    const elicitations = [
      { mode: "url", url: "https://x.example/a", message: "Sign in", elicitationId: "e" },
    ];
    throw { code: -32042, message: "URL elicitation required", data: { elicitations } };
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const first = await replica.call();
  expect(first.result).toEqual({
    resultType: "input_required",
    inputRequests: {
      page1: {
        method: "elicitation/create",
        params: { mode: "url", url: "https://x.example/a", message: "Sign in" },
      },
    },
    requestState: expect.any(String),
  });
  expect(replica.conversations.waiting).toBe(0);
  isDone = true;
  const retry = await replica.call({ params: retryOf(first, { page1: { action: "accept" } }) });
  expect(retry.result).toEqual({ resultType: "complete", done: true });
  const asked = scene.records.filter(({ method }) => method === "elicitation/create");
  expect(asked.map(({ outcome }) => outcome)).toEqual(["ok"]);
});

test("pages that a server may not have opened are not shown", async () => {
  await using server = await startLegacyServer(() => {
    const elicitations = [
      { mode: "url", url: "https://x.example/a", message: "Sign in", elicitationId: "e" },
    ];
    throw { code: -32042, message: "URL elicitation required", data: { elicitations } };
  });
  await using scene = await openScene(server, { features: ["elicitation_form"] });
  const replica = await scene.openReplica();
  expect((await replica.call()).error.data.code).toBe("client_feature_denied");
  await using free = await openScene(server);
  const { error } = await (await free.openReplica()).call({ capabilities: "{}" });
  expect(error).toMatchObject({ code: -32021, data: { code: "client_capability_missing" } });
});

test("errors come in the words of the modern era, and results cannot pass for questions", async () => {
  await using server = await startLegacyServer(({ method }) => {
    if (method === "resources/read") throw { code: -32002, message: "gone" };
    return '{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"}}}';
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const { error } = await replica.call({ method: "resources/read", params: '"uri":"a:b"' });
  expect(error).toEqual({ code: -32602, message: "gone" });
  expect((await replica.call()).error.data.code).toBe("upstream_invalid");
});

test("a caller has so many calls that wait, and is told", async () => {
  await using server = await startLegacyServer(greet);
  await using scene = await openScene(server, { limits: { maxWaiting: 2 } });
  const replica = await scene.openReplica();
  const answers = await Promise.all([1, 2, 3].map(() => replica.call()));
  const codes = answers.map(({ result, error }) => result?.resultType ?? error.data.code);
  expect(codes.toSorted()).toEqual(["calls_limited", "input_required", "input_required"]);
  const other = await replica.call({ principal: principalNamed("other") });
  expect(other.result.resultType).toBe("input_required");
  // Those that are answered make room.
  const one = answers.find(({ result }) => result)!;
  await replica.call({ params: retryOf(one, { q1: accepted({}) }) });
  expect((await replica.call()).result.resultType).toBe("input_required");
});

test("large calls that wait are fewer", async () => {
  await using server = await startLegacyServer(greet);
  await using scene = await openScene(server, { limits: { maxWaitingChars: 5_000 } });
  const replica = await scene.openReplica();
  const large = { params: `"name":"t","arguments":{"x":"${"x".repeat(2_000)}"}` };
  const codes: unknown[] = [];
  for (let n = 0; n < 3; n++) {
    const { result, error } = await replica.call(large);
    codes.push(result?.resultType ?? error.data.code);
  }
  expect(codes).toEqual(["input_required", "input_required", "calls_limited"]);
});

test("a client that reads nothing does not keep the server from being heard", async () => {
  await using server = await startLegacyServer(async ({ push, say, ask, params }) => {
    const token = JSON.stringify(params["_meta"].progressToken);
    push(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":1}}`,
    );
    const { result } = await ask("elicitation/create", form);
    say(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":2}}`,
    );
    push('{"jsonrpc":"2.0","id":"p","method":"ping"}');
    await server.until(() => server.seen.some(({ id }) => id === "p"));
    return JSON.stringify({ told: result });
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const stuck = () => new Promise<boolean>(() => undefined);
  const first = await replica.call({ meta: '"progressToken":1', relay: stuck });
  const { result, said } = await replica.call({
    meta: '"progressToken":2',
    params: retryOf(first, { q1: accepted({}) }),
  });
  expect(result.told).toEqual(accepted({}));
  expect(said.map(({ params }) => params.progress)).toEqual([2]);
});

test("a server of 2024-11-05, whose one stream carries everything", async () => {
  let stream: ServerResponse | undefined;
  const say = (message: object) =>
    stream?.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
  const http = createServer(async (request, response) => {
    if (request.method === "GET") {
      stream = response.writeHead(200, { "content-type": "text/event-stream" });
      stream.write("event: endpoint\ndata: /messages\n\n");
      return;
    }
    const message: Json = JSON.parse(await text(request));
    response.writeHead(202).end();
    const result = {
      protocolVersion: "2024-11-05",
      capabilities: {},
      serverInfo: { name: "s", version: "1" },
    };
    if (message.method === "initialize") say({ id: message.id, result });
    else if (message.method === "tools/call")
      say({ id: "q", method: "elicitation/create", params: { message: "m" } });
    else if (message.id === "q") say({ id: 2, result: { told: message.result } });
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`);
  try {
    await using scene = await openScene({ url }, { transport: "sse" });
    const replica = await scene.openReplica();
    const first = await replica.call();
    const { result } = await replica.call({ params: retryOf(first, { q1: accepted({}) }) });
    expect(result.told).toEqual(accepted({}));
  } finally {
    http.close();
    http.closeAllConnections();
  }
});
