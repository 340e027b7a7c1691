/** Whoever asked wants their own yes: with tokens and forms that they have, with those of others, and by asking until it comes. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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

let turn = 0;
let page: string;
beforeEach(async () => {
  turn += 1;
  page = pageIn(await last(scene.call(ann.door, "ask", { turn })));
});
const state = async () => (await scene.approval(idIn(page))).state;
const formOf = async ({ browser }: Visitor, step: string, of = page) => {
  const form = (await browser.open(of)).forms.find(({ action }) => action.includes(`/${step}`));
  if (!form) throw new Error(`There is no form for ${step}`);
  return form;
};

test("what a client was given for a portal decides nothing at the API, whoever gave it", async () => {
  const url = `${scene.house.url}/api/v1/approvals/${idIn(page)}`;
  for (const { door } of [ann, lea]) {
    const headers = { authorization: `Bearer ${door.token}`, "content-type": "application/json" };
    const body = JSON.stringify({ decision: "approve" });
    expect([
      (await fetch(`${url}/decision`, { method: "POST", headers, body })).status,
      (await fetch(url, { method: "DELETE", headers })).status,
      (await fetch(url, { headers })).status,
    ]).toEqual([401, 401, 401]);
  }
  expect(await state()).toBe("pending");
});

test("a form is good for whom and for what it was made", async () => {
  const theirs = await formOf(ann, "withdraw");
  const leas = await formOf(lea, "decision");
  const turned = { ...theirs, action: theirs.action.replace("withdraw", "decision") };
  const yes = { decision: "yes" };
  // Her own form sent elsewhere; the decider's form with her browser.
  expect((await ann.browser.send(turned, yes)).status).toBe(403);
  expect((await ann.browser.send(leas, yes)).status).toBe(403);
  // The decider's browser with a form that the asker was given, and with its own of another request.
  expect((await lea.browser.send(turned, yes)).status).toBe(403);
  const other = pageIn(await last(scene.call(ann.door, "ask", { turn, other: true })));
  const elsewhere = { ...leas, action: leas.action.replace(idIn(page), idIn(other)) };
  expect((await lea.browser.send(elsewhere, yes)).status).toBe(403);
  // What is no answer is none, and an address that is opened sends no form.
  for (const decision of ["", "YES", "true"])
    expect((await lea.browser.send(leas, { decision })).status).toBe(200);
  await lea.browser.open(`${leas.action}?decision=yes&${leas.fields}`);
  expect([await state(), (await scene.approval(idIn(other))).state]).toEqual(["pending", "pending"]);
});

test("a yes for one call is one call, however many are sent to whichever replica at once", async () => {
  await press(lea.browser, page, "yes");
  const sent = Array.from({ length: 12 }, (_, n) =>
    outcome(scene.call(ann.door, "ask", { turn }, { replica: n % 2 })),
  );
  expect((await Promise.all(sent)).toSorted()).toEqual([
    ...Array.from({ length: 11 }, () => "approval_required"),
    "complete",
  ]);
  expect(scene.arrived(`"turn":${turn}`)).toHaveLength(1);
});

test("who asks and takes back again and again is heard no more for a while", async () => {
  const ben = await scene.come("Ben");
  const ask = async (n: number) => last(scene.call(ben.door, "ask", { turn, n }));
  for (let n = 0; n < 20; n += 1) await press(ben.browser, pageIn(await ask(n)), "withdraw");
  expect((await ask(20))["error"]?.data.code).toBe("approvals_limited");
});
