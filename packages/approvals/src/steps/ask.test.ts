import { afterAll, beforeAll, expect, test } from "vitest";
import type { Asker } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice({ maxPending: 3 });
});
afterAll(() => office[Symbol.asyncDispose]());

const ops = decisionOf("ops");

test("the same call asked again is the same request, whichever replica hears it and however many at once", async () => {
  const call = newCall(askerOf(office.hire()), [ops]);
  const other = await office.replica();
  const asked = await Promise.all(
    [office.approvals, other, office.approvals, other].map((replica) => replica.ask(call)),
  );
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  expect(await other.living(call.binding)).toEqual(asked[0]);
  expect(await other.find(asked[0]!.id)).toEqual({
    id: asked[0]!.id,
    kind: "call",
    state: "pending",
    asker: call.asker,
    subject: call.subject,
    needs: [ops],
    met: [],
    rejection: undefined,
    askedAt: new Date(office.clock.now()),
    expiresAt: call.expiresAt,
    decidedAt: undefined,
    usedAt: undefined,
    version: 1,
  });
});

test("those who may decide are told once, and the asker is not", async () => {
  const asker = office.hire({ groups: ["desk"] });
  const decider = office.hire({ groups: ["desk"] });
  office.hire({ groups: ["desk"], directory: "customers" });
  const call = newCall(askerOf(asker), [decisionOf("desk", { deciders: { self: true, groups: ["desk"] } })]);
  const before = office.told.length;
  const approval = await office.approvals.ask(call);
  await office.approvals.ask(call);
  expect(office.told.slice(before)).toEqual([{ kind: "asked", approval, to: [decider.email] }]);
});

test("an asker has so many waiting at most, those that are over or found again not counted", async () => {
  const asker = askerOf(office.hire());
  const calls = [1, 2, 3, 4].map(() => newCall(asker, [ops]));
  const first = await office.approvals.ask(calls[0]!);
  await office.approvals.ask(calls[1]!);
  await office.approvals.ask(calls[2]!);
  await office.approvals.ask(calls[2]!);
  await expect(office.approvals.ask(calls[3]!)).rejects.toMatchObject({
    code: "approvals_limited",
    data: { maxPending: 3 },
  });
  await office.approvals.withdraw(first.id, asker.id);
  expect((await office.approvals.ask(calls[3]!)).state).toBe("pending");
});

test("a request that is asked for in two ways in turn is told of so many times, and not with each", async () => {
  office.hire({ groups: ["board"] });
  const board = decisionOf("board");
  const expiresAt = new Date(office.clock.now() + 86_400_000);
  const call = newCall(askerOf(office.hire()), [ops], { expiresAt });
  const before = office.told.length;
  for (let turn = 0; turn < 40; turn += 1) {
    await office.approvals.ask({ ...call, needs: [ops, board] });
    await office.approvals.ask({ ...call, needs: [ops] });
  }
  expect(office.told.length - before).toBeLessThanOrEqual(11);
});

test("the public shares one allotment, whatever its addresses", async () => {
  const ask = (last: number) => {
    const id = `public:192.0.2.${last}`;
    const asker: Asker = {
      id,
      kind: "public",
      name: id,
      email: undefined,
      grantId: undefined,
      client: undefined,
    };
    return office.approvals.ask(newCall(asker, [ops]));
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 17 }, (_, index) => ask(index)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(15);
});

test("nobody is asked to judge what nobody reads", async () => {
  const call = newCall(askerOf(office.hire()), [ops], { arguments: "é".repeat(128 * 1024 + 1) });
  await expect(office.approvals.ask(call)).rejects.toMatchObject({ code: "approval_too_large" });
});

