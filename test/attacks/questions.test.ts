/** A server that asks what it may not: in each cell, in every place where a question could hide. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RpcError, type Call } from "../fixtures/script.ts";
import { obliging } from "../harness/callers/caller.ts";
import { type LegacyCaller, openLegacyCaller } from "../harness/callers/legacy.ts";
import { cells, type Cell } from "../harness/cells.ts";
import { openAttackScene, told, type AttackScene } from "./scene.ts";

let scene: AttackScene;
beforeAll(async () => {
  scene = await openAttackScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const form = `{"message":"m","requestedSchema":{"type":"object","properties":{"a":{"type":"string"}}}}`;
const page = (url: string) =>
  `{"mode":"url","message":"m","elicitationId":"e1","url":${JSON.stringify(url)}}`;
const model = `{"messages":[],"maxTokens":1}`;

/** A server that asks these at once, whatever the client declared, and tells how it was answered. */
function asks(era: Cell["server"], questions: readonly (readonly [method: string, params: string])[]) {
  if (era === "modern")
    return (params: Record<string, unknown>) =>
      params["inputResponses"]
        ? `{"resultType":"complete","content":[],"structuredContent":${JSON.stringify(params["inputResponses"])}}`
        : `{"resultType":"input_required","inputRequests":{${questions
            .map(([method, params], n) => `"k${n}":{"method":"${method}","params":${params}}`)
            .join(",")}}}`;
  return async function* (_: unknown, call: Call) {
    for (const [n, [method, params]] of questions.entries()) yield call.ask(`k${n}`, method, params);
    const answers = await Promise.all(questions.map((_, n) => call.answerTo(`k${n}`)));
    yield call.result(`{"content":[],"structuredContent":${JSON.stringify({ answers })}}`);
  };
}

const call = (slug: string) => ["tools/call", { name: `${slug}_t` }] as const;

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  test("what the client did not declare is not asked, and on record as refused", async () => {
    const hostile = await scene.hostile(to, {
      script: { "tools/call": asks(to, [["sampling/createMessage", model]]) },
    });
    const caller = await hostile.caller(era, { capabilities: { elicitation: {} }, answers: obliging });
    const { message, text } = await caller.request(...call(hostile.slug));
    expect(caller.asked).toEqual([]);
    if (era === "modern") expect(message.error?.code, text).toBe(-32021);
    expect(text).toContain('"client_capability_missing"');
    const records = told(await hostile.records());
    expect(records).toContain("sampling/createMessage refused client_capability_missing");
  });

  test("of questions of which one is forbidden, a modern server gets none through", async () => {
    const hostile = await scene.hostile(to, {
      clientFeatures: ["elicitation_form"],
      script: {
        "tools/call": asks(to, [
          ["elicitation/create", form],
          ["sampling/createMessage", model],
        ]),
      },
    });
    const caller = await hostile.caller(era, { answers: obliging });
    const { message } = await caller.request(...call(hostile.slug));
    const records = told(await hostile.records());
    expect(records).toContain("sampling/createMessage refused client_feature_denied");
    if (to === "legacy")
      return expect(caller.asked.map(({ method }) => method)).toEqual(["elicitation/create"]);
    expect(caller.asked).toEqual([]);
    expect(message.error.data).toMatchObject({ code: "client_feature_denied" });
    expect(records).toContain("elicitation/create refused client_feature_denied");
  });

  test.each(["URL", " url", "page", "", null, 1, ["url"]])(
    "an elicitation in the mode %j is none",
    async (mode) => {
      const params = `{"mode":${JSON.stringify(mode)},"url":"javascript:alert(1)",${form.slice(1)}`;
      const hostile = await scene.hostile(to, {
        script: { "tools/call": asks(to, [["elicitation/create", params]]) },
      });
      const caller = await hostile.caller(era, { answers: obliging });
      const { text } = await caller.request(...call(hostile.slug));
      expect(caller.asked).toEqual([]);
      expect(text).toContain('"client_feature_denied"');
    },
  );

  test.each([
    ["a server without leave", [], "https://example.com/", "client_feature_denied"],
    ["a script for a page", undefined, "javascript:alert(1)", "client_feature_denied"],
    ["a client that shows no pages", undefined, "https://example.com/", "client_capability_missing"],
  ] as const)("an error that wants pages opened (-32042): %s", async (what, clientFeatures, url, code) => {
    const hostile = await scene.hostile(to, {
      ...(clientFeatures && { clientFeatures }),
      script: {
        "tools/call": () => {
          throw new RpcError(-32042, "m", `{"elicitations":[${page(url)}]}`);
        },
      },
    });
    const capabilities = what.startsWith("a client") ? { elicitation: {} } : undefined;
    const caller = await hostile.caller(era, { answers: obliging, ...(capabilities && { capabilities }) });
    const { message, text } = await caller.request(...call(hostile.slug));
    expect(caller.asked).toEqual([]);
    expect(message.error?.code, text).not.toBe(-32042);
    // 2026-07-28 has no such error: from its servers it is one like any other.
    if (to === "modern") return expect(message.error.code).toBe(-32000);
    expect(message.error.data).toMatchObject({ code });
    expect(told(await hostile.records())).toContain(`elicitation/create refused ${code}`);
  });

  test.each([
    `{"elicitations":[{"url":"javascript:alert(1)"}]}`,
    `{"elicitations":{"0":${page("javascript:alert(1)")}}}`,
    `{"elicitations":[${page("https://example.com/")},{"mode":"form"}]}`,
    `{"elicitations":[]}`,
    `[${page("javascript:alert(1)")}]`,
    undefined,
  ])("an error that wants pages opened in a way of its own is an error: %s", async (data) => {
    const hostile = await scene.hostile(to, {
      script: {
        "tools/call": () => {
          throw new RpcError(-32042, "m", data);
        },
      },
    });
    const caller = await hostile.caller(era, { answers: obliging });
    const { message, text } = await caller.request(...call(hostile.slug));
    expect(message.error?.code, text).toBe(-32000);
    expect(caller.asked).toEqual([]);
  });

  test("a capability that the portal keeps from the server is not told to be the client's lack (-32021)", async () => {
    const hostile = await scene.hostile(to, {
      clientFeatures: ["roots"],
      script: {
        "tools/call": () => {
          throw new RpcError(-32021, "m", `{"requiredCapabilities":{"elicitation":{"form":{}}}}`);
        },
      },
    });
    const caller = await hostile.caller(era, { answers: obliging });
    const { message, text } = await caller.request(...call(hostile.slug));
    expect(message.error?.code, text).toBe(era === "legacy" && to === "legacy" ? -32021 : -32000);
    if (to === "modern") expect(message.error.data).toMatchObject({ code: "client_feature_denied" });
  });
});

