import { expect, test } from "vitest";
import { openScene, principalNamed, retryOf, startLegacyServer } from "./testing.ts";

const form = '{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}';
const accepted = (content: object) => ({ action: "accept", content });

test("each retry lands at the other replica: rounds, progress and log, and the answer to the letter", async () => {
  await using server = await startLegacyServer(async ({ ask, say, params }) => {
    const token = JSON.stringify(params["_meta"].progressToken);
    const told: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      say(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${n}}}`,
      );
      say('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}');
      told.push((await ask("elicitation/create", form)).result.content.n);
    }
    return `{"told":${JSON.stringify(told)},"big":1234567890123456789, "e":1E400}`;
  });
  await using scene = await openScene(server);
  const [a, b] = [await scene.openReplica(), await scene.openReplica()];

  let answer = await a.call({ meta: '"progressToken":0' });
  for (let n = 1; n <= 4; n++) {
    const meta = `"progressToken":"token ${n}","io.modelcontextprotocol/logLevel":"info"`;
    const params = retryOf(answer, { [`q${n}`]: accepted({ n }) });
    answer = await [a, b][n % 2]!.call({ meta, params });
    if (n === 4) break;
    expect(answer.said.map(({ params: { level, progressToken } }) => level ?? progressToken)).toEqual([
      `token ${n}`,
      "info",
    ]);
  }
  expect(answer.text).toBe(
    '{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","told":[1,2,3,4],"big":1234567890123456789, "e":1E400}}',
  );
  expect(server.seen.filter(({ method }) => method === "tools/call")).toHaveLength(1);
  // The owner recorded the questions, for the request in whose course each was asked.
  const asked = scene.records.filter(({ method }) => method === "elicitation/create");
  expect(asked.map(({ replica }) => replica)).toEqual([a.id, a.id, a.id, a.id]);
  expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(4);
});

test("at another replica, too, a state is good once, for its caller, and answers have a shape", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const { result } = await ask("elicitation/create", form);
    return JSON.stringify({ told: result });
  });
  await using scene = await openScene(server);
  const [a, b, c] = [await scene.openReplica(), await scene.openReplica(), await scene.openReplica()];
  const first = await a.call();
  const wrong = await b.call({ params: retryOf(first, { q1: {} }) });
  expect(wrong.error).toMatchObject({ code: -32602, data: { field: 'params.inputResponses["q1"]' } });
  const stolen = await b.call({
    params: retryOf(first, { q1: accepted({}) }),
    principal: principalNamed("x"),
  });
  expect(stolen.error.data.code).toBe("request_state_invalid");
  const retries = await Promise.all(
    [b, c].map((one) => one.call({ params: retryOf(first, { q1: accepted({}) }) })),
  );
  expect(retries.map(({ result, error }) => result?.resultType ?? error.data.code).toSorted()).toEqual([
    "complete",
    "request_state_invalid",
  ]);
});

test("hanging up at another replica cancels the call at the server", async () => {
  await using server = await startLegacyServer(async ({ ask, cancelled }) => {
    await ask("elicitation/create", form);
    await new Promise((resolve) => cancelled.addEventListener("abort", resolve));
    return "{}";
  });
  await using scene = await openScene(server);
  const [a, b] = [await scene.openReplica(), await scene.openReplica()];
  const first = await a.call();
  const cancel = new AbortController();
  const retry = b.call({ params: retryOf(first, { q1: accepted({}) }), cancel });
  await server.until(() => server.seen.some(({ result }) => result !== undefined));
  cancel.abort();
  await retry;
  await server.until(() => server.seen.some(({ method }) => method === "notifications/cancelled"));
  await server.until(() => server.sessions.size === 0);
});

test("an owner that stops tells the server, and its callers that the call is lost", async () => {
  await using server = await startLegacyServer(async ({ ask }) => {
    const { result } = await ask("elicitation/create", form);
    return JSON.stringify({ told: result });
  });
  await using scene = await openScene(server);
  const [a, b] = [await scene.openReplica(), await scene.openReplica()];
  const first = await a.call();
  await a.stop();
  expect(server.seen.find(({ result }) => result !== undefined)?.result).toEqual({ action: "cancel" });
  await server.until(() => server.sessions.size === 0);
  const lost = await b.call({ params: retryOf(first, { q1: accepted({}) }) });
  expect([lost.status, lost.error]).toEqual([
    200,
    expect.objectContaining({
      code: -32000,
      data: expect.objectContaining({ code: "exchange_lost", retryable: true }),
    }),
  ]);
  // The call can be made again at once.
  expect((await b.call()).result.resultType).toBe("input_required");
});

test("an owner that loses its lease in the middle of a retry: the caller is told, the server too", async () => {
  await using server = await startLegacyServer(async ({ ask, cancelled }) => {
    await ask("elicitation/create", form);
    await new Promise((resolve) => cancelled.addEventListener("abort", resolve));
    return "{}";
  });
  await using scene = await openScene(server);
  const [a, b] = [await scene.openReplica(), await scene.openReplica()];
  const [waits, runs] = [await a.call(), await a.call()];
  const retry = b.call({ params: retryOf(runs, { q1: accepted({}) }) });
  await server.until(() => server.seen.some(({ result }) => result !== undefined));
  await a.lapse();
  expect((await retry).error.data.code).toBe("exchange_lost");
  const late = await b.call({ params: retryOf(waits, { q1: accepted({}) }) });
  expect(late.error.data.code).toBe("exchange_lost");
  await server.until(() => server.sessions.size === 0);
  // It drops what waits, and lets nothing more wait, since nobody would find it.
  const here = await a.call({ params: retryOf(waits, { q1: accepted({}) }) });
  expect(here.error.data.code).toBe("exchange_lost");
  expect((await a.call()).error.data.code).toBe("exchange_lost");
});
