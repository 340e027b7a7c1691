/** What rules want beside a yes: a fresh proof, a purpose, two of different people; and a yes that holds for longer. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLegacy, parsed, rpc } from "../../portal/client.ts";
import { signIn } from "../../sign-in/people.ts";
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
let fay: Visitor;
beforeAll(async () => {
  scene = await openApprovals();
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
  fay = await scene.come("Fay", "finance");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** As if they had signed in, and let their clients in, so many seconds earlier. */
async function ageProofs({ id }: Visitor, seconds: number): Promise<void> {
  const by = `${seconds} seconds`;
  await scene.house.database.transaction(async (tx) => {
    await tx.query(
      sql`update sign_in_sessions set authenticated_at = authenticated_at - ${by}::interval where user_id = ${id}`,
    );
    const grants = await tx.query<{ id: string }>(
      sql`update grants set proved_at = proved_at - ${by}::interval where user_id = ${id} returning id`,
    );
    for (const grant of grants)
      await tx.query(sql`insert into changes (topic, key) values ('grants', ${grant.id})`);
  });
  // Whatever is written by the API afterwards is answered when replicas have heard of this.
  await scene.api("PATCH", `/users/${id}`, { role: "member" });
}

/** They follow the page's link to the sign-in, come back, and go on. */
async function prove(person: Visitor, page: string): Promise<void> {
  const shown = await person.browser.open(page);
  expect(shown.text).toContain("Prove that it is you");
  const link = /<a class="button" href="([^"]*)"/.exec(shown.html)?.[1]?.replaceAll("&amp;", "&");
  const back = await signIn(person.browser, await person.browser.open(link ?? ""), person);
  expect(back.url.pathname).toBe(new URL(page).pathname);
  await press(person.browser, page, "continue");
}

test("a proof that is too old is made anew on the page, counts as long as the rule says, and no longer", async () => {
  const mark = "proof";
  // They have just signed in, with two factors.
  expect(await outcome(scene.call(ann.door, "proof", { mark, n: 1 }))).toBe("complete");
  await ageProofs(ann, 601);
  const refused = await last(scene.call(ann.door, "proof", { mark, n: 2 }));
  expect(refused["error"].data.code).toBe("approval_required");
  const page = pageIn(refused);
  await prove(ann, page);
  expect(await outcome(scene.call(ann.door, "proof", { mark, n: 2 }, { replica: 1 }))).toBe("complete");
  // The proof is of the person and their client, and not of one call.
  expect(await outcome(scene.call(ann.door, "proof", { mark, n: 3 }, { replica: 0 }))).toBe("complete");
  await ageProofs(ann, 601);
  expect(await outcome(scene.call(ann.door, "proof", { mark, n: 4 }))).toBe("approval_required");
  expect(scene.arrived(mark).map((params) => params.arguments.n)).toEqual([1, 2, 3]);
});

test("a call that waits on its stream goes on when its person has proved who they are, on the other replica", async () => {
  const mark = "proved meanwhile";
  const pia = await scene.come("Pia");
  await ageProofs(pia, 601);
  const client = await openLegacy(pia.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: "modern_proof", arguments: { mark } }), {
    headers: { "x-replica": "0" },
  });
  const { url } = parsed(await call.next())["params"];
  scene.pagesAt = 1;
  await prove(pia, url).finally(() => (scene.pagesAt = undefined));
  expect((await last(call))["result"]).toMatchObject({ content: [{ text: "proof" }] });
  expect(scene.arrived(mark).length).toBe(1);
});

test("a purpose is said on the page by whoever asks, for one call, and is kept", async () => {
  const mark = "purpose";
  const page = pageIn(await last(scene.call(ann.door, "why", { mark })));
  const empty = await press(ann.browser, page, "continue", { purpose: " " });
  expect([empty.status, empty.text]).toEqual([400, expect.stringContaining("Say what it is for")]);
  expect((await lea.browser.open(page)).status).toBe(404);
  await press(ann.browser, page, "continue", { purpose: "the audit\nof <b>May</b>" });
  expect(await outcome(scene.call(ann.door, "why", { mark }))).toBe("complete");
  expect(scene.arrived(mark).length).toBe(1);
  const { state, needs } = await scene.approval(idIn(page));
  expect([state, needs[0].met.text]).toEqual(["used", "the audit\nof <b>May</b>"]);
  expect(await outcome(scene.call(ann.door, "why", { mark }))).toBe("approval_required");
});

