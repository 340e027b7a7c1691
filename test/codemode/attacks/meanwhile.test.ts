/** What is changed while a run waits holds for what it does afterwards, whoever goes on with it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { toRegistration } from "../../harness/registration.ts";
import { eventually } from "../../heavy/process/proc.ts";
import { press } from "../../policy/approvals/scene.ts";
import type { Loose } from "../../portal/client.ts";
import { openTwoReplicas, type TwoReplicas } from "../replicas.ts";
import { last, pagesIn, valueIn, type Visitor } from "../scene.ts";
import { startInvoices } from "../servers/invoices.ts";
import { failureOf, letIn, plainUrl, stateOf, waitingRun } from "./scene.ts";

let scene: TwoReplicas;
let ann: Visitor;
let bob: Visitor;
let lea: Visitor;
beforeAll(async () => {
  scene = await openTwoReplicas();
  [ann, bob, lea] = [await scene.come("Ann"), await scene.come("Bob"), await scene.come("Lea", "leads")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const write = (key: string) => `
  try { const { id } = await codemode.invoices_create_invoice({ key: "${key}" }); return { id } }
  catch ({ code }) { return { code } }`;

const waiting = (who: Pick<Visitor, "door">, key: string) => waitingRun(scene, who.door, write(key));

const stateIs = (run: string) =>
  scene.api<{ state: string }>("GET", `/runs/${run}`).then(({ state }) => state);

test("a portal that forbids Code Mode by then: nobody goes on with it", async () => {
  const { run, page } = await waiting(ann, "forbidden");
  await scene.api("PATCH", "/portals/main", { codeMode: "forbidden" });
  expect(await failureOf(scene.execute(ann.door, { run }))).toBe("codemode_forbidden");
  await press(lea.browser, page, "yes");
  await scene.api("POST", "/portals", {
    slug: "beside",
    servers: ["invoices"],
    access: [{ who: "everyone", classes: ["read", "write"] }],
  });
  const beside = await letIn(bob, plainUrl(bob.door).replace("/p/main/", "/p/beside/"));
  const later = await waiting(beside, "beside");
  await press(lea.browser, later.page, "yes");
  await eventually(
    () => stateIs(later.run),
    (state) => state === "completed",
  );
  expect([await stateIs(run), scene.servers.invoices.writes("forbidden")]).toEqual(["paused", 0]);
  await scene.api("PATCH", "/portals/main", { codeMode: "allowed" });
});

test("what goes on by itself finds no more than its caller does", async () => {
  const rule = await scene.api<{ name: string }>("POST", "/policies", {
    name: "no-tickets",
    action: "block",
    at: { servers: ["jira"] },
    include: [{ everyone: true }],
  });
  const code = `
    await codemode.invoices_create_invoice({ key: "found" });
    const found = (await codemode.tools()).map(({ name }) => name);
    try { await codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" }) } catch ({ code }) { found.push(code) }
    return found;`;
  const paused = await last(scene.execute(ann.door, { code }));
  const { run } = paused["result"].structuredContent;
  await press(lea.browser, pagesIn(paused)[0] ?? "", "yes");
  await eventually(
    () => stateIs(run),
    (state) => state === "completed",
  );
  const found = valueIn((await last(scene.execute(ann.door, { run })))["result"]) as string[];
  expect(found).toContain("invoices_create_invoice");
  expect(found.filter((name) => name.startsWith("jira") || name.startsWith("code"))).toEqual([
    "code_tool_unknown",
  ]);
  await scene.api("DELETE", `/policies/${rule.name}`);
});

test("a rule that says no by then, after somebody's yes", async () => {
  const { run, page } = await waiting(ann, "ruled");
  const rule = await scene.api<{ name: string }>("POST", "/policies", {
    name: "no-invoices",
    action: "block",
    at: { servers: ["invoices"], tools: ["create_invoice"] },
    include: [{ everyone: true }],
  });
  await press(lea.browser, page, "yes");
  const { result } = await last(scene.execute(ann.door, { run }));
  expect(valueIn(result)).toEqual({ code: "code_tool_unknown" });
  expect(scene.servers.invoices.writes("ruled")).toBe(0);
  await scene.api("DELETE", `/policies/${rule.name}`);
});

test("rights that were taken away by then", async () => {
  const { run, page } = await waiting(ann, "narrowed");
  await scene.api("PATCH", "/portals/main", { access: [{ who: "everyone", classes: ["read"] }] });
  await press(lea.browser, page, "yes");
  const answer = await last(scene.execute(ann.door, { run }));
  expect(JSON.stringify(answer)).not.toContain("inv-narrowed");
  expect(scene.servers.invoices.writes("narrowed")).toBe(0);
  await scene.api("PATCH", "/portals/main", { access: [{ who: "everyone", classes: ["read", "write"] }] });
});

test("another server under the same name: the yes was not for that one", async () => {
  await using other = await startInvoices();
  const { run, page } = await waiting(ann, "replaced");
  await scene.api("PATCH", "/portals/main", { servers: ["jira", "google-workspace"] });
  const { approval, at, include } = await scene.api<Loose>("GET", "/policies/two-eyes");
  await scene.api("DELETE", "/policies/two-eyes");
  await scene.api("DELETE", "/servers/invoices");
  await scene.api("POST", "/servers", toRegistration("invoices", other.url));
  await scene.api("POST", "/policies", {
    name: "two-eyes",
    action: "require_approval",
    approval,
    at,
    include,
  });
  await scene.api("PATCH", "/portals/main", { servers: ["invoices", "jira", "google-workspace"] });
  await press(lea.browser, page, "yes");
  const answer = await last(scene.execute(ann.door, { run }));
  expect(stateOf(answer)).toBe("paused");
  expect(pagesIn(answer)).not.toEqual([page]);
  expect([other.writes("replaced"), scene.servers.invoices.writes("replaced")]).toEqual([0, 0]);
});