describe.each(cells.filter(({ server }) => server === "legacy"))(
  "$cell: legacy server",
  ({ caller: era }) => {
    test("a server that asks without end is stopped, and so is what it costs to record", async () => {
      const hostile = await scene.hostile("legacy", {
        clientFeatures: [],
        script: {
          "tools/call": async function* (_, call) {
            for (let n = 0; !call.signal.aborted && n < 20_000; n++) yield call.ask(n, "roots/list");
          },
        },
      });
      const caller = await hostile.caller(era);
      const { message, text } = await caller.request(...call(hostile.slug));
      expect(message.error?.data, text).toMatchObject({ code: "upstream_invalid" });
      await hostile.server.recording.when("notifications/cancelled");
      const refused = hostile.server.recording.of(({ body }) => body.includes('"client_feature_denied"'));
      expect(refused.length).toBe(era === "legacy" ? 1_024 : 256);
    });

    test("a server that pings without end waits for its answers", async () => {
      let most = 0;
      let open = 0;
      const hostile = await scene.hostile("legacy", {
        script: {
          "tools/call": async function* (_, call) {
            for (let n = 0; n < 200; n++) yield call.ask(`p${n}`, "ping");
            await call.answerTo("p199");
            yield call.result(`{"content":[]}`);
          },
        },
      });
      hostile.server.intercept = async ({ request, signal }) => {
        if (!request.body.includes('"result":{}')) return false;
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
        return signal.aborted;
      };
      const caller = await hostile.caller(era);
      const { message, text } = await caller.request(...call(hostile.slug));
      expect(message.result?.content, text).toEqual([]);
      expect(most).toBeLessThan(4);
    });

    test("a notification of the extension for tasks is none of a call's", async () => {
      const hostile = await scene.hostile("legacy", {
        script: {
          "tools/call": async function* (_, call) {
            yield call.notification(
              "notifications/tasks",
              `{"taskId":"x","status":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":${form}}}}`,
            );
            yield call.result(`{"content":[]}`);
          },
        },
      });
      const caller = await hostile.caller(era);
      await caller.request(...call(hostile.slug));
      expect(caller.inbox.of("notifications/tasks")).toEqual([]);
    });
  },
);

test.each(cells)(
  "$cell: a caller that takes plain JSON only is asked nothing but by the answer",
  async ({ caller: era, server: to }) => {
    const hostile = await scene.hostile(to, {
      script: { "tools/call": asks(to, [["elicitation/create", form]]) },
    });
    const caller = await hostile.caller(era, { answers: obliging });
    const { message, text } = await caller.request(...call(hostile.slug), {
      headers: { accept: "application/json" },
    });
    const records = told(await hostile.records());
    if (era === "modern") {
      expect(message.result, text).toBeDefined();
      return expect(records).toContain("elicitation/create ok");
    }
    expect(caller.asked).toEqual([]);
    expect(text).toContain('"client_unanswered"');
    expect(records).toContain("elicitation/create refused client_unanswered");
  },
);