describe("two rules that want two deciders", () => {
  test("both have to say yes, in whatever order", async () => {
    const mark = "two of them";
    const page = pageIn(await last(scene.call(ann.door, "both", { mark })));
    await press(fay.browser, page, "yes", { reason: "within budget" });
    expect((await scene.approval(idIn(page))).state).toBe("pending");
    expect(idIn(pageIn(await last(scene.call(ann.door, "both", { mark }))))).toBe(idIn(page));
    expect(scene.arrived(mark)).toEqual([]);
    await press(lea.browser, page, "yes");
    expect(await outcome(scene.call(ann.door, "both", { mark }))).toBe("complete");
    expect(scene.arrived(mark).length).toBe(1);
  });

  test("one no ends it, after the other's yes", async () => {
    const mark = "one of them";
    const page = pageIn(await last(scene.call(ann.door, "both", { mark })));
    await press(lea.browser, page, "yes");
    await press(fay.browser, page, "no");
    expect(await outcome(scene.call(ann.door, "both", { mark }))).toBe("approval_rejected");
  });

  test("one lost the group before the call: only that yes is wanted again", async () => {
    const mark = "half of it";
    const page = pageIn(await last(scene.call(ann.door, "both", { mark })));
    await press(lea.browser, page, "yes");
    await press(fay.browser, page, "yes");
    await scene.move(fay);
    const { error } = await last(scene.call(ann.door, "both", { mark }));
    expect(error.data.approvalId).toBe(idIn(page));
    await scene.move(fay, "finance");
    const { needs } = await scene.approval(idIn(page));
    const open = needs.filter(({ met }: { met?: object }) => met === undefined);
    expect(open.map(({ rule }: { rule: string }) => rule)).toEqual(["both-modern-finance"]);
    await press(fay.browser, page, "yes");
    expect(await outcome(scene.call(ann.door, "both", { mark }))).toBe("complete");
  });
});

test("a yes that holds: further calls of the tool ask nobody, until it is over; and no other client's do", async () => {
  const mark = "held";
  const page = pageIn(await last(scene.call(ann.door, "hold", { mark, n: 1 })));
  expect((await lea.browser.open(page)).text).toContain("every other call of the same kind");
  await press(lea.browser, page, "yes");
  for (const n of [1, 2, 3])
    expect(await outcome(scene.call(ann.door, "hold", { mark, n }, { replica: n % 2 }))).toBe("complete");
  // The call that was asked about went by it: none is left for when it holds no more.
  expect(await scene.house.api("GET", `/approvals/${idIn(page)}`)).toMatchObject({ state: "used" });
  const other = await scene.letIn(ann.browser);
  expect(await outcome(scene.call(other, "hold", { mark, n: 4 }))).toBe("approval_required");
  expect(await outcome(scene.call(ann.door, "hold", { mark, n: 4 }, { era: "legacy" }))).toBe(
    "approval_required",
  );
  await scene.age(idIn(page), 3601);
  const anew = pageIn(await last(scene.call(ann.door, "hold", { mark, n: 4 })));
  expect(idIn(anew)).not.toBe(idIn(page));
  expect(scene.arrived(mark).length).toBe(3);
});

test("a yes that holds is none when whoever said it has left the group", async () => {
  const mark = "held by nobody";
  const zed = await scene.come("Zed");
  const page = pageIn(await last(scene.call(zed.door, "hold", { mark, n: 1 })));
  await press(lea.browser, page, "yes");
  expect(await outcome(scene.call(zed.door, "hold", { mark, n: 1 }))).toBe("complete");
  await scene.move(lea);
  expect(await outcome(scene.call(zed.door, "hold", { mark, n: 2 }))).toBe("approval_required");
  await scene.move(lea, "leads");
  expect(scene.arrived(mark).length).toBe(1);
});
