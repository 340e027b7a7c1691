/** What changes between asking, deciding and calling: people, tools, arguments. Who calls is judged again at the moment of the call. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLegacy, parsed, rpc } from "../../portal/client.ts";
import {
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

const ask = async (mark: string, more: object = {}) =>
  pageIn(await last(scene.call(ann.door, "ask", { mark, ...more })));

test("who was taken out of the group before deciding decides nothing, with the page open already", async () => {
  const mark = "too late to decide";
  const page = await ask(mark);
  const shown = await lea.browser.open(page);
  await scene.move(lea);
  try {
    const form = shown.forms.find(({ action }) => action.includes("/decision"));
    expect((await lea.browser.send(form, { decision: "yes" })).status).toBe(404);
    expect((await lea.browser.open(page)).status).toBe(404);
    expect((await scene.approval(idIn(page))).state).toBe("pending");
    expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
  } finally {
    await scene.move(lea, "leads");
  }
  expect(scene.arrived(mark)).toEqual([]);
});

test("a yes of somebody who has left the group by the time of the call is none: the same request waits again", async () => {
  const mark = "left before the call";
  const page = await ask(mark);
  await press(lea.browser, page, "yes");
  await scene.move(lea);
  try {
    for (const replica of [0, 1])
      expect(idIn(pageIn(await last(scene.call(ann.door, "ask", { mark }, { replica }))))).toBe(idIn(page));
    expect((await scene.approval(idIn(page))).state).toBe("pending");
  } finally {
    await scene.move(lea, "leads");
  }
  expect(scene.arrived(mark)).toEqual([]);
  // Back in the group, she has to say it again.
  expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
  await press(lea.browser, page, "yes");
  expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("complete");
  expect(scene.arrived(mark).length).toBe(1);
});

test("a yes of somebody who is suspended by the time of the call is none", async () => {
  const mark = "suspended lead";
  const max = await scene.come("Max", "leads");
  const page = await ask(mark);
  await press(max.browser, page, "yes");
  await scene.api("PATCH", `/users/${max.id}`, { status: "suspended" });
  expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
  expect(scene.arrived(mark)).toEqual([]);
});

test("who asked and is suspended gets nothing through, and a waiting call of theirs ends", async () => {
  const mark = "suspended asker";
  const ben = await scene.come("Ben");
  const client = await openLegacy(ben.door, { capabilities: { elicitation: { url: {} } } });
  const waiting = await client.send(rpc(7, "tools/call", { name: "modern_ask", arguments: { mark } }));
  const { url } = parsed(await waiting.next())["params"];
  await scene.api("PATCH", `/users/${ben.id}`, { status: "suspended" });
  expect(await outcome(waiting)).toBe("token_invalid");
  await press(lea.browser, url, "yes");
  const again = await scene.call(ben.door, "ask", { mark });
  await again.all;
  expect([again.status, scene.arrived(mark)]).toEqual([401, []]);
});

test("nobody decides on what they asked for themselves, in the group or not; unless the rule says so", async () => {
  const mark = "own";
  const page = pageIn(await last(scene.call(lea.door, "ask", { mark })));
  const shown = await lea.browser.open(page);
  expect(shown.forms.filter(({ action }) => action.includes("/decision"))).toEqual([]);
  const [own] = shown.forms;
  const forged = { ...own, action: own?.action.replace("/withdraw", "/decision") };
  expect((await lea.browser.send(forged as typeof own, { decision: "yes" })).status).toBe(403);
  expect(await outcome(scene.call(lea.door, "ask", { mark }))).toBe("approval_required");
  expect(scene.arrived(mark)).toEqual([]);

  const confirmed = pageIn(await last(scene.call(lea.door, "self", { mark })));
  await press(lea.browser, confirmed, "yes");
  expect(await outcome(scene.call(lea.door, "self", { mark }))).toBe("complete");
});

test("who may not decide sees nothing of the request", async () => {
  const page = await ask("a budget of 7");
  const eve = await scene.come("Eve");
  const shown = await eve.browser.open(page);
  expect([shown.status, shown.html.includes("budget")]).toEqual([404, false]);
  expect((await eve.browser.open("/approvals")).html).not.toContain(idIn(page));
});

test("other arguments, another client, another person: another request", async () => {
  const mark = "to the letter";
  const page = await ask(mark, { amount: 10 });
  await press(lea.browser, page, "yes");
  expect(idIn(await ask(mark, { amount: 1000 }))).not.toBe(idIn(page));
  const other = await scene.letIn(ann.browser);
  const zoe = await scene.come("Zoe");
  for (const door of [other, zoe.door])
    expect(idIn(pageIn(await last(scene.call(door, "ask", { mark, amount: 10 }))))).not.toBe(idIn(page));
  expect(scene.arrived(mark)).toEqual([]);
  // The order of members is not what was asked about.
  expect(await outcome(scene.call(ann.door, "ask", { amount: 10, mark }))).toBe("complete");
});

test("the state of an approved call is no key: not to other arguments, nor for another client or person", async () => {
  const mark = "borrowed state";
  const opensPages = true;
  const { result } = await last(scene.call(ann.door, "ask", { mark, amount: 10 }, { opensPages }));
  await press(lea.browser, pageIn({ result }), "yes");
  const more = {
    requestState: result.requestState,
    inputResponses: { castellan_approval: { action: "accept" } },
  };
  const options = { opensPages, more };
  const other = await scene.letIn(ann.browser);
  const uma = await scene.come("Uma");
  const codes = [
    await outcome(scene.call(ann.door, "ask", { mark, amount: 1000 }, options)),
    await outcome(scene.call(ann.door, "self", { mark, amount: 10 }, options)),
    await outcome(scene.call(ann.door, "ask", { mark, amount: 10 }, { ...options, era: "legacy" })),
    await outcome(scene.call(uma.door, "ask", { mark, amount: 10 }, options)),
    await outcome(scene.call(other, "ask", { mark, amount: 10 }, options)),
  ];
  // To another client of hers it is a question of its own.
  const invalid = "request_state_invalid";
  expect(codes).toEqual([invalid, invalid, invalid, invalid, "input_required"]);
  expect(scene.arrived(mark)).toEqual([]);
  expect(await outcome(scene.call(ann.door, "ask", { mark, amount: 10 }, options))).toBe("complete");
});

test("a tool that says something else of itself by the time of the call is asked about anew", async () => {
  const mark = "changed tool";
  const page = await ask(mark);
  await press(lea.browser, page, "yes");
  const { modern } = scene.servers;
  const { stock } = modern;
  modern.stock = {
    tools: (stock.tools ?? []).map((tool) => ({ ...tool, description: "Does something else now" })),
  };
  await scene.api("POST", "/servers/modern/sync");
  const anew = await ask(mark);
  expect(idIn(anew)).not.toBe(idIn(page));
  await press(lea.browser, anew, "yes");
  expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("complete");
  expect(scene.arrived(mark).length).toBe(1);
});