test("texts that a caller may send are kept as they are", async () => {
  const asker = office.hire();
  const call = newCall(askerOf(asker), [ops], { arguments: '{"a":"\\u0000 é"}' });
  const subject = { ...call.subject, target: "file:///\0\ud800" };
  const { id } = await office.approvals.ask({ ...call, subject });
  const seen = await office.approvals.seenBy(asker, id);
  expect([seen.subject, seen.arguments]).toEqual([subject, call.arguments]);
  const [row] = await office.database.query<{ sealed_arguments: Buffer }>({
    text: "select sealed_arguments from approvals where id = $1",
    values: [id],
  });
  expect(row!.sealed_arguments.includes("é")).toBe(false);
});

test("a no holds for ten minutes, then the same call asks anew", async () => {
  const decider = office.hire({ groups: ["ops"] });
  const call = newCall(askerOf(office.hire()), [ops], {
    expiresAt: new Date(office.clock.now() + 86_400_000),
  });
  const { id } = await office.approvals.ask(call);
  const rejected = await office.approvals.decide(id, { by: decider, yes: false, reason: "No." });
  office.clock.advance(10 * 60_000 - 1);
  expect(await office.approvals.ask(call)).toEqual(rejected);
  office.clock.advance(1);
  expect(await office.approvals.ask(call)).toMatchObject({ state: "pending", version: 1 });
});

test("what has expired makes room for the same call", async () => {
  const asker = office.hire();
  const call = newCall(askerOf(asker), [ops], { expiresAt: new Date(office.clock.now() + 60_000) });
  const { id } = await office.approvals.ask(call);
  office.clock.advance(60_000);
  expect(await office.approvals.find(id)).toMatchObject({ state: "expired", version: 1 });
  expect(await office.approvals.living(call.binding)).toBeUndefined();
  const before = office.told.length;
  const again = await office.approvals.ask({ ...call, expiresAt: new Date(office.clock.now() + 60_000) });
  expect([again.id === id, again.state]).toEqual([false, "pending"]);
  expect(office.told.slice(before).map(({ kind, approval, to }) => [kind, approval.state, to])).toEqual([
    ["decided", "expired", [asker.email]],
    ["asked", "pending", office.told.at(-1)!.to],
  ]);
});

test("asked again under other rules, what is not covered is open", async () => {
  const [inOps, inLegal] = [office.hire({ groups: ["ops"] }), office.hire({ groups: ["legal"] })];
  const legal = decisionOf("legal");
  const expiresAt = new Date(office.clock.now() + 86_400_000);
  const call = newCall(askerOf(office.hire()), [ops], { expiresAt });
  const { id } = await office.approvals.ask(call);
  await office.approvals.decide(id, { by: inOps, yes: true });
  const before = office.told.length;
  expect(await office.approvals.ask({ ...call, needs: [legal, ops] })).toMatchObject({
    id,
    state: "pending",
    decidedAt: undefined,
    needs: [legal, ops],
    met: [{ need: 1, by: inOps.id }],
  });
  expect(office.told.slice(before).map(({ kind, to }) => [kind, to])).toEqual([["asked", [inLegal.email]]]);
  // And where a rule goes, nothing is open that nobody wants.
  expect(await office.approvals.ask({ ...call, needs: [ops] })).toMatchObject({ id, state: "approved" });
});

test("who asks and takes back, or is told no, does not have people told again and again", async () => {
  const asker = askerOf(office.hire());
  const decider = office.hire({ groups: ["ops"] });
  const expiresAt = new Date(office.clock.now() + 86_400_000);
  const ask = () => office.approvals.ask(newCall(asker, [ops], { expiresAt }));
  const takeBack = async () => office.approvals.withdraw((await ask()).id, asker.id);
  const decide = async (yes: boolean) => office.approvals.decide((await ask()).id, { by: decider, yes });
  // What was agreed to counts for nothing here, however much of it there is.
  for (const _ of [1, 2, 3, 4]) await decide(true);
  await takeBack();
  await decide(false);
  await takeBack();
  const before = office.told.length;
  await expect(ask()).rejects.toMatchObject({ code: "approvals_limited" });
  expect(office.told).toHaveLength(before);
  office.clock.advance(3_600_000);
  expect((await ask()).state).toBe("pending");
});
