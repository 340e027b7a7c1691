import type { Id } from "@castellan/kernel";
import type { Approval, Asker, Need } from "@castellan/approvals";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let auditor: Client;
let asker: { id: Id<"user">; as: Client; secret: string };
let decider: typeof asker;
let stranger: typeof asker;

beforeAll(async () => {
  house = await createTestApi();
  auditor = createClient(house.app, await house.createToken({ role: "auditor" }));
  const admin = createClient(house.app, await house.createToken({}));
  await admin("POST", "/groups", { name: "ops" });
  const join = async (name: string, groups: string[]) => {
    const { body } = await admin("POST", "/users", { email: `${name}@example.com`, name, groups });
    const { id } = body as { id: Id<"user"> };
    const { secret } = await house.letClientIn(id);
    return { id, secret, as: createClient(house.app, secret) };
  };
  // The asker is in the group as well.
  asker = await join("asker", ["ops"]);
  decider = await join("decider", ["ops"]);
  stranger = await join("stranger", []);
});
afterAll(() => house[Symbol.asyncDispose]());

let calls = 0;

async function ask(needs: readonly Need[] = [ops], by: Partial<Asker> = {}): Promise<Approval> {
  calls += 1;
  const email = "asker@example.com";
  return house.approvals.ask({
    kind: "call",
    asker: {
      id: asker.id,
      kind: "user",
      name: "asker",
      email,
      grantId: undefined,
      client: "A client",
      ...by,
    },
    subject: {
      portal: "tools",
      server: "crm",
      method: "tools/call",
      target: "crm_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
    },
    binding: `call ${calls}`,
    holdsFor: "tool",
    needs,
    arguments: '{"id":7}',
    expiresAt: new Date(Date.now() + 3_600_000),
  });
}

const ops: Need = { kind: "decision", rule: "asks", deciders: { groups: ["ops"] }, holdsSeconds: 60 };

test("a request from asking to the decision, as each may see it", async () => {
  const { id, askedAt, expiresAt } = await ask();
  const shown = {
    id,
    kind: "call",
    state: "pending",
    asker: { id: asker.id, kind: "user", name: "asker", email: "asker@example.com", client: "A client" },
    subject: {
      portal: "tools",
      server: "crm",
      method: "tools/call",
      target: "crm_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
    },
    needs: [ops],
    askedAt: askedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    url: `http://localhost/approvals/${id}`,
  };
  const seen = { ...shown, arguments: '{"id":7}' };
  expect((await asker.as("GET", `/approvals/${id}`)).body).toEqual({ ...seen, mayDecide: false });
  expect((await decider.as("GET", `/approvals/${id}`)).body).toEqual({ ...seen, mayDecide: true });
  expect((await auditor("GET", `/approvals/${id}`)).body).toEqual({ ...shown, mayDecide: false });
  expect((await stranger.as("GET", `/approvals/${id}`)).body).toMatchObject({ code: "approval_not_found" });

  const decided = await decider.as("POST", `/approvals/${id}/decision`, {
    decision: "approve",
    reason: "Fine",
  });
  const [{ at } = { at: new Date(0) }] = (await house.approvals.find(id))?.met ?? [];
  expect([decided.status, decided.body]).toEqual([
    200,
    {
      ...shown,
      state: "approved",
      needs: [{ ...ops, met: { at: at.toISOString(), by: decider.id, byName: "decider", text: "Fine" } }],
      decidedAt: at.toISOString(),
      expiresAt: expect.any(String),
    },
  ]);
});

test.each([
  ["somebody who may not see it", () => stranger.as, "approval_not_found"],
  ["an auditor's program", () => auditor, "approval_not_yours"],
  ["the asker, whose rule lets them on the page", () => asker.as, "approval_not_yours"],
] as const)("%s does not decide", async (_, who, code) => {
  const { id } = await ask([{ ...ops, deciders: { self: true, groups: ["ops"] } }]);
  for (const decision of ["approve", "reject"])
    expect((await who()("POST", `/approvals/${id}/decision`, { decision })).body).toMatchObject({ code });
  expect((await house.approvals.find(id))?.state).toBe("pending");
});

test("whoever lost the group lost it at once", async () => {
  const { id } = await ask();
  const { id: userId } = await house.people.add(
    { directory: "workforce", email: "leaver@example.com", name: "Leaver", groups: ["ops"] },
    { by: "owner" },
  );
  const leaver = createClient(house.app, (await house.letClientIn(userId)).secret);
  expect((await leaver("GET", `/approvals/${id}`)).body).toMatchObject({ mayDecide: true });
  const admin = createClient(house.app, await house.createToken({}));
  await admin("PATCH", `/users/${userId}`, { groups: [] });
  expect((await leaver("POST", `/approvals/${id}/decision`, { decision: "approve" })).body).toMatchObject({
    code: "approval_not_found",
  });
});

test("a program sees and takes back what it asked for itself", async () => {
  const secret = await house.createToken({ role: "member", name: "robot" });
  const robot = createClient(house.app, secret);
  const { id: tokenId } = (await robot("GET", "/me")).body as { id: string };
  const own = await ask([ops], { id: tokenId, kind: "service", name: "robot", email: undefined });
  await ask();
  const ids = async (query = "") => {
    const { body } = await robot("GET", `/approvals${query}`);
    return (body as { items: { id: string }[] }).items.map(({ id }) => id);
  };
  expect([await ids(), await ids("?view=waiting")]).toEqual([[own.id], []]);
  expect((await robot("GET", `/approvals/${own.id}`)).status).toBe(200);
  expect((await robot("DELETE", `/approvals/${own.id}`)).status).toBe(204);
  expect(await ids("?state=withdrawn")).toEqual([own.id]);
});

test("lists: one's own, what waits for one, and everything for who may read everything; page by page", async () => {
  const { id: mine } = await ask();
  const { id: others } = await ask([ops], { id: stranger.id, email: "stranger@example.com" });
  const items = async (as: Client, query: string) => {
    const { body } = await as("GET", `/approvals?limit=2&${query}`);
    return body as { items: { id: string }[]; nextCursor: string };
  };
  const ids = async (as: Client, query = "") => (await items(as, query)).items.map(({ id }) => id);
  expect((await ids(asker.as, "view=waiting"))[0]).toBe(others);
  expect((await ids(asker.as, "view=own"))[0]).toBe(mine);
  expect(await ids(decider.as, "view=waiting")).toEqual([others, mine]);
  expect(await ids(decider.as, "view=own")).toEqual([]);
  expect(await ids(stranger.as)).toEqual([others]);
  expect(await ids(auditor)).toEqual([others, mine]);
  const { nextCursor } = await items(auditor, "");
  expect(nextCursor).toBe(mine);
  expect((await ids(auditor, `cursor=${nextCursor}`)).includes(mine)).toBe(false);
});
