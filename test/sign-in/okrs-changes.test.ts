/** What an admin changes about people holds for what they have allowed already, from the next message on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, createOkrsScene, eras, everyScope, type OkrsScene } from "./okrs-scene.ts";

let scene: OkrsScene;
beforeAll(async () => {
  scene = await createOkrsScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const creating = {
  name: "okrs_create_objective",
  arguments: { title: "Everybody writes goals", owner: "Ben", quarter: "2026-Q4" },
};
const own = ["portal_list_servers", "portal_toggle_servers", "portal_toggle_single_server"];
const reading = ["okrs_list_objectives", "okrs_get_objective", ...own];

test.each(eras)("who is moved from editors to viewers writes no more, at once (%s)", async (era) => {
  const ben = await scene.come(`Ben-${era}`, "editors");
  const { client, tokens, door } = await ben.letIn({ scope: everyScope });
  const session = await connect(era, door);
  expect((await session.ask("tools/call", creating)).body["result"].structuredContent).toBeDefined();
  const stream = await session.listen();

  await scene.move(ben, "viewers");
  expect(await session.ask("tools/call", creating)).toEqual({
    status: 200,
    challenge: undefined,
    body: {
      error: {
        code: -32602,
        message: "Unknown tool: okrs_create_objective",
        data: { code: "tool_unknown", field: "params.name" },
      },
    },
  });
  expect(await session.list("tools")).toEqual(reading);
  expect(await stream.next()).toBe("notifications/tools/list_changed");
  stream.leave();

  // The client is told what is left when it comes for its next token, and can get no more back by asking.
  const narrowed = await client.refresh(tokens.refresh);
  expect(narrowed.scopes).toEqual(["portal:okrs", "portal:okrs:read"]);
  const { page } = await ben.look({ client, scope: everyScope });
  expect(page.forms[0]?.boxes).toEqual([]);
  expect(page.text).toContain("It asked for more than you may use yourself. That is left out.");

  // A token says what it said when it was made: writing is there again to be asked for, not to be used.
  await scene.move(ben, "editors");
  const later = await connect(era, { ...door, token: narrowed.access });
  const refused = await later.ask("tools/call", creating);
  expect([refused.status, refused.body["error"].data]).toEqual([
    403,
    { code: "insufficient_scope", scope: "portal:okrs okrs:write" },
  ]);
});

test.each(eras)("who is taken out of every group does not know the portal any more (%s)", async (era) => {
  const ana = await scene.come(`Ana-${era}`, "viewers");
  const { client, tokens, door } = await ana.letIn();
  const session = await connect(era, door);
  const stream = await session.listen();
  await scene.move(ana);
  expect(await session.ask("tools/list")).toEqual({
    status: 404,
    challenge: undefined,
    body: {
      error: {
        code: -32000,
        message: 'There is no portal "okrs" for this caller',
        data: { code: "portal_unknown" },
      },
    },
  });
  expect(await stream.next()).toBe("end");
  await expect(client.refresh(tokens.refresh)).rejects.toThrow("invalid_grant");
});

test("who has no rights at a portal is told nothing of it, and can give nothing away", async () => {
  const eve = await scene.come("Eve");
  const { page, browser } = await eve.look({ scope: everyScope });
  expect([page.status, page.text]).toEqual([
    403,
    [
      "This is not open to you",
      "You are signed in as Eve (eve@example.com). Not you?",
      "Editor wants to use something here that you have no access to. Ask the person who gave you its address, or an admin, to let you in.",
      "Go back to the program",
    ].join("\n"),
  ]);
  // Also a form that was made up says no.
  const back = await browser.send(page.forms[0], { decision: "allow", use: ["okrs:read"] });
  const told = Object.fromEntries(back.url.searchParams);
  expect([back.url.origin, told["error"], told["code"]]).toEqual([
    "http://127.0.0.1:7777",
    "access_denied",
    undefined,
  ]);
});

test("who may only write is shown nothing to read: prompts, resources and completion are not there", async () => {
  const walt = await scene.come("Walt");
  const { tokens, door } = await walt.letIn({ scope: everyScope });
  expect(tokens.scopes).toEqual(["portal:okrs", "portal:okrs:write"]);
  for (const era of eras) {
    const session = await connect(era, door);
    expect(await session.list("tools")).toEqual([
      "okrs_create_objective",
      "okrs_add_key_result",
      "okrs_update_progress",
      "okrs_import_objectives",
      ...own,
    ]);
    expect([
      await session.list("prompts"),
      await session.list("resources"),
      await session.list("resourceTemplates"),
    ]).toEqual([[], [], []]);
    for (const [method, params, told] of unreadable(era))
      expect([method, await session.ask(method, params)]).toEqual([
        method,
        { status: 200, challenge: undefined, body: { error: told } },
      ]);
    expect((await session.ask("tools/call", creating)).body["result"].isError).toBeUndefined();
  }
});

/** Requests for what is there for readers, and the answers that would come if it were not there at all. */
function unreadable(era: (typeof eras)[number]): [string, Record<string, unknown>, object][] {
  const [tool, prompt] = ["okrs_list_objectives", "okrs_weekly_review"];
  const [uri, template] = ["okr://quarters/2026-Q4/report", "okr://quarters/{quarter}/report"];
  const completed = (ref: object, name: string) => ({ ref, argument: { name, value: "" } });
  const noPrompt = (field: string) => ({
    code: -32602,
    message: `Unknown prompt: ${prompt}`,
    data: { code: "prompt_unknown", field },
  });
  const noResource = (named: string, field: string) => ({
    code: era === "legacy" ? -32002 : -32602,
    message: `Unknown resource: ${named}`,
    data: { code: "resource_unknown", field, uri: named },
  });
  return [
    [
      "tools/call",
      { name: tool },
      {
        code: -32602,
        message: `Unknown tool: ${tool}`,
        data: { code: "tool_unknown", field: "params.name" },
      },
    ],
    ["prompts/get", { name: prompt }, noPrompt("params.name")],
    ["resources/read", { uri }, noResource(uri, "params.uri")],
    [
      "completion/complete",
      completed({ type: "ref/prompt", name: prompt }, "owner"),
      noPrompt("params.ref.name"),
    ],
    [
      "completion/complete",
      completed({ type: "ref/resource", uri: template }, "quarter"),
      noResource(template, "params.ref.uri"),
    ],
  ];
}
