import type { RunWait } from "@castellan/codemode";
import { sql } from "@castellan/database";
import { createId, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let auditor: Client;
let ada: { id: Id<"user">; ask: Client };
let bob: { id: Id<"user">; ask: Client };

beforeAll(async () => {
  house = await createTestApi();
  auditor = createClient(house.app, await house.createToken({ role: "auditor" }));
  [ada, bob] = [await person("ada"), await person("bob")];
});
beforeEach(() => house.database.query(sql`delete from codemode_runs`));
afterAll(() => house[Symbol.asyncDispose]());

async function person(name: string) {
  const { id } = await house.people.add(
    { directory: "workforce", email: `${name}@example.com`, name },
    { by: "owner" },
  );
  return { id, ask: createClient(house.app, (await house.letClientIn(id)).secret) };
}

const wait: RunWait = {
  kind: "approval",
  id: createId("approval"),
  url: "http://localhost/approvals/apr_1",
  message: "A yes of somebody is needed",
  tool: "crm_delete",
};
const completed = { status: "completed", text: '{"n":1E400}' } as const;

test("a run is shown to its caller with what it returned and logged, to an auditor without", async () => {
  const id = await house.runs.add({
    caller: { principalId: ada.id, clientId: "https://client.example/id.json" },
    code: "return 1",
    called: ["crm_look", "crm_change"],
    ending: completed,
  });
  const seen = {
    id,
    state: "completed",
    tool: "execute",
    portal: "tools",
    caller: { kind: "user", id: ada.id, name: "Ada", clientId: "https://client.example/id.json" },
    callId: expect.stringMatching(/^call_/) as string,
    startedAt: expect.any(String) as string,
    endedAt: expect.any(String) as string,
    expiresAt: expect.any(String) as string,
    waits: [],
    resultBytes: 11,
    use: { wallMs: 12, cpuMs: 3, passes: 1, calls: 2 },
  };
  const call = (target: string) => ({
    callId: expect.stringMatching(/^call_/) as string,
    method: "tools/call",
    target,
    class: "write",
    state: "done",
    durationMs: 2,
  });
  const details = { ...seen, code: "return 1", calls: [call("crm_look"), call("crm_change")] };
  expect((await auditor("GET", "/runs")).body).toEqual({ items: [seen] });
  expect((await auditor("GET", `/runs/${id}`)).body).toEqual(details);
  expect((await ada.ask("GET", "/me/runs")).body).toEqual({ items: [seen] });
  expect((await ada.ask("GET", `/me/runs/${id}`)).body).toEqual({
    ...details,
    logs: [{ level: "log", text: "logged" }],
    result: completed.text,
  });
});

test("why a run failed, and what one waits for", async () => {
  const failed = await house.runs.add({
    caller: { principalId: ada.id },
    ending: { status: "failed", code: "code_threw", message: "no such ticket" },
  });
  expect((await auditor("GET", `/runs/${failed}`)).body).toMatchObject({
    state: "failed",
    error: "code_threw",
    message: "no such ticket",
  });
  const paused = await house.runs.add({ caller: { principalId: ada.id }, waits: [wait], code: "2" });
  expect((await ada.ask("GET", `/me/runs/${paused}`)).body).toMatchObject({ state: "paused", waits: [wait] });
});

test("somebody else's run is as one that is not there, to see and to end; a member sees no list of all", async () => {
  const id = await house.runs.add({ caller: { principalId: ada.id } });
  expect((await bob.ask("GET", "/me/runs")).body).toEqual({ items: [] });
  for (const method of ["GET", "DELETE"] as const)
    expect(await bob.ask(method, `/me/runs/${id}`)).toMatchObject({
      status: 404,
      body: { code: "run_unknown" },
    });
  expect(await bob.ask("GET", "/runs")).toMatchObject({ status: 403 });
  expect(await bob.ask("GET", `/runs/${id}`)).toMatchObject({ status: 403 });
  // Who may read everything may end nothing.
  expect(await auditor("DELETE", `/runs/${id}`)).toMatchObject({ status: 403 });
  expect((await ada.ask("GET", `/me/runs/${id}`)).body).toMatchObject({ state: "running" });
});

test("who may ends a run, once; an admin anybody's", async () => {
  const [own, other] = [
    await house.runs.add({ caller: { principalId: ada.id } }),
    await house.runs.add({ caller: { principalId: ada.id }, waits: [wait], code: "2" }),
  ];
  expect(await ada.ask("DELETE", `/me/runs/${own}`)).toMatchObject({ status: 204 });
  expect(await ada.ask("DELETE", `/me/runs/${own}`)).toMatchObject({
    status: 409,
    body: { code: "run_ended" },
  });
  const admin = createClient(house.app, await house.createToken({}));
  expect(await admin("DELETE", `/runs/${other}`)).toMatchObject({ status: 204 });
  expect((await ada.ask("GET", "/me/runs")).body).toMatchObject({
    items: [
      { id: other, state: "cancelled", error: "run_cancelled", waits: [] },
      { id: own, state: "cancelled" },
    ],
  });
});

test("lists are filtered, newest first, and paged", async () => {
  const add = (portal: string, principalId: string, startedAt: Date, paused = false) =>
    house.runs.add({
      caller: { principalId },
      portal,
      startedAt,
      code: `${portal} ${startedAt.getTime()}`,
      ...(paused && { waits: [wait] }),
    });
  const [old, recent] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-01T00:00:00Z")];
  const first = await add("tools", ada.id, old);
  const second = await add("other", ada.id, old, true);
  const third = await add("tools", bob.id, recent);
  const list = async (query: string) => {
    const { body } = await auditor("GET", `/runs?${query}`);
    return (body as { items: { id: string }[] }).items.map(({ id }) => id);
  };
  expect(await list("")).toEqual([third, second, first]);
  expect(await list("state=paused")).toEqual([second]);
  expect(await list("portal=tools")).toEqual([third, first]);
  expect(await list(`principal=${ada.id}`)).toEqual([second, first]);
  expect(await list("since=2026-01-15T00:00:00Z")).toEqual([third]);
  const page = await auditor("GET", "/runs?limit=2");
  expect(page.body).toMatchObject({ items: [{ id: third }, { id: second }], nextCursor: second });
  expect((await auditor("GET", `/runs?limit=2&cursor=${second}`)).body).toEqual({
    items: [expect.objectContaining({ id: first })],
  });
});
