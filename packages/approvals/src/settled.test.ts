import { expect, test } from "vitest";
import { createId, type Id } from "@castellan/kernel";
import { askerOf, decisionOf, newCall, openOffice } from "./testing/office.ts";

const never = new AbortController().signal;
const aMinute = { signal: never, timeoutMs: 60_000 };

test("whoever waits on another replica hears the decision", async () => {
  await using office = await openOffice();
  // Not by looking now and then.
  const other = await office.replica({ pollEveryMs: 3_600_000 });
  const decider = office.hire({ groups: ["ops"] });
  const { id } = await office.approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  const waits = [
    other.settled(id, aMinute),
    other.settled(id, aMinute),
    office.approvals.settled(id, aMinute),
  ];
  const decided = await office.approvals.decide(id, { by: decider, yes: true });
  expect(await Promise.all(waits)).toEqual([decided, decided, decided]);
  expect(await other.settled(id, aMinute)).toEqual(decided);
});

test("one that expires while somebody waits is told as expired, by nobody but the clock", async () => {
  await using office = await openOffice({ pollEveryMs: 5 });
  const { id } = await office.approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  const wait = office.approvals.settled(id, aMinute);
  office.clock.advance(3_600_000);
  expect((await wait).state).toBe("expired");
});

test("when the time is over it is answered as it is; when the caller goes, nothing is left", async () => {
  await using office = await openOffice();
  const approval = await office.approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  const { id } = approval;
  expect(await office.approvals.settled(id, { signal: never, timeoutMs: 1 })).toEqual(approval);
  const caller = new AbortController();
  const wait = office.approvals.settled(id, { signal: caller.signal, timeoutMs: 60_000 });
  caller.abort(new Error("gone"));
  await expect(wait).rejects.toThrow("gone");
  await expect(office.approvals.settled(id, { signal: caller.signal, timeoutMs: 1 })).rejects.toThrow("gone");
});

test("what is not there is not waited for", async () => {
  await using office = await openOffice();
  const unknown: Id<"approval"> = createId("approval");
  await expect(office.approvals.settled(unknown, aMinute)).rejects.toMatchObject({
    code: "approval_not_found",
  });
});

test("a replica that stops lets go of those who wait", async () => {
  await using office = await openOffice();
  const { id } = await office.approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  const stopping = await office.replica();
  const wait = stopping.settled(id, aMinute);
  await Promise.all([
    expect(wait).rejects.toMatchObject({ code: "shutting_down" }),
    stopping[Symbol.asyncDispose](),
  ]);
  await expect(stopping.settled(id, aMinute)).rejects.toMatchObject({ code: "shutting_down" });
});
