/** Whatever happens to one request at once, over two replicas: it comes out as if it had happened one after the other. */
import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Approval, Need, Person } from "./approval.ts";
import type { Approvals, NewApproval } from "./approvals.ts";
import { mayDecide } from "./deciders.ts";
import { askerOf, decisionOf, newCall, openOffice, type Office } from "./testing/office.ts";

let office: Office;
let replicas: readonly Approvals[];

beforeAll(async () => {
  office = await openOffice();
  replicas = [office.approvals, await office.replica()];
});
afterAll(() => office[Symbol.asyncDispose]());

const needs: readonly Need[] = [
  decisionOf("ops"),
  decisionOf("legal"),
  { kind: "purpose", rule: "why", holdsSeconds: 0 },
];
const groups = [["ops"], ["legal"], ["ops", "legal"]];

const step = fc.oneof(
  fc.record({ do: fc.constant("decide"), who: fc.nat({ max: 2 }), yes: fc.boolean() }),
  fc.record({ do: fc.constant("decide"), who: fc.nat({ max: 2 }), yes: fc.constant(true) }),
  fc.record({ do: fc.constantFrom("meet", "use", "use", "ask", "withdraw") }),
);
const batch = fc.record({
  /** Who has left by then; the others are there. */
  gone: fc.array(fc.nat({ max: 2 }), { maxLength: 1 }),
  laterMs: fc.constantFrom(0, 0, 0, 1_800_000),
  steps: fc.array(fc.record({ on: fc.nat({ max: 1 }), step }), { minLength: 1, maxLength: 5 }),
});

interface Scene {
  readonly call: NewApproval;
  readonly asker: Person;
  readonly deciders: readonly Person[];
  readonly id: Approval["id"];
}

const over = new Set<string>(["used", "rejected", "withdrawn", "expired"]);
const mayFail = new Set(["approval_settled", "approval_not_found"]);

test("properties of every interleaving", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 2, maxLength: 6 }), async (batches) => {
      const scene = await begin();
      let before = await read(scene);
      let used = 0;
      for (const { gone, laterMs, steps } of batches) {
        office.clock.advance(laterMs);
        for (const [index, decider] of scene.deciders.entries())
          office.become(decider, gone.includes(index) ? undefined : {});
        const answers = await Promise.all(
          steps.map(({ on, step: wanted }) => attempt(replicas[on] as Approvals, scene, wanted)),
        );
        const after = await read(scene);
        used += answers.filter((answer) => answer === "used").length;
        // What is over stays as it is, and nothing is used twice.
        if (over.has(before.state)) expect(after).toEqual(before);
        expect(used).toBe(after.state === "used" ? 1 : 0);
        // Each step that counted is one of its own.
        const versions = answers.flatMap((answer) => (typeof answer === "number" ? [answer] : []));
        expect(new Set(versions).size).toBe(versions.length);
        expect(after.version).toBeGreaterThanOrEqual(Math.max(before.version, ...versions));
        // It goes through when every need is met, once each, by somebody who may, and who is there at that moment.
        if (after.state === "approved" || after.state === "used") assertMet(after, scene);
        if (after.state === "used" && before.state !== "used") {
          const absent = new Set<string | undefined>(gone.map((index) => scene.deciders[index]?.id));
          expect(after.met.filter(({ by }) => absent.has(by))).toEqual([]);
        }
        expect(after.rejection !== undefined).toBe(after.state === "rejected");
        before = after;
      }
      for (const decider of scene.deciders) office.become(decider, undefined);
    }),
    { numRuns: 40 },
  );
}, 60_000);

async function begin(): Promise<Scene> {
  const asker = office.hire({ groups: ["ops", "legal"] });
  const deciders = groups.map((of) => office.hire({ groups: of }));
  const expiresAt = new Date(office.clock.now() + 3_600_000);
  const call = newCall(askerOf(asker), needs, { expiresAt });
  return { call, asker, deciders, id: (await office.approvals.ask(call)).id };
}

async function read({ id }: Scene): Promise<Approval> {
  const [one, other] = await Promise.all(replicas.map((replica) => replica.find(id)));
  expect(one).toEqual(other);
  return one as Approval;
}

/** `used`, the version that the step made, or undefined where it made none. */
async function attempt(
  on: Approvals,
  { call, asker, deciders, id }: Scene,
  step: { do: string; who?: number; yes?: boolean },
): Promise<"used" | number | undefined> {
  try {
    switch (step.do) {
      case "decide":
        return (await on.decide(id, { by: deciders[step.who ?? 0] as Person, yes: step.yes === true }))
          .version;
      case "meet":
        return (await on.meet(id, { by: asker, purpose: "Ticket 7" })).version;
      case "withdraw":
        return (await on.withdraw(id, asker.id)).version;
      case "use":
        return (await on.use(id, call.binding, needs)) === "used" ? "used" : undefined;
      default:
        await on.ask(call);
        return undefined;
    }
  } catch (error) {
    if (isFault(error) && mayFail.has(error.code)) return undefined;
    throw error;
  }
}

function assertMet({ met, asker }: Approval, { deciders, asker: by }: Scene): void {
  expect(met.map(({ need }) => need).toSorted()).toEqual([0, 1, 2]);
  for (const { need: index, by: id } of met) {
    const need = needs[index] as Need;
    const who = deciders.find((decider) => decider.id === id);
    expect(need.kind === "purpose" ? id === by.id : who && mayDecide(who, need, asker)).toBe(true);
  }
}
