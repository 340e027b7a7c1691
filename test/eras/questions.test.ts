/** What servers ask of clients, in each cell: asked as the caller's era has it, answered as the server's. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RpcError } from "../fixtures/script.ts";
import { exoticQuestion } from "../fixtures/lively/offers.ts";
import type { LegacyCaller } from "../harness/callers/legacy.ts";
import { cells } from "../harness/cells.ts";
import { openScene, toldCapabilities, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => {
  for (const server of Object.values(scene.servers)) server.recording.clear();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const name = { action: "accept", content: { name: "Ada" } };
const years = { action: "accept", content: { years: 36 } };
const word = { role: "assistant", model: "m", content: { type: "text", text: "hello" }, "x-unknown": 1 };
const places = { roots: [{ uri: "file:///home", name: "home" }] };

const tools: [tool: string, answers: object, asked: string[]][] = [
  ["ask", { who: name }, ["elicitation/create"]],
  ["ask_url", { sign_in: { action: "accept" } }, ["elicitation/create"]],
  ["sample", { model: word }, ["sampling/createMessage"]],
  ["roots", { places }, ["roots/list"]],
  ["ask_twice", { who: name, age: years }, ["elicitation/create", "elicitation/create"]],
  ["ask_both", { who: name, age: years }, ["elicitation/create", "elicitation/create"]],
  [
    "ask_all",
    { who: name, model: word, places },
    ["elicitation/create", "roots/list", "sampling/createMessage"],
  ],
];

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  const tool = (name: string, leave?: "shy" | "forms") => scene.name(to, name, leave);

  test.each(tools)("%s", async (name, answers, asked) => {
    const caller = await scene.caller(era, to);
    const { text, message } = await caller.request("tools/call", { name: tool(name) });
    expect(message, text).toMatchObject({ result: { structuredContent: { answers } } });
    expect(caller.asked.map(({ method }) => method).toSorted()).toEqual(asked);
  });

  test("a prompt and a resource may ask too", async () => {
    const caller = await scene.caller(era, to);
    const prompt = await caller.request("prompts/get", { name: tool("asks") });
    expect(prompt.message, prompt.text).toMatchObject({
      result: { messages: [{ content: { text: JSON.stringify({ who: name }) } }] },
    });
    const resource = await caller.request("resources/read", { uri: "test://asks" });
    expect(resource.message, resource.text).toMatchObject({
      result: { contents: [{ text: JSON.stringify({ who: name }) }] },
    });
  });

  test("an unusual question and an unusual answer, to the letter", async () => {
    const answer = String.raw`{"action":"accept", "content":{"n":1234567890123456789,"x":1E400,"s":"\u00e9\/"},"x-unknown":-0}`;
    const caller = await scene.caller(era, to, { answers: () => answer });
    await caller.request("tools/call", { name: tool("ask"), arguments: { exotic: true } });
    expect(caller.inbox.all.filter(({ text }) => text.includes(exoticQuestion)).length).toBe(1);
    const bodies = scene.servers[to].recording.requests.map(({ body }) => body);
    expect(bodies.filter((body) => body.includes(answer)).length).toBe(1);
  });

  test.each([
    ["decline", { action: "decline" }],
    ["cancel", { action: "cancel" }],
  ])("%s is an answer", async (_, answer) => {
    const caller = await scene.caller(era, to, { answers: () => JSON.stringify(answer) });
    const { message } = await caller.request("tools/call", { name: tool("ask") });
    expect(message.result.structuredContent).toEqual({ answers: { who: answer } });
  });

  test("a page is asked for under an id of its own where the era has one", async () => {
    const caller = await scene.caller(era, to);
    await caller.request("tools/call", { name: tool("ask_url") });
    expect(caller.asked[0]?.params).toMatchObject({ mode: "url", url: "https://example.com/sign-in" });
    if (era === "legacy") expect(caller.asked[0]?.params.elicitationId).toMatch(/./);
  });

  test.each([["javascript:alert(1)"], ["file:///etc/passwd"], ["not a url"]])(
    "the page %s is never shown",
    async (url) => {
      const caller = await scene.caller(era, to);
      await caller.request("tools/call", { name: tool("ask_url"), arguments: { url } });
      expect(scene.servers[to].recording.of("tools/call").length).toBe(1);
      expect(caller.asked).toEqual([]);
      expect(caller.inbox.all.filter(({ text }) => text.includes(url) && text.includes('"mode"'))).toEqual(
        [],
      );
    },
  );

  describe("a server that was given no leave", () => {
    test("is not told that the client could answer", async () => {
      const caller = await scene.caller(era, to, { leave: "shy", name: `untold-${era}` });
      await caller.request("tools/call", { name: tool("ask", "shy") });
      const told = toldCapabilities(scene.servers[to]);
      expect(["elicitation", "sampling", "roots"].filter((each) => each in told)).toEqual([]);
    });

    test.each(["ask", "ask_url", "sample", "roots"])(
      "does not get through with %s all the same",
      async (name) => {
        const caller = await scene.caller(era, to, { leave: "shy" });
        const { message } = await caller.request("tools/call", {
          name: tool(name, "shy"),
          arguments: { force: true },
        });
        expect(caller.asked).toEqual([]);
        // A legacy server is told no and goes on as it likes; a modern one has said all it had to say.
        if (to === "modern") expect(message.error.data).toMatchObject({ code: "client_feature_denied" });
        else
          expect(Object.values(message.result.structuredContent.answers)).toMatchObject([
            { error: { code: -32000, data: { code: "client_feature_denied" } } },
          ]);
      },
    );

    test("the caller's record says who asked for what", async () => {
      const caller = await scene.caller(era, to, { leave: "shy", name: `record-${era}-${to}` });
      await caller.request("tools/call", { name: tool("ask", "shy"), arguments: { force: true } });
      const { items } = await scene.house.api<{ items: Record<string, unknown>[] }>(
        "GET",
        `/calls?portal=${scene.door(to, "shy").slug}&limit=50`,
      );
      expect(items.find(({ method }) => method === "elicitation/create")).toMatchObject({
        outcome: "refused",
      });
    });
  });

  test("a server that may show forms may show forms only", async () => {
    const caller = await scene.caller(era, to, { leave: "forms", name: `forms-${era}` });
    const form = await caller.request("tools/call", { name: tool("ask", "forms") });
    expect(form.message.result.structuredContent).toEqual({ answers: { who: name } });
    const { elicitation, ...others } = toldCapabilities(scene.servers[to]);
    expect([elicitation, "sampling" in others, "roots" in others]).toEqual([{ form: {} }, false, false]);
    await caller.request("tools/call", { name: tool("ask_url", "forms"), arguments: { force: true } });
    expect(caller.asked.length).toBe(1);
  });

  test("what the client cannot do is not asked of it, whatever the server may", async () => {
    const caller = await scene.caller(era, to, { capabilities: { elicitation: {} } });
    await caller.request("tools/call", { name: tool("sample"), arguments: { force: true } });
    expect(caller.asked).toEqual([]);
    const form = await caller.request("tools/call", { name: tool("ask") });
    expect(form.message.result.structuredContent).toEqual({ answers: { who: name } });
  });

  test("every question is on record beside its call", async () => {
    const caller = await scene.caller(era, to);
    await caller.request("tools/call", { name: tool("ask_both") });
    const { items } = await scene.house.api<{ items: { method: string; requestId: string }[] }>(
      "GET",
      `/calls?portal=${scene.door(to).slug}&limit=10`,
    );
    const questions = items.filter(({ method }) => method === "elicitation/create").slice(0, 2);
    const calls = new Set(
      items.filter(({ method }) => method === "tools/call").map((each) => each.requestId),
    );
    expect(questions.map(({ requestId }) => calls.has(requestId))).toEqual([true, true]);
  });
});

const to = (server: string) => cells.filter((cell) => cell.server === server);
const by = (caller: string) => cells.filter((cell) => cell.caller === caller);

test("C1: the error that asks for a page passes as it came, and the call succeeds once it was seen (-32042)", async () => {
  const { legacy } = scene.servers;
  const caller = (await scene.caller("legacy", "legacy")) as LegacyCaller;
  await caller.listen();
  const params = { name: scene.name("legacy", "ask_url"), arguments: { asError: true } };
  const { text, message } = await caller.request("tools/call", params);
  expect(message.error).toMatchObject({ code: -32042, data: { elicitations: [{ mode: "url" }] } });
  expect(text).toContain('"n":1E400');
  if ("complete" in legacy) legacy.complete();
  await caller.inbox.when("notifications/elicitation/complete");
  const again = await caller.request("tools/call", params);
  expect(again.message.result.structuredContent).toEqual({ answers: { sign_in: "done" } });
});

test("C3: the error that asks for a page becomes a question, and the call succeeds once it was seen (-32042)", async () => {
  const { legacy } = scene.servers;
  const answers = () => {
    if ("complete" in legacy) legacy.complete();
    return `{"action":"accept"}`;
  };
  // A client of its own, so that no line is used on which somebody signed in already.
  const caller = await scene.caller("modern", "legacy", { answers, name: "signing-in" });
  const params = { name: scene.name("legacy", "ask_url"), arguments: { asError: true } };
  const { text, message } = await caller.request("tools/call", params);
  expect(message.result, text).toMatchObject({ structuredContent: { answers: { sign_in: "done" } } });
  expect(caller.asked).toEqual([
    { method: "elicitation/create", params: expect.objectContaining({ mode: "url" }) },
  ]);
});

describe.each(to("modern"))("$cell", ({ caller: era }) => {
  test.each(["first", "none"])("a requestState that comes %s goes back as it should", async (state) => {
    const caller = await scene.caller(era, "modern");
    const params = { name: scene.name("modern", "ask"), arguments: { state } };
    const { text, message } = await caller.request("tools/call", params);
    expect(message.result, text).toMatchObject({ structuredContent: { answers: { who: name } } });
  });
});

describe.each(by("legacy"))("$cell", ({ server }) => {
  test("a client that refuses to answer ends the call, and does not hang it", async () => {
    const answers = (): string => {
      throw new RpcError(-1, "not today");
    };
    const caller = await scene.caller("legacy", server, { answers });
    const { text, message } = await caller.request("tools/call", { name: scene.name(server, "sample") });
    const refusals = {
      legacy: { result: { structuredContent: { answers: { model: { error: { code: -1 } } } } } },
      modern: { error: { data: { code: "client_unanswered" } } },
    };
    expect(message, text).toMatchObject(refusals[server]);
  });

  test("a client that takes no stream gets an answer, not a question", async () => {
    const caller = await scene.caller("legacy", server);
    const headers = { accept: "application/json" };
    const { text, message } = await caller.request(
      "tools/call",
      { name: scene.name(server, "ask") },
      { headers },
    );
    expect([scene.servers[server].recording.of("tools/call").length, caller.asked]).toEqual([1, []]);
    const told = message.error ?? message.result.structuredContent.answers.who.error;
    expect(told, text).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
  });
});

test("C4: a page that was seen is told to be complete", async () => {
  const caller = await scene.caller("legacy", "modern");
  await caller.request("tools/call", { name: scene.name("modern", "ask_url") });
  const { message } = await caller.inbox.when("notifications/elicitation/complete");
  expect(message["params"].elicitationId).toBe(caller.asked[0]?.params.elicitationId);
});

test("C4: a capability that is missing is told in words of the legacy era", async () => {
  const caller = await scene.caller("legacy", "modern", { capabilities: {} });
  const { status, message } = await caller.request("tools/call", { name: scene.name("modern", "ask") });
  expect([status, message.error.code]).toEqual([200, -32000]);
  expect(message.error.data).toMatchObject({ requiredCapabilities: { elicitation: {} } });
});
