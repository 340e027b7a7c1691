import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office[Symbol.asyncDispose]());

const ops = decisionOf("ops");

async function asked(needs = [ops], asker = office.hire()) {
  const approval = await office.approvals.ask(newCall(askerOf(asker), needs));
  return { asker, id: approval.id, approval };
}

test("a yes of somebody who may approves it, and the asker hears", async () => {
  const decider = office.hire({ groups: ["ops"], name: "Grace" });
  const { id, asker, approval } = await asked();
  const now = new Date(office.clock.now());
  const decided = await office.approvals.decide(id, { by: decider, yes: true, reason: " Fine. " });
  expect(decided).toEqual({
    ...approval,
    state: "approved",
    met: [{ need: 0, at: now, by: decider.id, byName: "Grace", text: "Fine." }],
    decidedAt: now,
    version: 2,
  });
  expect(await office.approvals.find(id)).toEqual(decided);
  expect(office.told.at(-1)).toEqual({ kind: "decided", approval: decided, to: [asker.email] });
});

test("one no ends it, also where others said yes", async () => {
  const [first, second] = [office.hire({ groups: ["ops"] }), office.hire({ groups: ["legal"], name: "Lin" })];
  const { id } = await asked([ops, decisionOf("legal")]);
  expect((await office.approvals.decide(id, { by: first, yes: true })).state).toBe("pending");
  const at = new Date(office.clock.now());
  const rejected = await office.approvals.decide(id, { by: second, yes: false, reason: "Never" });
  expect(rejected).toMatchObject({
    state: "rejected",
    rejection: { by: second.id, byName: "Lin", at, reason: "Never" },
    decidedAt: at,
  });
  expect(await office.approvals.find(id)).toEqual(rejected);
});

test("somebody who may decide for several rules decides for all of them at once, and whoever did may think again", async () => {
  const both = office.hire({ groups: ["ops", "legal"] });
  const { id } = await asked([ops, decisionOf("legal"), decisionOf("board")]);
  const once = await office.approvals.decide(id, { by: both, yes: true });
  expect([once.state, once.met.map(({ need }) => need)]).toEqual(["pending", [0, 1]]);
  await expect(office.approvals.decide(id, { by: both, yes: true })).rejects.toMatchObject({
    code: "approval_settled",
    data: { state: "pending" },
  });
  expect((await office.approvals.decide(id, { by: both, yes: false })).state).toBe("rejected");
});

test.each<[string, (asker: Person) => Partial<Person>, "approval_not_found" | "approval_not_yours"]>([
  ["somebody else", () => ({ groups: ["sales"] }), "approval_not_found"],
  ["somebody of a group that is spelled otherwise", () => ({ groups: ["Ops"] }), "approval_not_found"],
  [
    "a customer in a group of that name",
    () => ({ groups: ["ops"], directory: "customers" }),
    "approval_not_found",
  ],
  ["the asker's other account", ({ email }) => ({ groups: ["ops"], email }), "approval_not_found"],
  ["the asker, in the group", (asker) => ({ ...asker, groups: ["ops"] }), "approval_not_yours"],
])("%s decides nothing", async (_, who, code) => {
  const { id, asker, approval } = await asked([ops], office.hire({ groups: ["ops"] }));
  const by = office.hire(who(asker));
  for (const yes of [true, false])
    await expect(office.approvals.decide(id, { by, yes })).rejects.toMatchObject({ code });
  expect(await office.approvals.find(id)).toEqual(approval);
});

test("an asker decides where the rule says so, and nobody else does by that", async () => {
  const self = decisionOf("", { rule: "look-twice", deciders: { self: true } });
  const { id, asker } = await asked([self]);
  await expect(
    office.approvals.decide(id, { by: office.hire({ groups: ["ops"] }), yes: true }),
  ).rejects.toMatchObject({ code: "approval_not_found" });
  expect((await office.approvals.decide(id, { by: asker, yes: true })).state).toBe("approved");
});

test("of many at once, over two replicas, one counts", async () => {
  const other = await office.replica();
  const deciders = Array.from({ length: 8 }, () => office.hire({ groups: ["ops"] }));
  const { id } = await asked();
  const outcomes = await Promise.allSettled(
    deciders.map((by, index) =>
      (index % 2 === 0 ? office.approvals : other).decide(id, { by, yes: index % 3 !== 0 }),
    ),
  );
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect([won.length, lost.filter((error) => isFault(error, "approval_settled")).length]).toEqual([1, 7]);
  expect(await other.find(id)).toEqual(won[0]);
});

test("what is over is over", async () => {
  const by = office.hire({ groups: ["ops"] });
  const { id } = await asked();
  await office.approvals.decide(id, { by, yes: true });
  for (const yes of [true, false])
    await expect(office.approvals.decide(id, { by, yes })).rejects.toMatchObject({
      code: "approval_settled",
      data: { state: "approved" },
    });
});

test("too late is too late, swept or not", async () => {
  const by = office.hire({ groups: ["ops"] });
  const asker = office.hire();
  const expiresAt = new Date(office.clock.now() + 60_000);
  const { id } = await office.approvals.ask(newCall(askerOf(asker), [ops], { expiresAt }));
  office.clock.advance(60_000);
  await expect(office.approvals.decide(id, { by, yes: true })).rejects.toMatchObject({
    code: "approval_settled",
    data: { state: "expired" },
  });
  await expect(office.approvals.withdraw(id, asker.id)).rejects.toMatchObject({ code: "approval_settled" });
});

test.each(["x".repeat(2_001), "\0", "\ud800"])(
  "a reason that cannot be kept is refused: %j",
  async (reason) => {
    const { id } = await asked();
    const by = office.hire({ groups: ["ops"] });
    await expect(office.approvals.decide(id, { by, yes: false, reason })).rejects.toMatchObject({
      code: "invalid_input",
      field: "reason",
    });
  },
);

test("only who asked takes it back, also after a yes", async () => {
  const { id, asker } = await asked();
  await expect(office.approvals.withdraw(id, office.hire().id)).rejects.toMatchObject({
    code: "approval_not_found",
  });
  await office.approvals.decide(id, { by: office.hire({ groups: ["ops"] }), yes: true });
  expect((await office.approvals.withdraw(id, asker.id)).state).toBe("withdrawn");
});
