/** A call in a run wants somebody's yes: the run waits for it, in each way in which a client can be asked, and goes on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCaller } from "../harness/cells.ts";
import { eventually } from "../heavy/process/proc.ts";
import { idIn, press } from "../policy/approvals/scene.ts";
import { openTwoReplicas, type TwoReplicas } from "./replicas.ts";
import { last, pagesIn, valueIn, type Visitor } from "./scene.ts";

let scene: TwoReplicas;
let ann: Visitor;
let lea: Visitor;
beforeAll(async () => {
  scene = await openTwoReplicas();
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** Reads, writes with somebody's yes, reads again. */
const write = (key: string) => `
  const seen = [Date.now(), Math.random(), crypto.randomUUID()];
  const before = await codemode.invoices_list_invoices({});
  const { id } = await codemode.invoices_create_invoice({ key: "${key}", amount: before.length });
  const after = await codemode.invoices_list_invoices({});
  return { id, isThere: after.includes("${key}"), isNew: !before.includes("${key}"), seen };`;

const done = (key: string) => ({ id: `inv-${key}`, isThere: true, isNew: true });

describe("the ways of asking", () => {
  test("a client that opens nothing is told the page and the run, and goes on with it", async () => {
    const key = "told";
    const paused = await last(scene.execute(ann.door, { code: write(key) }));
    const { structuredContent } = paused["result"];
    expect(structuredContent).toMatchObject({
      status: "paused",
      waits: [{ kind: "approval", tool: "invoices_create_invoice" }],
    });
    const [page = ""] = pagesIn(paused);
    expect((await lea.browser.open(page)).text).toContain(key);
    expect(scene.servers.invoices.writes(key)).toBe(0);
    await press(lea.browser, page, "yes");
    const { result } = await last(scene.execute(ann.door, { run: structuredContent.run }));
    expect(valueIn(result)).toMatchObject(done(key));
    expect(scene.servers.invoices.writes(key)).toBe(1);
    // Asked once more it says the same, and does nothing.
    expect(valueIn((await last(scene.execute(ann.door, { run: structuredContent.run })))["result"])).toEqual(
      valueIn(result),
    );
    expect(scene.servers.invoices.writes(key)).toBe(1);
  });

  test("the same code sent again finds the run that waits", async () => {
    const key = "again";
    const [page = ""] = pagesIn(await last(scene.execute(ann.door, { code: write(key) })));
    expect(pagesIn(await last(scene.execute(ann.door, { code: write(key) })))).toEqual([page]);
    await press(lea.browser, page, "yes");
    const { result } = await last(scene.execute(ann.door, { code: write(key) }));
    expect(valueIn(result)).toMatchObject(done(key));
    expect(scene.servers.invoices.writes(key)).toBe(1);
  });

  test.each(["legacy", "modern"] as const)(
    "a %s client that opens pages is asked, and hears the end",
    async (era) => {
      const key = `asked-${era}`;
      const pages: string[] = [];
      await using caller = await openCaller(era, ann.door, {
        answers: async ({ params }) => {
          pages.push(params.url);
          await press(lea.browser, params.url, "yes");
          return `{"action":"accept"}`;
        },
      });
      const params = { name: "portal_codemode_execute", arguments: { code: write(key) } };
      const { message, text } = await caller.request("tools/call", params);
      expect(message.error, text).toBeUndefined();
      expect(valueIn(message.result)).toMatchObject(done(key));
      expect(pages.length).toBe(1);
      expect(scene.servers.invoices.writes(key)).toBe(1);
    },
  );

  test("it is decided over the API", async () => {
    const key = "api";
    const paused = await last(scene.execute(ann.door, { code: write(key) }));
    const [page = ""] = pagesIn(paused);
    const { subject } = await lea.api<{ subject: object }>("GET", `/approvals/${idIn(page)}`);
    expect(subject).toMatchObject({ runId: paused["result"].structuredContent.run });
    await lea.api("POST", `/approvals/${idIn(page)}/decision`, { decision: "approve" });
    const { result } = await last(scene.execute(ann.door, { run: paused["result"].structuredContent.run }));
    expect(valueIn(result)).toMatchObject(done(key));
    expect(scene.servers.invoices.writes(key)).toBe(1);
  });
});

test("it begins at one replica, is decided at the other, and goes on there", async () => {
  const key = "elsewhere";
  const paused = await last(scene.execute(ann.door, { code: write(key) }, { replica: 0 }));
  const [page = ""] = pagesIn(paused);
  await press(lea.browser, page, "yes");
  const { run } = paused["result"].structuredContent;
  const answers = await Promise.all(
    [1, 0, 1, 0].map((replica) => last(scene.execute(ann.door, { run }, { replica }))),
  );
  const values = answers
    .filter(({ result }) => result?.isError !== true && result?.structuredContent === undefined)
    .map(({ result }) => valueIn(result));
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) expect(value).toMatchObject(done(key));
  expect(scene.servers.invoices.writes(key)).toBe(1);
});

