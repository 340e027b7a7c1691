/** A tool that is called by portal_execute asks, and is answered, as one that is called by its name. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { obliging } from "../harness/callers/caller.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  scene = opened.use(await openScene());
});
afterAll(() => opened.disposeAsync());

const name = { action: "accept", content: { name: "Ada" } };
const years = { action: "accept", content: { years: 36 } };

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  const open = async () => {
    const { url, token } = scene.door(to);
    const door = { url: `${url}?optimize_context=search_and_execute`, token };
    return opened.use(await openCaller(era, door, { answers: obliging }));
  };
  const execute = (tool: string, args?: object) => ({
    name: "portal_execute",
    arguments: { name: scene.name(to, tool), ...(args && { arguments: args }) },
  });

  test.each([
    ["ask", { who: name }],
    ["ask_twice", { who: name, age: years }],
    ["ask_both", { who: name, age: years }],
  ])("%s", async (tool, answers) => {
    const caller = await open();
    const { text, message } = await caller.request("tools/call", execute(tool));
    expect(message, text).toMatchObject({ result: { structuredContent: { answers } } });
    expect(caller.asked.map(({ method }) => method)).toEqual(
      Object.keys(answers).map(() => "elicitation/create"),
    );
  });

  test("the call and its questions are on record under the tool's own name", async () => {
    const caller = await open();
    await caller.request("tools/call", execute("ask"));
    const target = scene.name(to, "ask");
    const { items } = await scene.house.api<{ items: Record<string, unknown>[] }>(
      "GET",
      `/calls?target=${target}&limit=1`,
    );
    expect(items).toMatchObject([
      { method: "tools/call", target, via: "portal_execute", outcome: "ok", era },
    ]);
  });
});
