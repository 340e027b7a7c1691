import { afterAll, beforeAll, expect, test } from "vitest";
import type { Need } from "../approval.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "../testing/office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office[Symbol.asyncDispose]());

const proof: Need = { kind: "proof", rule: "fresh", withinSeconds: 300, methods: undefined };
const purpose: Need = { kind: "purpose", rule: "why", holdsSeconds: 0 };

async function asked(needs: readonly Need[]) {
  const asker = office.hire();
  return { asker, id: (await office.approvals.ask(newCall(askerOf(asker), needs))).id };
}

test("the asker proves who they are and says what for, and then it is approved", async () => {
  const { asker, id } = await asked([proof, purpose]);
  const now = office.clock.now();
  const at = new Date(now - 1_000);
  const proved = await office.approvals.meet(id, { by: asker, proof: { at, amr: ["pwd", "mfa"] } });
  const who = { by: asker.id, byName: asker.name };
  expect([proved.state, proved.met]).toEqual(["pending", [{ ...who, need: 0, at, text: undefined }]]);
  const said = await office.approvals.meet(id, { by: asker, purpose: " Ticket 7 " });
  expect([said.state, said.met[1]]).toEqual([
    "approved",
    { ...who, need: 1, at: new Date(now), text: "Ticket 7" },
  ]);
});

test.each([
  ["too old", { ageMs: 300_000, amr: ["mfa"] }, undefined],
  ["by one factor", { ageMs: 0, amr: ["pwd"] }, undefined],
  ["by nothing that is known", { ageMs: 0, amr: [] }, undefined],
  ["in another way than the rule names", { ageMs: 0, amr: ["mfa", "otp"] }, ["hwk"]],
  ["from the future", { ageMs: -61_000, amr: ["mfa"] }, undefined],
])("a proof that does not suffice is refused: %s", async (_, { ageMs, amr }, methods) => {
  const { asker, id } = await asked([{ ...proof, methods }]);
  const at = new Date(office.clock.now() - ageMs);
  await expect(office.approvals.meet(id, { by: asker, proof: { at, amr } })).rejects.toMatchObject({
    code: "approval_proof_insufficient",
  });
});

test("nobody does it for the asker", async () => {
  const { id } = await asked([purpose, decisionOf("ops")]);
  const decider = office.hire({ groups: ["ops"] });
  await expect(office.approvals.meet(id, { by: decider, purpose: "x" })).rejects.toMatchObject({
    code: "approval_not_yours",
  });
  await expect(office.approvals.meet(id, { by: office.hire(), purpose: "x" })).rejects.toMatchObject({
    code: "approval_not_found",
  });
});

test("saying it twice is too late, and saying nothing says nothing", async () => {
  const { asker, id } = await asked([purpose, decisionOf("ops")]);
  await expect(office.approvals.meet(id, { by: asker, purpose: "  " })).rejects.toMatchObject({
    code: "invalid_input",
    field: "purpose",
  });
  await office.approvals.meet(id, { by: asker, purpose: "x" });
  await expect(office.approvals.meet(id, { by: asker, purpose: "y" })).rejects.toMatchObject({
    code: "approval_settled",
  });
});
