import { afterAll, beforeAll, expect, test } from "vitest";
import type { Need } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office[Symbol.asyncDispose]());

const ops = decisionOf("ops", { rule: "one-rule", holdsSeconds: 600 });
const why: Need = { kind: "purpose", rule: "one-rule", holdsSeconds: 60 };

let tools = 0;

async function said(needs: readonly Need[] = [ops]) {
  const [asker, decider] = [office.hire(), office.hire({ groups: ["ops"] })];
  const holdsFor = `tool ${++tools}`;
  const expiresAt = new Date(office.clock.now() + 3_600_000);
  const { id } = await office.approvals.ask(newCall(askerOf(asker), needs, { holdsFor, expiresAt }));
  if (needs.includes(why)) await office.approvals.meet(id, { by: asker, purpose: "Ticket 7" });
  await office.approvals.decide(id, { by: decider, yes: true });
  return {
    id,
    decider,
    asker,
    holds: (now: readonly Need[] = needs) => office.approvals.holding(holdsFor, now),
  };
}

test("each thing that was said holds for its own time, from when it was said", async () => {
  const needs = [ops, why];
  const { holds } = await said(needs);
  expect(await holds()).toEqual(needs);
  office.clock.advance(60_000);
  expect(await holds()).toEqual([ops]);
  office.clock.advance(539_999);
  expect(await holds()).toEqual([ops]);
  office.clock.advance(1);
  expect(await holds()).toEqual([]);
});

test("it holds for other rules, other tools and other kinds of need not at all", async () => {
  const { holds } = await said();
  const proof: Need = { kind: "proof", rule: "one-rule", withinSeconds: 600, methods: undefined };
  expect(await holds([{ ...ops, rule: "another" }, why, proof])).toEqual([]);
  expect(await office.approvals.holding("no tool", [ops])).toEqual([]);
});

test("neither longer than the rule says now, nor longer than it said then", async () => {
  const { holds } = await said();
  office.clock.advance(60_000);
  expect(await holds([{ ...ops, holdsSeconds: 60 }])).toEqual([]);
  expect(await holds([{ ...ops, holdsSeconds: 61 }])).toHaveLength(1);
  office.clock.advance(540_000);
  expect(await holds([{ ...ops, holdsSeconds: 86_400 }])).toEqual([]);
});

test("what somebody said who may not say it any more holds no more", async () => {
  const { holds, decider } = await said();
  expect(await holds([{ ...ops, deciders: { groups: ["board"] } }])).toEqual([]);
  office.become(decider, { groups: [] });
  expect(await holds()).toEqual([]);
});

test("nothing holds of what was rejected or withdrawn", async () => {
  const { id, asker, holds } = await said();
  await office.approvals.withdraw(id, asker.id);
  expect(await holds()).toEqual([]);
});
