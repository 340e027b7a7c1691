import { sql } from "@castellan/database";
import { expect, test } from "vitest";
import { askerOf, decisionOf, newCall, openOffice } from "./testing/office.ts";

test("each replica sweeps by itself; what is due is done once, and told once", async () => {
  await using office = await openOffice({ sweepEveryMs: 5 });
  await office.replica({ sweepEveryMs: 5 });
  const { approvals, clock, told } = office;
  const [asker, decider] = [office.hire(), office.hire({ groups: ["ops"] })];
  const call = newCall(askerOf(asker), [decisionOf("ops")], { remindAt: new Date(clock.now() + 60_000) });
  const { id } = await approvals.ask(call);
  const expired = approvals.settled(id, { signal: AbortSignal.timeout(60_000), timeoutMs: 60_000 });
  clock.advance(60_000);
  await until(() => told.length === 2);
  clock.advance(3_540_000);
  await expired;
  await until(() => told.length === 3);
  // Whatever a sweep tells twice it has told by the end of another.
  const probe = await approvals.ask(
    newCall(askerOf(asker), [decisionOf("none")], { expiresAt: new Date(clock.now()) }),
  );
  await until(() => told.some(({ kind, approval }) => kind === "decided" && approval.id === probe.id));
  expect(
    told
      .filter(({ approval }) => approval.id === id)
      .map(({ kind, approval, to }) => [kind, approval.state, to]),
  ).toEqual([
    ["asked", "pending", [decider.email]],
    ["reminder", "pending", [decider.email]],
    ["decided", "expired", [asker.email]],
  ]);
  expect(await office.database.query(sql`select state from approvals where id = ${id}`)).toEqual([
    { state: "expired" },
  ]);
  expect(office.errors).toEqual([]);
});

test("who had their yes and did not use it is not told that nobody decided", async () => {
  await using office = await openOffice({ sweepEveryMs: 5 });
  const { approvals, clock, told, database } = office;
  const { id } = await approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  await approvals.decide(id, { by: office.hire({ groups: ["ops"] }), yes: true });
  clock.advance(3_600_000);
  await until(async () => {
    const [row] = await database.query(sql`select 1 from approvals where state = 'expired'`);
    return row !== undefined;
  });
  expect(told.map(({ kind, approval }) => [kind, approval.state])).toEqual([
    ["asked", "pending"],
    ["decided", "approved"],
  ]);
});

test("nobody is reminded of what waits for the asker only", async () => {
  await using office = await openOffice({ sweepEveryMs: 5 });
  const { approvals, clock, told, database } = office;
  const purpose = { kind: "purpose", rule: "why", holdsSeconds: 0 } as const;
  const call = newCall(askerOf(office.hire()), [purpose], { remindAt: new Date(clock.now() + 60_000) });
  const { id } = await approvals.ask(call);
  clock.advance(60_000);
  await until(async () => {
    const [row] = await database.query(sql`select 1 from approvals where id = ${id} and remind_at is null`);
    return row !== undefined;
  });
  expect(told.map(({ kind }) => kind)).toEqual(["asked"]);
});

test("after ninety days a request is forgotten", async () => {
  await using office = await openOffice({ sweepEveryMs: 5 });
  const { approvals, clock } = office;
  const { id } = await approvals.ask(newCall(askerOf(office.hire()), [decisionOf("ops")]));
  clock.advance(90 * 86_400_000);
  await until(
    async () =>
      (await office.database.query(sql`select 1 from approvals where state = 'expired'`)).length === 1,
  );
  expect((await approvals.find(id))?.state).toBe("expired");
  clock.advance(1);
  await until(async () => (await approvals.find(id)) === undefined);
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