test("nobody goes on with it: a replica does, and what came of it can be read for an hour", async () => {
  const key = "background";
  const paused = await last(scene.execute(ann.door, { code: write(key) }));
  const [page = ""] = pagesIn(paused);
  await press(lea.browser, page, "yes");
  const { run } = paused["result"].structuredContent;
  await eventually(
    () => scene.servers.invoices.writes(key),
    (writes) => writes === 1,
  );
  const shown = await eventually(
    () => ann.api<{ state: string; calls: object[] }>("GET", `/me/runs/${run}`),
    ({ state }) => state !== "running",
  );
  expect(shown.state).toBe("completed");
  await using caller = await openCaller("modern", ann.door);
  const { message } = await caller.request("resources/read", { uri: `codemode://runs/${run}/result` });
  expect(JSON.parse(message.result.contents[0].text)).toMatchObject(done(key));
  // Not for anybody else.
  await using other = await openCaller("modern", lea.door);
  const refused = await other.request("resources/read", { uri: `codemode://runs/${run}/result` });
  expect(refused.message.error).toBeDefined();
  const taken = await last(scene.execute(lea.door, { run }));
  expect(JSON.stringify(taken)).toContain("run_unknown");
});

test("calls in parallel: each is asked about, each is made once, and the rest is given again as it was", async () => {
  const keys = ["p1", "p2", "p3"];
  const code = `
    const before = await codemode.invoices_list_invoices({});
    const order = [];
    const mark = (name) => (value) => { order.push(name); return value; };
    const [list, ...made] = await Promise.all([
      codemode.invoices_list_invoices({}).then(mark("list")),
      ...${JSON.stringify(keys)}.map((key) => codemode.invoices_create_invoice({ key }).then(mark(key))),
    ]);
    return { made: made.map(({ id }) => id), order: order.toSorted(), list: list.length - before.length };`;
  const paused = await last(scene.execute(ann.door, { code }));
  const pages = pagesIn(paused);
  expect(new Set(pages).size).toBe(3);
  for (const page of pages) await press(lea.browser, page, "yes");
  const { result } = await last(scene.execute(ann.door, { run: paused["result"].structuredContent.run }));
  expect(valueIn(result)).toEqual({
    made: keys.map((key) => `inv-${key}`),
    order: ["list", ...keys],
    list: 0,
  });
  expect(keys.map((key) => scene.servers.invoices.writes(key))).toEqual([1, 1, 1]);
});

test("one after the other: two writes, two pauses; chance and time are what they were", async () => {
  const code = `
    const chance = [Math.random(), crypto.randomUUID(), Date.now()];
    const first = await codemode.invoices_create_invoice({ key: "one-" + chance[1] });
    const second = await codemode.invoices_create_invoice({ key: "two-" + chance[1] });
    return [first.id, second.id, chance];`;
  const { ledger } = scene.servers.invoices;
  const before = ledger.size;
  let answer = await last(scene.execute(ann.door, { code }));
  const { run } = answer["result"].structuredContent;
  for (let round = 0; round < 2; round++) {
    const [page = ""] = pagesIn(answer);
    await press(lea.browser, page, "yes");
    answer = await last(scene.execute(ann.door, { run }, { replica: round }));
  }
  const [one, two, chance] = valueIn(answer["result"]) as [string, string, [number, string, number]];
  expect([one, two]).toEqual([`inv-one-${chance[1]}`, `inv-two-${chance[1]}`]);
  expect([...ledger.entries()].slice(before)).toEqual([
    [`one-${chance[1]}`, 1],
    [`two-${chance[1]}`, 1],
  ]);
});

test("a no is an error that the code can catch", async () => {
  const code = `
    try { await codemode.invoices_create_invoice({ key: "refused" }); return "written" }
    catch (error) { return { code: error.code, more: (await codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" })).key } }`;
  const paused = await last(scene.execute(ann.door, { code }));
  const [page = ""] = pagesIn(paused);
  await press(lea.browser, page, "no", { reason: "not now" });
  const { result } = await last(scene.execute(ann.door, { run: paused["result"].structuredContent.run }));
  expect(valueIn(result)).toEqual({ code: "approval_rejected", more: "BLOG-1" });
  expect(scene.servers.invoices.writes("refused")).toBe(0);
});
