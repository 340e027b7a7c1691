/** One yes is for one call: however the code is written, sent, raced or ended. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../heavy/process/proc.ts";
import { press } from "../../policy/approvals/scene.ts";
import { openTwoReplicas, type TwoReplicas } from "../replicas.ts";
import { last, pagesIn, valueIn, type Visitor } from "../scene.ts";
import { failureOf, stateOf } from "./scene.ts";

let scene: TwoReplicas;
let ann: Visitor;
let lea: Visitor;
beforeAll(async () => {
  scene = await openTwoReplicas();
  [ann, lea] = [await scene.come("Ann"), await scene.come("Lea", "leads")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const writes = (key: string) => scene.servers.invoices.writes(key);

test.each([
  ["the same twice", "twice", `[call({ key: "twice", amount: 1 }), call({ key: "twice", amount: 1 })]`],
  [
    "members in another order",
    "turned",
    `[call({ key: "turned", amount: 1 }), call({ amount: 1, key: "turned" })]`,
  ],
  [
    "raced",
    "raced",
    `[Promise.race([call({ key: "raced" }), call({ key: "raced" })]), call({ key: "raced" })]`,
  ],
])("%s: each is asked for by itself", async (_, key, calls) => {
  const code = `const call = (args) => codemode.invoices_create_invoice(args); return (await Promise.all(${calls})).length;`;
  let answer = await last(scene.execute(ann.door, { code }));
  const { run } = answer["result"].structuredContent;
  for (let yeses = 0; stateOf(answer) === "paused" && yeses < 4; yeses++) {
    expect(writes(key)).toBe(yeses);
    const pages = pagesIn(answer);
    expect(pages.length).toBe(1);
    await press(lea.browser, pages[0] ?? "", "yes");
    answer = await last(scene.execute(ann.door, { run }));
    expect(writes(key)).toBe(yeses + 1);
  }
  expect(stateOf(answer)).toBe("completed");
});

test("two runs with the identical call are asked about at once: one yes lets one of them through, on whichever replica", async () => {
  const key = "shared";
  const codes = [1, 2, 3, 4].map(
    (n) => `const { id } = await codemode.invoices_create_invoice({ key: "${key}" }); return [${n}, id];`,
  );
  const begun = await Promise.all(
    codes.map((code, at) => last(scene.execute(ann.door, { code }, { replica: at % 2 }))),
  );
  const runs = begun.map(({ result }) => result.structuredContent.run as string);
  expect(new Set(runs).size).toBe(4);
  const asked = new Set(begun.flatMap(pagesIn));
  expect(asked.size).toBe(1);
  let [page] = asked;
  for (let yeses = 1; yeses <= 4; yeses++) {
    await press(lea.browser, page ?? "", "yes");
    const goOn = (replica: number) =>
      Promise.all(runs.map((run) => last(scene.execute(ann.door, { run }, { replica }))));
    // Whoever came first has it; what a replica goes on with by itself meanwhile is one of them.
    const answers = await eventually(
      async () => [await goOn(0), await goOn(1)][1] ?? [],
      (all) => all.filter((answer) => stateOf(answer) === "completed").length === yeses,
    );
    expect(writes(key)).toBe(yeses);
    const pages = new Set(answers.filter((answer) => stateOf(answer) === "paused").flatMap(pagesIn));
    expect(pages.size).toBe(yeses < 4 ? 1 : 0);
    expect(pages.has(page ?? "")).toBe(false);
    [page] = pages;
  }
});

test("other arguments than those that somebody saw are not what they said yes to", async () => {
  // What it reads is another thing each time that it is asked anew.
  const code = `
    const { length } = await codemode.invoices_list_invoices({});
    return (await codemode.invoices_create_invoice({ key: "seen", amount: length })).amount;`;
  const paused = await last(scene.execute(ann.door, { code }));
  const before = scene.servers.invoices.ledger.size;
  const other = `return (await codemode.invoices_create_invoice({ key: "seen", amount: ${before + 1} })).amount`;
  await press(lea.browser, pagesIn(paused)[0] ?? "", "yes");
  expect(stateOf(await last(scene.execute(ann.door, { code: other })))).toBe("paused");
  expect(writes("seen")).toBe(0);
  const { result } = await last(scene.execute(ann.door, { run: paused["result"].structuredContent.run }));
  expect([result.content[0].text, writes("seen")]).toEqual([String(before), 1]);
});

test("many go on with it at once, on both replicas, while it is cancelled: once, or not at all", async () => {
  for (let round = 0; round < 4; round++) {
    const key = `cancelled-${round}`;
    const code = `return (await codemode.invoices_create_invoice({ key: "${key}" })).id`;
    const paused = await last(scene.execute(ann.door, { code }));
    const { run } = paused["result"].structuredContent;
    await press(lea.browser, pagesIn(paused)[0] ?? "", "yes");
    const cancel = () =>
      ann.api("DELETE", `/me/runs/${run}`).then(
        () => "cancelled",
        () => "too late",
      );
    const goOn = (replica: number) => last(scene.execute(ann.door, { run }, { replica }));
    const [came, ...answers] = await Promise.all(
      round % 2 === 0 ? [cancel(), goOn(0), goOn(1), goOn(0)] : [cancel(), goOn(1), goOn(1), goOn(0)],
    );
    const { state } = await ann.api<{ state: string }>("GET", `/me/runs/${run}`);
    expect(state).toBe(came === "cancelled" ? "cancelled" : "completed");
    expect(writes(key)).toBeLessThanOrEqual(1);
    if (came !== "cancelled") expect(writes(key)).toBe(1);
    expect(answers.length).toBe(3);
    expect(await failureOf(scene.execute(ann.door, { run }))).toBe(
      came === "cancelled" ? "run_cancelled" : undefined,
    );
  }
});

test("a cancelled run's yes is taken back with it", async () => {
  const code = `return (await codemode.invoices_create_invoice({ key: "let-go" })).id`;
  const paused = await last(scene.execute(ann.door, { code }));
  const { run, waits } = paused["result"].structuredContent;
  await ann.api("DELETE", `/me/runs/${run}`);
  const { state } = await scene.api<{ state: string }>("GET", `/approvals/${waits[0].id}`);
  expect([state, writes("let-go")]).toEqual(["withdrawn", 0]);
});

test("one that is cancelled in the middle takes back what it has asked for by then", async () => {
  using gate = scene.servers.jira.hold("get_jira_ticket", "before");
  const code = `
    await Promise.all([
      codemode.invoices_create_invoice({ key: "dangling" }),
      codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" }),
    ]);`;
  const answered = failureOf(scene.execute(ann.door, { code }));
  await gate.arrived;
  const asked = () =>
    scene
      .api<{ items: { id: string; state: string }[] }>("GET", "/approvals?limit=1")
      .then(({ items }) => items[0] ?? { id: "", state: "" });
  const before = await eventually(asked, ({ state }) => state === "pending");
  const { items } = await ann.api<{ items: { id: string; state: string }[] }>("GET", "/me/runs?limit=1");
  await ann.api("DELETE", `/me/runs/${items[0]?.id}`);
  expect(await answered).toBe("run_cancelled");
  gate.open();
  expect(await eventually(asked, ({ state }) => state !== "pending")).toMatchObject({
    id: before.id,
    state: "withdrawn",
  });
  expect(writes("dangling")).toBe(0);
});

test("what code explores with calls nothing, and asks nobody for anything", async () => {
  const { called } = scene.servers.jira;
  const before = [called.length, scene.servers.invoices.called.length];
  const code = `
    const codes = [];
    for (const call of [
      () => codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" }),
      () => codemode.jira_update_jira_ticket({ issueKey: "BLOG-1", fields: { description: "found" } }),
      () => codemode.invoices_create_invoice({ key: "explored" }),
      () => codemode.resources.read("x://1"),
      () => codemode.prompts.get("x"),
    ])
      try { await call(); codes.push("called") } catch ({ code }) { codes.push(code) }
    return codes;`;
  const { result } = await last(scene.execute(ann.door, { code }, { tool: "search" }));
  expect(valueIn(result)).toEqual(Array.from({ length: 5 }, () => "code_arguments_invalid"));
  expect([called.length, scene.servers.invoices.called.length]).toEqual(before);
  const { items } = await scene.api<{ items: object[] }>("GET", "/approvals?state=pending");
  expect(JSON.stringify(items)).not.toContain("explored");
});

test("what code works with lies nowhere in the open: not in tables, not in what is logged", async () => {
  const secret = "s3cr3t-of-the-run";
  const code = `
    console.log("${secret}");
    const { key } = await codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" });
    try { await codemode.jira_get_jira_ticket({ issueKey: "${secret}" }) } catch {}
    const { id } = await codemode.invoices_create_invoice({ key: "${secret}" });
    if (id) throw new Error("${secret}");`;
  const paused = await last(scene.execute(ann.door, { code }));
  const rows = async () => {
    const { database } = scene.house;
    const runs = await database.query(sql`select r::text as row from codemode_runs r`);
    const calls = await database.query(sql`select c::text as row from codemode_calls c`);
    const told = await database.query(sql`select c::text as row from changes c`);
    return JSON.stringify([runs, calls, told]);
  };
  const hex = Buffer.from(secret).toString("hex");
  const isOpen = (text: string) => text.includes(secret) || text.includes(hex);
  expect(isOpen(await rows())).toBe(false);
  await press(lea.browser, pagesIn(paused)[0] ?? "", "yes");
  const { run } = paused["result"].structuredContent;
  expect(await failureOf(scene.execute(ann.door, { run }))).toBe("code_threw");
  expect(isOpen(await rows())).toBe(false);
  expect(isOpen(scene.house.log.join("\n"))).toBe(false);
});