test("C4: a client that is shown two questions and refuses one is shown no more of the other", async () => {
  const questions = [
    ["sampling/createMessage", model],
    ["elicitation/create", form],
  ] as const;
  const hostile = await scene.hostile("modern", { script: { "tools/call": asks("modern", questions) } });
  const caller = await hostile.caller("legacy", {
    answers({ method }) {
      if (method === "sampling/createMessage") throw new RpcError(-1, "not today");
      return new Promise<string>(() => undefined);
    },
  });
  const { message } = await caller.request(...call(hostile.slug));
  expect(message.error.data).toMatchObject({ code: "client_unanswered" });
  const [, shown] = caller.inbox.of(
    ({ message: { id, method } }) => id !== undefined && method !== undefined,
  );
  const { message: withdrawn } = await caller.inbox.when("notifications/cancelled");
  expect(withdrawn["params"]).toEqual({ requestId: shown?.message["id"] });
});

test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])(
  "C4: a client of %s is asked and answered in its own way",
  async (version) => {
    const script = { "tools/call": asks("modern", [["elicitation/create", form]]) };
    const hostile = await scene.hostile("modern", { script });
    const capabilities = { elicitation: {} };
    await using caller = await openLegacyCaller(hostile.door, { version, capabilities, answers: obliging });
    const { message, text } = await caller.request(...call(hostile.slug));
    expect(message.result.structuredContent, text).toEqual({
      k0: { action: "accept", content: { name: "Ada" } },
    });
    hostile.server.script = {
      "tools/call": asks("modern", [["elicitation/create", page("https://example.com/")]]),
    };
    expect((await caller.request(...call(hostile.slug))).message.error.code).toBe(-32000);
    expect(caller.asked.length).toBe(1);
  },
);

test.each(cells.flatMap((cell) => [-32020, -32022, -32021, -32601].map((code) => ({ ...cell, code }))))(
  "$cell: a server's $code is told in the caller's terms",
  async ({ cell, caller: era, server: to, code }) => {
    const hostile = await scene.hostile(to, {
      script: {
        "tools/call": () => {
          throw new RpcError(code, "m", '{"supported":["1999-01-01"],"requiredCapabilities":{"x":{}}}');
        },
      },
    });
    const caller = await hostile.caller(era);
    const { status, message, text } = await caller.request(...call(hostile.slug));
    const expected = {
      // Codes of a legacy server's own: 2026-07-28 had not reserved them.
      C1: [200, code],
      C2: code === -32601 ? [404, code] : code === -32021 ? [400, code] : [200, -32000],
      C3: code === -32601 ? [404, code] : [200, -32000],
      C4: code === -32601 ? [200, code] : [200, -32000],
    };
    expect([status, message.error?.code], text).toEqual(expected[cell]);
  },
);

test("C4: a server that asks without end is asked no more", async () => {
  const script = {
    "tools/call": () =>
      `{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":${form}}}}`,
  };
  const hostile = await scene.hostile("modern", { script });
  const caller = await hostile.caller("legacy", { answers: obliging });
  const { message } = await caller.request(...call(hostile.slug));
  expect(message.error.data).toMatchObject({ code: "client_unanswered" });
  expect(hostile.server.recording.of("tools/call").length).toBe(16);
});

test("C3: a server that takes no answer does not keep the house from stopping", async () => {
  const other = await openAttackScene();
  const script = { "tools/call": asks("legacy", [["elicitation/create", form]]) };
  const hostile = await other.hostile("legacy", { script });
  const caller = await hostile.caller("modern");
  await caller.request(...call(hostile.slug));
  // Neither the answer that says that there is none, nor the end of the session.
  hostile.server.intercept = () => new Promise<boolean>(() => undefined);
  const startedMs = performance.now();
  await other.house[Symbol.asyncDispose]();
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  await other[Symbol.asyncDispose]();
});

test("C1: a server that asks without end on the session's own stream is cut off", async () => {
  const hostile = await scene.hostile("legacy", {
    clientFeatures: [],
    script: { "tools/call": () => `{"content":[]}` },
  });
  const caller = (await hostile.caller("legacy")) as LegacyCaller;
  await caller.request(...call(hostile.slug));
  await caller.listen();
  if (!("push" in hostile.server)) throw new Error("not a legacy server");
  const { server } = hostile;
  await expect.poll(() => server.streams.length).toBe(1);
  for (let n = 0; n < 2_000; n++)
    server.push(`{"jsonrpc":"2.0","id":${n},"method":"roots/list","params":{}}`);
  await expect.poll(() => server.streams.length, { timeout: 10_000 }).toBe(0);
  const refused = server.recording.of(({ body }) => body.includes('"client_feature_denied"'));
  expect(refused.length).toBe(256);
});
