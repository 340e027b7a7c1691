/** A run is its caller's: of one person, by one client, at one portal. To everybody else it is as one that never was. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { sayModern, type Door } from "../../portal/client.ts";
import { idIn, press } from "../../policy/approvals/scene.ts";
import { openTwoReplicas, type TwoReplicas } from "../replicas.ts";
import { inCodeMode, last, pagesIn, valueIn, type Visitor } from "../scene.ts";
import { failureOf, letIn, plainUrl, resultOf } from "./scene.ts";

let scene: TwoReplicas;
let ann: Visitor;
let bob: Visitor;
let lea: Visitor;
/** Doors that are not the one by which Ann's run was begun. */
const others = new Map<string, Door>();

beforeAll(async () => {
  scene = await openTwoReplicas();
  await scene.api("POST", "/portals", {
    slug: "side",
    servers: ["invoices", "jira"],
    access: [{ who: "everyone", classes: ["read", "write"] }],
  });
  [ann, bob, lea] = [await scene.come("Ann"), await scene.come("Bob"), await scene.come("Lea", "leads")];
  const main = plainUrl(ann.door);
  others.set("another client of theirs", (await letIn(ann, main)).door);
  others.set("another portal", (await letIn(ann, main.replace("/p/main/", "/p/side/"))).door);
  others.set("somebody else", bob.door);
  others.set("somebody who may decide", lea.door);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const write = (key: string) =>
  `const { id } = await codemode.invoices_create_invoice({ key: "${key}" }); return { id };`;

test("what a run returned is read by whom it was returned to", async () => {
  const { result } = await last(
    scene.execute(ann.door, { code: `console.log("x"); return { all: "${"x".repeat(30_000)}" }` }),
  );
  const run = /runs\/(run_\w+)\/result/.exec(result.content[0].text)?.[1] ?? "";
  expect(await resultOf(ann.door, run)).toContain("xxx");
  for (const [who, door] of others) {
    expect(await resultOf(door, run), who).toBeUndefined();
    expect(await failureOf(scene.execute(door, { run })), who).toBe("run_unknown");
  }
  for (const { api } of [bob, lea])
    await expect(api("GET", `/me/runs/${run}`)).rejects.toThrow("run_unknown");
});

test("service tokens of one name are two callers", async () => {
  const door = async () => {
    const token = { name: "twin", role: "member", portals: ["main"], allow: ["read", "write"] };
    const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", token);
    return inCodeMode({ url: plainUrl(ann.door), token: secret });
  };
  const one = await door();
  const { structuredContent } = (await last(scene.execute(one, { code: write("twins") })))["result"];
  const { run, waits } = structuredContent;
  // There is no name twice: the one is gone before the other comes.
  const { items } = await scene.api<{ items: { id: string; name: string }[] }>("GET", "/tokens");
  const id = items.find(({ name }) => name === "twin")?.id;
  await scene.api("DELETE", `/tokens/${id}`);
  const other = await door();
  expect(await failureOf(scene.execute(other, { run }))).toBe("run_unknown");
  const own = (await last(scene.execute(other, { code: write("twins") })))["result"].structuredContent;
  expect([own.run === run, own.waits[0].id === waits[0].id]).toEqual([false, false]);
});

test("the same code of several callers is several runs, each with a decision of its own", async () => {
  const key = "alike";
  const doors = [ann.door, ...others.values()];
  const paused = await Promise.all(doors.map((door) => last(scene.execute(door, { code: write(key) }))));
  const runs = paused.map(({ result }) => result.structuredContent.run as string);
  const pages = paused.map((answer) => pagesIn(answer)[0] ?? "");
  expect([new Set(runs).size, new Set(pages).size]).toEqual([doors.length, doors.length]);
  for (const [who, door] of others)
    expect(await failureOf(scene.execute(door, { run: runs[0] ?? "" })), who).toBe("run_unknown");
  // A yes to Ann is none to others with the same code.
  await press(lea.browser, pages[0] ?? "", "yes");
  const states = await Promise.all(
    doors.map(async (door) => (await last(scene.execute(door, { code: write(key) })))["result"]),
  );
  expect(states.map(({ structuredContent: told }) => told?.status ?? "completed")).toEqual([
    "completed",
    ...others.keys().map(() => "paused"),
  ]);
  expect(scene.servers.invoices.writes(key)).toBe(1);
});

test("a question's state is of no use to another client of the same person", async () => {
  const key = "state";
  const guest = others.get("another client of theirs") as Door;
  const asked = await last(scene.execute(ann.door, { code: write(key) }, { opensPages: true }));
  const { requestState, inputRequests } = asked["result"];
  const [question = ""] = Object.keys(inputRequests);
  for (const action of ["accept", "decline"]) {
    const more = { requestState, inputResponses: { [question]: { action } } };
    const code = await failureOf(scene.execute(guest, { code: write(key) }, { opensPages: true, more }));
    expect(["run_unknown", "request_state_invalid"]).toContain(code);
  }
  const [page = ""] = pagesIn(asked);
  const approval = await scene.api<{ state: string }>("GET", `/approvals/${idIn(page)}`);
  expect(approval.state).toBe("pending");
});

test("narrowed connections: what goes on has what both have, and where they have nothing, nothing", async () => {
  const at = (servers: string): Door => ({ ...ann.door, url: `${ann.door.url}&servers=${servers}` });
  const code = `
    const found = (await codemode.tools()).map(({ server }) => server);
    try { await codemode.invoices_create_invoice({ key: "narrow" }) } catch (error) { return { code: error.code } }
    return { servers: [...new Set(found)] }`;
  const { result } = await last(scene.execute(at("jira"), { code }));
  expect(valueIn(result)).toEqual({ code: "code_tool_unknown" });
  const paused = await last(scene.execute(at("invoices"), { code: `${code} //` }));
  const { run } = paused["result"].structuredContent;
  await press(lea.browser, pagesIn(paused)[0] ?? "", "yes");
  const answer = await last(scene.execute(at("jira"), { run }));
  expect(JSON.stringify(answer)).not.toContain("inv-narrow");
  expect(scene.servers.invoices.writes("narrow")).toBe(0);
});

test("nobody's run is told apart from none", async () => {
  const { result } = await last(scene.execute(ann.door, { code: "return { a: 1 }" }));
  expect(result.isError).toBeUndefined();
  const { items } = await ann.api<{ items: { id: string }[] }>("GET", "/me/runs?limit=1");
  const [known = "", none] = [items[0]?.id, `run_${"0".repeat(32)}`];
  const heard = async (run: string) => {
    const { result, error } = await last(scene.execute(bob.door, { run }));
    const { result: read, error: unread } = await last(
      sayModern(bob.door, "resources/read", { uri: `codemode://runs/${run}/result` }),
    );
    return JSON.stringify([result, error, read, unread])
      .replaceAll(run, "")
      .replaceAll(/req_\w+/g, "");
  };
  expect(await heard(known)).toBe(await heard(none));
});
