/** How requests end: not decided in time, refused, taken back, and decided by two at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
let leo: Visitor;
beforeAll(async () => {
  scene = await openApprovals();
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
  leo = await scene.come("Leo", "leads");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const aDay = 24 * 60 * 60;
const stateOf = async (page: string) => (await scene.approval(idIn(page))).state;

test("nobody decides in time: who waits hears it, a late decision is refused, and the next call asks anew", async () => {
  const mark = "too late";
  const { result } = await last(scene.call(ann.door, "ask", { mark }, { opensPages: true }));
  const page = pageIn({ result });
  const before = await lea.browser.open(page);
  await scene.age(idIn(page), aDay);
  const more = { requestState: result.requestState, inputResponses: {} };
  expect(await outcome(scene.call(ann.door, "ask", { mark }, { opensPages: true, more }))).toBe(
    "approval_expired",
  );
  const late = await lea.browser.send(
    before.forms.find(({ action }) => action.includes("/decision")),
    { decision: "yes" },
  );
  expect([late.status, late.text]).toEqual([409, expect.stringContaining("Not decided in time")]);
  expect(await stateOf(page)).toBe("expired");
  const anew = pageIn(await last(scene.call(ann.door, "ask", { mark })));
  expect(idIn(anew)).not.toBe(idIn(page));
  expect(scene.arrived(mark)).toEqual([]);
});

test("a yes is not good for ever", async () => {
  const mark = "yes of yesterday";
  const page = pageIn(await last(scene.call(ann.door, "ask", { mark })));
  await press(lea.browser, page, "yes");
  await scene.age(idIn(page), aDay);
  const anew = pageIn(await last(scene.call(ann.door, "ask", { mark })));
  expect(idIn(anew)).not.toBe(idIn(page));
  expect(scene.arrived(mark)).toEqual([]);
});

test("a no is told with its reason to whoever waits, and to the same call at once again; later it may be asked anew", async () => {
  const mark = "refused";
  const { result } = await last(scene.call(ann.door, "ask", { mark }, { opensPages: true }));
  const page = pageIn({ result });
  const more = { requestState: result.requestState, inputResponses: {} };
  const waiting = last(scene.call(ann.door, "ask", { mark }, { opensPages: true, more }));
  await press(lea.browser, page, "no", { reason: "not on a Friday" });
  expect((await waiting)["error"]).toMatchObject({
    message: "Somebody who may decide said no: not on a Friday",
    data: { code: "approval_rejected", approvalId: idIn(page) },
  });
  for (const replica of [0, 1])
    expect(await outcome(scene.call(ann.door, "ask", { mark }, { replica }))).toBe("approval_rejected");
  const theirs = await ann.browser.open(page);
  expect(theirs.text).toContain("Lea said no");
  expect(theirs.text).toContain("not on a Friday");
  expect(theirs.forms.map(({ action }) => action)).toEqual([]);
  // People are not asked until they say yes; and a no is not for ever.
  await scene.age(idIn(page), 11 * 60);
  const anew = pageIn(await last(scene.call(ann.door, "ask", { mark })));
  expect(idIn(anew)).not.toBe(idIn(page));
  expect(scene.arrived(mark)).toEqual([]);
});

describe("taken back", () => {
  test("on the page, also after the yes: the waiting call ends, and the yes is good for nothing", async () => {
    const client = await openLegacy(ann.door, { capabilities: { elicitation: { url: {} } } });
    const say = () =>
      client.send(rpc(7, "tools/call", { name: "legacy_ask", arguments: { mark: "taken back" } }));
    const call = await say();
    const { params } = parsed(await call.next());
    await press(ann.browser, params.url, "withdraw");
    expect((await last(call))["error"].data.code).toBe("approval_withdrawn");
    expect(await press(lea.browser, params.url, "yes").catch(String)).toContain("nothing to press");

    const page = pageIn(await last(scene.call(ann.door, "ask", { mark: "taken back" })));
    await press(lea.browser, page, "yes");
    await press(ann.browser, page, "withdraw");
    const anew = pageIn(await last(scene.call(ann.door, "ask", { mark: "taken back" })));
    expect(idIn(anew)).not.toBe(idIn(page));
    expect(scene.arrived("taken back")).toEqual([]);
  });

  test("by a client that declines to open the page", async () => {
    const mark = "declined";
    const { result } = await last(scene.call(ann.door, "ask", { mark }, { opensPages: true }));
    const more = {
      requestState: result.requestState,
      inputResponses: { castellan_approval: { action: "decline" } },
    };
    expect(await outcome(scene.call(ann.door, "ask", { mark }, { opensPages: true, more }))).toBe(
      "approval_withdrawn",
    );
    expect(await stateOf(pageIn({ result }))).toBe("withdrawn");
  });
});

describe("two decide at once, each on another replica", () => {
  const bothPress = async (page: string, buttons: readonly ["yes" | "no", "yes" | "no"]) => {
    // Each has the page open already: the forms race, not the pages.
    const forms = await Promise.all(
      [lea, leo].map(async ({ browser }) => {
        const shown = await browser.open(page);
        return shown.forms.find(({ action }) => action.includes("/decision"));
      }),
    );
    let next = 0;
    const { aim } = scene.relay;
    scene.relay.aim = (message) => (message.path.includes("/decision") ? next++ % 2 : aim?.(message));
    try {
      return await Promise.all(
        [lea, leo].map(({ browser }, index) =>
          browser.send(forms[index], { decision: buttons[index] ?? "" }),
        ),
      );
    } finally {
      scene.relay.aim = aim;
    }
  };

  test("yes and yes: one counts, the other is told, and the call goes through once", async () => {
    const mark = "yes and yes";
    const page = pageIn(await last(scene.call(ann.door, "ask", { mark })));
    const pages = await bothPress(page, ["yes", "yes"]);
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    for (const { text } of pages) expect(text).toContain("Approved");
    const { state, needs } = await scene.approval(idIn(page));
    expect([state, needs.map((need: { met?: object }) => need.met)]).toEqual([
      "approved",
      [{ at: expect.any(String), by: expect.any(String), byName: expect.stringMatching(/^Le[ao]$/) }],
    ]);
    expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("complete");
    expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
    expect(scene.arrived(mark).length).toBe(1);
  });

  test("yes and no: what came first holds, and both see the same", async () => {
    const mark = "yes and no";
    const page = pageIn(await last(scene.call(ann.door, "ask", { mark })));
    const pages = await bothPress(page, ["yes", "no"]);
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const state = await stateOf(page);
    expect(["approved", "rejected"]).toContain(state);
    const word = state === "approved" ? "Approved" : "Rejected";
    for (const { text } of pages) expect(text).toContain(`${word}: modern_ask`);
    expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe(
      state === "approved" ? "complete" : "approval_rejected",
    );
    expect(scene.arrived(mark).length).toBe(state === "approved" ? 1 : 0);
  });
});
