import { afterAll, beforeAll, expect, test } from "vitest";
import type { Need } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";
import { renameDeciderGroup } from "./rename-group.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office[Symbol.asyncDispose]());

const ops = decisionOf("ops");

async function approved(needs: readonly Need[] = [ops]) {
  const [asker, decider] = [office.hire(), office.hire({ groups: ["ops", "legal"] })];
  const call = newCall(askerOf(asker), needs, { expiresAt: new Date(office.clock.now() + 3_600_000) });
  const { id } = await office.approvals.ask(call);
  await office.approvals.decide(id, { by: decider, yes: true });
  return { asker, decider, call, id, use: (now = needs) => office.approvals.use(id, call.binding, now) };
}

test("an approved request is used once, by however many at once", async () => {
  const { id, call } = await approved();
  const other = await office.replica();
  const uses = await Promise.all(
    [office.approvals, other, office.approvals, other].map((on) => on.use(id, call.binding, [ops])),
  );
  expect(uses.filter((use) => use === "used")).toHaveLength(1);
  expect(uses.filter((use) => use !== "used").map(({ state }) => state)).toEqual(["used", "used", "used"]);
  expect(await office.approvals.find(id)).toMatchObject({
    state: "used",
    usedAt: new Date(office.clock.now()),
  });
  const again = await office.approvals.ask(call);
  expect([again.id === id, again.state]).toEqual([false, "pending"]);
});

test("each further round of the call is taken once, and of no request that was not used", async () => {
  const { id, use } = await approved();
  const { version } = (await office.approvals.find(id)) ?? { version: 0 };
  expect(await office.approvals.goOn(id, version)).toBeUndefined();
  await use();
  const used = version + 1;
  const other = await office.replica();
  const takers = [office.approvals, other, office.approvals, other].map((on) => on.goOn(id, used));
  expect((await Promise.all(takers)).filter((next) => next !== undefined)).toEqual([used + 1]);
  expect(await other.goOn(id, used + 1)).toBe(used + 2);
});

test("it is good for its own call only", async () => {
  const { id } = await approved();
  await expect(office.approvals.use(id, "another call", [ops])).rejects.toMatchObject({
    code: "approval_not_found",
  });
});

test.each([
  ["has left", undefined],
  ["lost the group", { groups: [] }],
  ["moved to the customers", { directory: "customers" }],
] as const)(
  "whoever said yes and %s meanwhile has not said it, and the others are told",
  async (_, change) => {
    const { id, decider, use } = await approved();
    office.become(decider, change);
    const before = office.told.length;
    expect(await use()).toMatchObject({ id, state: "pending", met: [], decidedAt: undefined });
    const [told] = office.told.slice(before);
    expect([told?.kind, told?.approval.id, told?.to.includes(decider.email)]).toEqual(["asked", id, false]);
    await office.approvals.decide(id, { by: office.hire({ groups: ["ops"] }), yes: true });
    expect(await use()).toBe("used");
  },
);

test.each<[string, Need]>([
  ["names others", { ...ops, deciders: { groups: ["board"] } }],
  ["is another one", { ...ops, rule: "newer" }],
])("a yes for a rule that %s by now does not count", async (_, now) => {
  const { use } = await approved();
  expect(await use([now])).toMatchObject({ state: "pending", needs: [now], met: [] });
});

test("a yes counts for a rule that changed and lets the same person decide", async () => {
  const { use } = await approved();
  expect(await use([{ ...ops, deciders: { groups: ["legal"] }, holdsSeconds: 60 }])).toBe("used");
});

test("a proof ages, a purpose does not", async () => {
  const needs: Need[] = [
    { kind: "proof", rule: "fresh", withinSeconds: 60, methods: undefined },
    { kind: "purpose", rule: "why", holdsSeconds: 0 },
    ops,
  ];
  const { id, asker, use } = await approved(needs);
  const prove = () =>
    office.approvals.meet(id, { by: asker, proof: { at: new Date(office.clock.now()), amr: ["mfa"] } });
  await office.approvals.meet(id, { by: asker, purpose: "Ticket 7" });
  await prove();
  office.clock.advance(60_000);
  const reopened = await use();
  expect(reopened).toMatchObject({ state: "pending", met: [{ need: 1 }, { need: 2 }] });
  await prove();
  expect(await use()).toBe("used");
});

test("a yes is of use for an hour at least, and not for ever", async () => {
  const { id, use } = await approved();
  office.clock.advance(3_599_999);
  expect((await office.approvals.find(id))?.state).toBe("approved");
  office.clock.advance(1);
  expect(await use()).toMatchObject({ state: "expired" });
});

test("a later group of the same name decides nothing", async () => {
  const needs = [decisionOf("night"), ops];
  const { id } = await approved(needs);
  await office.database.transaction((tx) => renameDeciderGroup(tx, "night", "late"));
  await expect(
    office.approvals.decide(id, { by: office.hire({ groups: ["night"] }), yes: true }),
  ).rejects.toMatchObject({ code: "approval_not_found" });
  const late = office.hire({ groups: ["late"] });
  expect(await office.approvals.page({ decidableBy: late, limit: 9 })).toMatchObject([{ id }]);
  await office.database.transaction((tx) => renameDeciderGroup(tx, "late", undefined));
  expect(await office.approvals.page({ visibleTo: late, limit: 9 })).toEqual([]);
});
