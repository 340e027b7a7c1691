/** The three ways of asking, by what a client can do; and that one decision is one call, wherever it was decided. */
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLegacy, parsed, rpc } from "../../portal/client.ts";
import {
  eras,
  idIn,
  last,
  openApprovals,
  outcome,
  pageIn,
  press,
  type ApprovalScene,
  type Visitor,
} from "./scene.ts";

let scene: ApprovalScene;
let ann: Visitor;
let lea: Visitor;
beforeAll(async () => {
  scene = await openApprovals();
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const capabilities = { elicitation: { form: {}, url: {} } };

describe.each(eras)("a %s server", (era) => {
  test("a modern client that opens pages is asked, its person's lead decides, and its retry goes through once", async () => {
    const mark = `asked at ${era}`;
    const options = { era, opensPages: true };
    const { result } = await last(scene.call(ann.door, "ask", { mark }, { ...options, replica: 0 }));
    const page = pageIn({ result });
    expect(result.resultType).toBe("input_required");
    const shown = await lea.browser.open(page);
    expect(shown.text).toContain(mark);
    expect(shown.text).toContain(`Let Ann use ${era}_ask?`);
    expect((await press(lea.browser, page, "yes", { reason: "as agreed" })).text).toContain("Approved");
    expect(scene.arrived(mark)).toEqual([]);

    const retry = {
      requestState: result.requestState,
      inputResponses: { castellan_approval: { action: "accept" } },
    };
    const again = { ...options, more: retry, replica: 1 };
    expect(await outcome(scene.call(ann.door, "ask", { mark }, again))).toBe("complete");
    const [sent, ...rest] = scene.arrived(mark);
    expect(rest).toEqual([]);
    const { _meta, ...params } = sent;
    expect(params).toEqual({ name: "ask", arguments: { mark } });
    expect(JSON.stringify(_meta ?? {})).not.toMatch(/approval/i);
    // Neither the state nor the yes is good for a second call.
    const second = await last(scene.call(ann.door, "ask", { mark }, again));
    expect(idIn(pageIn(second))).not.toBe(idIn(page));
    expect(scene.arrived(mark).length).toBe(1);
  });

  test("a retry that is there before the decision waits for it, wherever it is made", async () => {
    const mark = `waiting at ${era}`;
    const options = { era, opensPages: true };
    const { result } = await last(scene.call(ann.door, "ask", { mark }, options));
    const more = { requestState: result.requestState, inputResponses: {} };
    const waiting = scene.call(ann.door, "ask", { mark }, { ...options, more });
    await press(lea.browser, pageIn({ result }), "yes");
    expect(await outcome(waiting)).toBe("complete");
    expect(scene.arrived(mark).length).toBe(1);
  });

  test.each([0, 1])(
    "a legacy client with a stream is asked on it and waits at replica %i, while it is decided on the other",
    async (replica) => {
      const mark = `streamed at ${era} ${replica}`;
      const headers = { "x-replica": String(replica) };
      const client = await openLegacy(ann.door, { capabilities });
      const call = await client.send(rpc(7, "tools/call", { name: `${era}_ask`, arguments: { mark } }), {
        headers,
      });
      const { id, method, params } = parsed(await call.next());
      expect([method, params.mode]).toEqual(["elicitation/create", "url"]);
      await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept"}}`);
      expect(scene.arrived(mark)).toEqual([]);
      scene.pagesAt = 1 - replica;
      await press(lea.browser, params.url, "yes").finally(() => (scene.pagesAt = undefined));
      expect(parsed(await call.next())).toMatchObject({
        method: "notifications/elicitation/complete",
        params: { elicitationId: params.elicitationId },
      });
      expect(parsed(await call.next())).toMatchObject({ id: 7, result: { content: [{ text: "ask" }] } });
      expect(await call.next()).toBeUndefined();
      const sent = scene.arrived(mark);
      expect(sent.length).toBe(1);
      expect(sent[0].arguments).toEqual({ mark });
      expect(JSON.stringify(sent)).not.toMatch(/approval/i);
    },
  );

  test("a client that opens nothing is told the link, and the same call sent again goes through once", async () => {
    const mark = `linked at ${era}`;
    const legacy = await openLegacy(ann.door);
    const ways = [
      (replica?: number) =>
        scene.call(ann.door, "ask", { mark, way: 1 }, { era, ...(replica !== undefined && { replica }) }),
      (replica?: number) =>
        legacy.send(rpc(8, "tools/call", { name: `${era}_ask`, arguments: { mark, way: 2 } }), {
          headers: { ...(replica !== undefined && { "x-replica": String(replica) }) },
        }),
    ];
    for (const say of ways) {
      const { error } = await last(say(0));
      expect(error.data.code).toBe("approval_required");
      expect(error.message).toContain(error.data.url);
      await press(lea.browser, error.data.url, "yes");
      const all = await Promise.all([say(0), say(1), say(0), say(1)].map(outcome));
      expect(all.toSorted()).toEqual([
        "approval_required",
        "approval_required",
        "approval_required",
        "complete",
      ]);
    }
    expect(scene.arrived(mark).length).toBe(2);
  });
});

test("a program's call waits for a person, who sees which program asks", async () => {
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: "nightly",
    role: "member",
    portals: ["main"],
    allow: toolClasses,
  });
  const door = { url: ann.door.url, token: secret };
  const mark = "by a program";
  const { error } = await last(scene.call(door, "ask", { mark }));
  const shown = await lea.browser.open(error.data.url);
  expect(shown.text).toContain("the program nightly");
  // Nobody asked in person: there is nobody to whom it is "theirs".
  expect((await ann.browser.open(error.data.url)).status).toBe(404);
  await press(lea.browser, error.data.url, "yes");
  expect(await outcome(scene.call(door, "ask", { mark }))).toBe("complete");
  expect(scene.arrived(mark).length).toBe(1);
  // What only a person can do is no program's to be asked.
  for (const tool of ["proof", "why"] as const)
    expect(await outcome(scene.call(door, tool, { mark }))).toBe("policy_denied");
});
