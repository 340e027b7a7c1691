import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office[Symbol.asyncDispose]());

async function idsOf(filter: Omit<Parameters<Office["approvals"]["page"]>[0], "limit">) {
  return (await office.approvals.page({ ...filter, limit: 50 })).map(({ id }) => id);
}

test("each sees what they asked for and what they may decide, newest first, page by page", async () => {
  const asker = office.hire({ groups: ["paging"] });
  const ask = async (by: Person, needs = [decisionOf("paging")]) =>
    (await office.approvals.ask(newCall(askerOf(by), needs))).id;
  const decider = office.hire({ groups: ["paging"] });
  const named = office.hire();
  const [first, second, third] = [await ask(asker), await ask(asker), await ask(decider)];
  const fourth = await ask(asker, [decisionOf("", { deciders: { people: [named.email] } })]);
  await office.approvals.decide(first, { by: decider, yes: true });
  expect(await idsOf({ visibleTo: asker })).toEqual([fourth, third, second, first]);
  expect(await idsOf({ visibleTo: decider })).toEqual([third, second, first]);
  expect(await idsOf({ visibleTo: named })).toEqual([fourth]);
  expect(await idsOf({ visibleTo: office.hire() })).toEqual([]);
  expect(await idsOf({ decidableBy: decider })).toEqual([second]);
  expect(await idsOf({ decidableBy: asker })).toEqual([third]);
  expect(await idsOf({ decidableBy: { ...decider, directory: "customers" } })).toEqual([]);
  expect(await idsOf({ decidableBy: { ...decider, email: asker.email } })).toEqual([]);
  expect(await idsOf({ askerId: asker.id, state: "pending" })).toEqual([fourth, second]);
  expect(await idsOf({ askerId: asker.id, state: "approved" })).toEqual([first]);
  const page = await office.approvals.page({ visibleTo: asker, after: third, limit: 1 });
  expect(page.map(({ id }) => id)).toEqual([second]);
});

test("what somebody has done waits for them no more, and still does for others", async () => {
  const [inOps, inLaw] = [office.hire({ groups: ["ops"] }), office.hire({ groups: ["law"] })];
  const needs = [decisionOf("ops"), decisionOf("law")];
  const { id } = await office.approvals.ask(newCall(askerOf(office.hire()), needs));
  await office.approvals.decide(id, { by: inOps, yes: true });
  expect([await idsOf({ decidableBy: inOps }), await idsOf({ decidableBy: inLaw })]).toEqual([[], [id]]);
  expect(await idsOf({ visibleTo: inOps })).toEqual([id]);
});

test("what is overdue is listed as expired, swept or not", async () => {
  const asker = office.hire();
  const decider = office.hire({ groups: ["late"] });
  const expiresAt = new Date(office.clock.now() + 1_000);
  const call = newCall(askerOf(asker), [decisionOf("late")], { expiresAt });
  const { id } = await office.approvals.ask(call);
  office.clock.advance(1_000);
  const states = ["pending", "expired"] as const;
  const listed = states.map((state) => idsOf({ askerId: asker.id, state }));
  expect(await Promise.all(listed)).toEqual([[], [id]]);
  expect(await idsOf({ decidableBy: decider })).toEqual([]);
});

test("arguments are for the asker and for those who may decide", async () => {
  const [asker, decider] = [office.hire(), office.hire({ groups: ["ops"] })];
  const approval = await office.approvals.ask(newCall(askerOf(asker), [decisionOf("ops")]));
  const { id } = approval;
  expect(await office.approvals.seenBy(asker, id)).toEqual({
    ...approval,
    arguments: '{"id":7}',
    mayDecide: false,
  });
  expect((await office.approvals.seenBy(decider, id)).mayDecide).toBe(true);
  await office.approvals.decide(id, { by: decider, yes: true });
  expect((await office.approvals.seenBy(decider, id)).mayDecide).toBe(false);
  for (const person of [office.hire(), { ...decider, groups: [] }])
    await expect(office.approvals.seenBy(person, id)).rejects.toMatchObject({ code: "approval_not_found" });
});
