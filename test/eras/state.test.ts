/** `requestState` belongs to one caller, one request and one moment, and shows nothing of what is in it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { obliging, type Reply } from "../harness/callers/caller.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { cells } from "../harness/cells.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => {
  for (const server of Object.values(scene.servers)) server.recording.clear();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const modernCells = cells.filter(({ caller }) => caller === "modern");

describe.each(modernCells)("$cell: modern caller, $server server", ({ server: to }) => {
  const tool = (name: string) => scene.name(to, name);
  const answers = { who: { action: "accept", content: { name: "Ada" } } };

  /** A call that was asked, and what its retry would be. */
  async function begin(args: object = { a: 1 }) {
    const caller = new ModernCaller(scene.door(to), { answers: obliging });
    const params = { name: tool("ask"), arguments: args };
    const reply = await (await caller.call("tools/call", params)).answer;
    expect(reply.message, reply.text).toMatchObject({ result: { resultType: "input_required" } });
    const { requestState, inputRequests } = reply.message.result as {
      requestState: string;
      inputRequests: Record<string, object>;
    };
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, answers.who]));
    return { caller, params, requestState, inputResponses };
  }

  const isInvalid = (reply: Reply) =>
    expect(reply.message, reply.text).toMatchObject({
      error: { code: -32602, data: { code: "request_state_invalid" } },
    });
  const once = async (caller: ModernCaller, method: string, params: object): Promise<Reply> =>
    (await caller.call(method, params)).answer;

  test("the retry that was meant succeeds, however it is spelled", async () => {
    const { caller, params, requestState, inputResponses } = await begin();
    const spelled = [
      `"requestState":${JSON.stringify(requestState)}`,
      String.raw`"arguments": { "\u0061" : 1 }`,
      `"inputResponses":${JSON.stringify(inputResponses)}`,
      String.raw`"n\u0061me":"${params.name}"`,
    ];
    const done = await (await caller.call("tools/call", `{${spelled.join(" , ")}}`)).answer;
    expect(done.message, done.text).toMatchObject({ result: { structuredContent: { answers } } });
  });

  test("tampered with, cut, made up: refused, and the real one still holds", async () => {
    const { caller, params, requestState, inputResponses } = await begin();
    const middle = requestState.length >> 1;
    const flipped = requestState[middle] === "A" ? "B" : "A";
    const heard = scene.servers[to].recording.requests.length;
    for (const state of [
      `${requestState.slice(0, middle)}${flipped}${requestState.slice(middle + 1)}`,
      requestState.slice(0, -1),
      requestState.slice(1),
      `${requestState}${requestState}`,
      "",
      "e30",
      "\u2028🐉",
      "x".repeat(100_000),
    ])
      isInvalid(await once(caller, "tools/call", { ...params, inputResponses, requestState: state }));
    expect(scene.servers[to].recording.requests.length).toBe(heard);
    const done = await once(caller, "tools/call", { ...params, inputResponses, requestState });
    expect(done.message, done.text).toMatchObject({ result: { structuredContent: { answers } } });
  });

  test.each([[5], [null], [{}], [["x"]]])("%j is no requestState", async (requestState) => {
    const { caller, params, inputResponses } = await begin();
    const reply = await once(caller, "tools/call", { ...params, inputResponses, requestState });
    expect(reply.message, reply.text).toMatchObject({ error: { code: -32602 } });
  });

  test("another principal is refused it", async () => {
    const { params, requestState, inputResponses } = await begin();
    const stranger = new ModernCaller(await scene.stranger(to), { answers: obliging });
    isInvalid(await once(stranger, "tools/call", { ...params, inputResponses, requestState }));
  });

  test("another request is refused it: arguments, tool, method, portal", async () => {
    const { caller, params, requestState, inputResponses } = await begin();
    const retry = { inputResponses, requestState };
    isInvalid(await once(caller, "tools/call", { ...params, arguments: { a: 2 }, ...retry }));
    isInvalid(await once(caller, "tools/call", { name: params.name, ...retry }));
    isInvalid(await once(caller, "tools/call", { ...params, name: tool("ask_both"), ...retry }));
    isInvalid(await once(caller, "prompts/get", { ...params, name: tool("asks"), ...retry }));
    isInvalid(await once(caller, "resources/read", { uri: "test://asks", ...retry }));
    const forms = new ModernCaller(scene.door(to, "forms"), { answers: obliging });
    isInvalid(
      await once(forms, "tools/call", {
        ...params,
        name: scene.name(to, "ask", "forms"),
        ...retry,
      }),
    );
    const done = await once(caller, "tools/call", { ...params, ...retry });
    expect(done.message, done.text).toMatchObject({ result: { structuredContent: { answers } } });
  });

  test("it shows nothing: neither the server's state, nor the arguments, nor who asked", async () => {
    const { requestState } = await begin({ secret: "hunter2-hunter2" });
    const readable = Buffer.from(requestState, "base64url").toString("latin1") + requestState;
    for (const word of ["hunter2", "test", "lively", "tools/call", "tok", "conversation", "forwarded"])
      expect(readable.includes(word), word).toBe(false);
    if ("states" in scene.servers[to])
      for (const state of scene.servers[to].states) expect(readable).not.toContain(state.slice(0, 36));
  });

  test("two that were given for equal requests are not equal", async () => {
    expect((await begin()).requestState).not.toBe((await begin()).requestState);
  });

  test("an answer that is missing is asked for again; what was not asked is no error", async () => {
    const { caller, params, requestState, inputResponses } = await begin();
    const again = await once(caller, "tools/call", {
      ...params,
      requestState,
      inputResponses: { extra: {} },
    });
    expect(again.message.result, again.text).toMatchObject({
      resultType: "input_required",
      inputRequests: { [Object.keys(inputResponses)[0] ?? ""]: { method: "elicitation/create" } },
    });
    const done = await once(caller, "tools/call", {
      ...params,
      requestState: again.message.result.requestState,
      inputResponses: { ...inputResponses, extra: {} },
    });
    expect(done.message.result, done.text).toMatchObject({ structuredContent: { answers } });
  });

  test("a state is answered as often as its server likes: a legacy one hears one answer", async () => {
    const { caller, params, requestState, inputResponses } = await begin();
    const retry = { ...params, inputResponses, requestState };
    expect((await once(caller, "tools/call", retry)).message.result.structuredContent).toEqual({ answers });
    const replayed = await once(caller, "tools/call", retry);
    const answered = scene.servers[to].recording.of(({ body }) => body.includes('"Ada"'));
    if (to === "legacy") isInvalid(replayed);
    else expect(replayed.message.result.structuredContent).toEqual({ answers });
    expect(answered.length).toBe(to === "legacy" ? 1 : 2);
  });
});
