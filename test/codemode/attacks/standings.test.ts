/** What somebody was let in with is taken from them while their run waits: a yes that comes then lets nobody go on with it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../heavy/process/proc.ts";
import { idIn } from "../../policy/approvals/scene.ts";
import type { Door } from "../../portal/client.ts";
import { openTwoReplicas, type TwoReplicas } from "../replicas.ts";
import type { Visitor } from "../scene.ts";
import { failureOf, letIn, machineIn, plainUrl, programIn, waitingRun, type WaitingRun } from "./scene.ts";

interface Caller {
  readonly door: Door;
  /** Takes it from them. */
  readonly take: () => Promise<unknown>;
}

let scene: TwoReplicas;
let lea: Visitor;
let dan: Visitor;
const begun = new Map<string, Caller & WaitingRun>();

const everyone = [{ who: "everyone", classes: ["read", "write"] }];
const write = (key: string) => `
  try { const { id } = await codemode.invoices_create_invoice({ key: "${key}" }); return { id } }
  catch ({ code }) { return { code } }`;
const stateOf = (run: string) =>
  scene.api<{ state: string }>("GET", `/runs/${run}`).then(({ state }) => state);

/** In a portal of their own, which is open to `access`. */
async function inPortal(who: Visitor, slug: string, access: readonly object[] = everyone) {
  await scene.api("POST", "/portals", { slug, servers: ["invoices"], access });
  return letIn(who, plainUrl(who.door).replace("/p/main/", `/p/${slug}/`));
}

const callers: Readonly<Record<string, () => Promise<Caller>>> = {
  async "the browser in which they let their client in is signed out"() {
    const { id, door } = await scene.come("Browser");
    return {
      door,
      async take() {
        const { items } = await scene.api<{ items: { id: string }[] }>("GET", `/users/${id}/sessions`);
        for (const session of items) await scene.api("DELETE", `/sessions/${session.id}`);
      },
    };
  },
  async "what they gave their client is taken back"() {
    const { clientId, door } = await letIn(dan, plainUrl(dan.door));
    return {
      door,
      async take() {
        type Grants = { items: { id: string; clientId: string }[] };
        const { items } = await scene.api<Grants>("GET", "/grants");
        const grant = items.find((one) => one.clientId === clientId);
        await scene.api("DELETE", `/grants/${grant?.id}`);
      },
    };
  },
  async "their client is removed"() {
    const { clientId, door } = await letIn(dan, plainUrl(dan.door));
    return { door, take: () => scene.api("DELETE", `/clients/${clientId}`) };
  },
  async "they are suspended"() {
    const { id, door } = await scene.come("Suspended");
    return { door, take: () => scene.api("PATCH", `/users/${id}`, { status: "suspended" }) };
  },
  async "they are removed"() {
    const { id, door } = await scene.come("Removed");
    return { door, take: () => scene.api("DELETE", `/users/${id}`) };
  },
  async "they leave the group that may come in"() {
    await scene.api("POST", "/groups", { name: "crew" });
    const member = await scene.come("Member", "crew");
    const { door } = await inPortal(member, "crew", [{ who: "group:crew", classes: ["read", "write"] }]);
    return { door, take: () => scene.api("PATCH", `/users/${member.id}`, { groups: [] }) };
  },
  async "the portal is removed"() {
    const { door } = await inPortal(dan, "closing");
    return { door, take: () => scene.api("DELETE", "/portals/closing") };
  },
  async "a service token is revoked"() {
    const { id, door } = await programIn(scene, "revoked");
    return { door, take: () => scene.api("DELETE", `/tokens/${id}`) };
  },
  async "a service token has leaked, and gets another secret"() {
    const { id, door } = await programIn(scene, "leaked");
    return { door, take: () => scene.api("POST", `/tokens/${id}/rotate`, { overlapSeconds: 0 }) };
  },
  async "a client that comes for itself may not any more"() {
    const { id, door } = await machineIn(scene, "narrowed");
    return { door, take: () => scene.api("PATCH", `/clients/${id}`, { scopes: [] }) };
  },
  async "a client that comes for itself is removed"() {
    const { id, door } = await machineIn(scene, "removed");
    return { door, take: () => scene.api("DELETE", `/clients/${id}`) };
  },
};
const endings = Object.keys(callers);

beforeAll(async () => {
  scene = await openTwoReplicas();
  [lea, dan] = [await scene.come("Lea", "leads"), await scene.come("Dan")];
  const others = [dan, await programIn(scene, "nightly"), await machineIn(scene, "robot")];
  await Promise.all(
    Object.entries(callers).map(async ([ending, come]) => {
      const caller = await come();
      begun.set(ending, { ...caller, ...(await waitingRun(scene, caller.door, write(ending))) });
    }),
  );
  const unharmed = await Promise.all(
    others.map(({ door }, at) => waitingRun(scene, door, write(`unharmed-${at}`))),
  );
  for (const { take } of begun.values()) await take();
  for (const { page } of [...begun.values(), ...unharmed])
    await lea.api("POST", `/approvals/${idIn(page)}/decision`, { decision: "approve" });
  // People, programs and clients from whom nothing was taken: by the time that these have gone on, the others would have as well.
  for (const { run } of unharmed)
    await eventually(
      () => stateOf(run),
      (state) => state === "completed",
    );
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

test.each(endings)("%s: it does not go on by itself", async (ending) => {
  const { run } = begun.get(ending) as WaitingRun;
  expect([await stateOf(run), scene.servers.invoices.writes(ending)]).toEqual(["paused", 0]);
});

test.each(endings)("%s: nor for whoever still has what they came with", async (ending) => {
  const { run, door } = begun.get(ending) as Caller & WaitingRun;
  expect(await failureOf(scene.execute(door, { run }))).toBe(
    ending === "they leave the group that may come in" ? "portal_unknown" : "token_invalid",
  );
  expect(scene.servers.invoices.writes(ending)).toBe(0);
});
