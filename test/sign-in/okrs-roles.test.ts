/** One portal, three kinds of people: what each is shown, what they can give to a client, and what they are refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allow } from "./oauth-client.ts";
import { connect, createOkrsScene, eras, everyScope, type OkrsScene, type Visitor } from "./okrs-scene.ts";

const opened = new AsyncDisposableStack();
const visitors = new Map<string, Visitor>();
let scene: OkrsScene;

beforeAll(async () => {
  scene = opened.use(await createOkrsScene());
  for (const [name, group] of [
    ["Ana", "viewers"],
    ["Ben", "editors"],
    ["Carla", "managers"],
  ] as const)
    visitors.set(name, await scene.come(name, group));
});
afterAll(() => opened.disposeAsync());

function visitor(name: string): Visitor {
  const found = visitors.get(name);
  if (!found) throw new Error(`Nobody is called ${name}`);
  return found;
}

const objective = { title: "Everybody writes goals", owner: "Ben", quarter: "2026-Q4" };
const creating = { name: "okrs_create_objective", arguments: objective };
const deleting = { name: "okrs_delete_objective", arguments: { id: "obj_999", title: "None" } };
const listing = { name: "okrs_list_objectives", arguments: {} };

/** What anybody is told of a tool that is not there for them, whether there is one of the name or not. */
const unknownTool = (name: string) => ({
  status: 200,
  challenge: undefined,
  body: {
    error: {
      code: -32602,
      message: `Unknown tool: ${name}`,
      data: { code: "tool_unknown", field: "params.name" },
    },
  },
});

/** What a client is told that was not given what its person may do. */
const notGranted = (scope: string) => ({
  status: 403,
  challenge: `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${scene.house.url}/.well-known/oauth-protected-resource/p/okrs/mcp"`,
  body: {
    error: {
      code: -32000,
      message: `This needs the scope ${scope}, which the token does not have`,
      data: { code: "insufficient_scope", scope },
    },
  },
});

/** The page of somebody who is asked for everything; `kinds`: what is offered of it. */
const pageOf = (name: string, kinds: readonly string[], remarks: readonly string[]) =>
  [
    "Let Editor use OKRs?",
    `You are signed in as ${name} (${name.toLowerCase()}@example.com). Not you?`,
    "It chose this name itself; nobody has checked it. Access is handed to a program on this computer.",
    "Any program on this computer could call itself that. Go on only if you have just started it yourself.",
    "What it asks for",
    "okrs",
    ...kinds,
    ...remarks,
    "This lasts for 14 days. It acts in your name until then. You can end it at any time in your account.",
    "Allow",
    "Do not allow",
  ].join("\n");

const looking = "Look things up 2 tools";
const changing = "Create and change things 4 tools";
const destroying = "Delete and overwrite things 2 tools";
const leftOut = "It asked for more than you may use yourself. That is left out.";
const later = (kinds: string) =>
  `If all boxes for ${kinds} stay ticked, servers that are added to OKRs later are included.`;

describe.each([
  {
    name: "Ana",
    tools: ["okrs_list_objectives", "okrs_get_objective"],
    kinds: [looking],
    remarks: [leftOut, later("looking up")],
    boxes: ["okrs:read"],
    scopes: ["portal:okrs", "portal:okrs:read"],
  },
  {
    name: "Ben",
    tools: [
      "okrs_create_objective",
      "okrs_add_key_result",
      "okrs_update_progress",
      "okrs_import_objectives",
      "okrs_list_objectives",
      "okrs_get_objective",
    ],
    kinds: [looking, changing],
    remarks: [leftOut, later("looking up and changing")],
    boxes: ["okrs:read", "okrs:write"],
    scopes: ["portal:okrs", "portal:okrs:read", "portal:okrs:write"],
  },
  {
    name: "Carla",
    tools: [
      "okrs_create_objective",
      "okrs_add_key_result",
      "okrs_update_progress",
      "okrs_close_objective",
      "okrs_delete_objective",
      "okrs_import_objectives",
      "okrs_list_objectives",
      "okrs_get_objective",
    ],
    kinds: [looking, changing, destroying],
    remarks: [later("looking up, changing and deleting")],
    boxes: ["okrs:read", "okrs:write", "okrs:destructive"],
    scopes: ["portal:okrs", "portal:okrs:read", "portal:okrs:write", "portal:okrs:destructive"],
  },
])("$name", ({ name, tools, kinds, remarks, boxes, scopes }) => {
  test.each(eras)("is listed what they may use themselves, however little they gave (%s)", async (era) => {
    const { tokens, door } = await visitor(name).letIn();
    expect(tokens.scopes).toEqual(["portal:okrs", "portal:okrs:read"]);
    const session = await connect(era, door);
    const own = ["portal_list_servers", "portal_toggle_servers", "portal_toggle_single_server"];
    expect(await session.list("tools")).toEqual([...tools, ...own]);
    expect(await session.list("prompts")).toEqual(["okrs_weekly_review"]);
    expect(await session.list("resourceTemplates")).toEqual([
      "okr://objectives/{id}/report",
      "okr://quarters/{quarter}/report",
    ]);
  });

  test("is offered on the page what they may use, and gives that at most", async () => {
    const { page, browser, redeem } = await visitor(name).look({ scope: everyScope });
    expect(page.status).toBe(200);
    expect(page.text).toBe(pageOf(name, kinds, remarks));
    const [form] = page.forms;
    expect([form?.boxes, form?.fields.getAll("use")]).toEqual([boxes, boxes]);
    expect((await redeem(await allow(browser, page))).scopes).toEqual(scopes);
  });

  test("gives no more by a form that says more", async () => {
    const more =
      "okrs:read okrs:write okrs:destructive okrs:* portal:okrs:write portal:okrs:destructive portal:other other:read api";
    const { tokens } = await visitor(name).letIn({ scope: everyScope, ticks: more.split(" ") });
    expect(tokens.scopes).toEqual(scopes);
    const { items } = await scene.house.api<{ items: { scopes: string[] }[] }>(
      "GET",
      `/grants?user=${visitor(name).id}&limit=1`,
    );
    expect(items[0]?.scopes).toEqual(scopes);
  });

  test("gives less by ticking less", async () => {
    const { tokens, client } = await visitor(name).letIn({ scope: everyScope, ticks: ["okrs:read"] });
    // Where reading is all that there is to give, all of it was given.
    expect(tokens.scopes).toEqual(["portal:okrs", "portal:okrs:read"]);
    expect((await client.refresh(tokens.refresh)).scopes).toEqual(tokens.scopes);
  });

  test("gives nothing by ticking only what is not theirs to give", async () => {
    const { page, browser } = await visitor(name).look({ scope: everyScope });
    const again = await allow(browser, page, ["portal:okrs:destructive", "other:read"]);
    expect([again.status, again.text.split("\n")[5]]).toEqual([
      400,
      "Tick at least one thing that it may do, or do not let it in.",
    ]);
  });
});

describe.each(eras)("%s", (era) => {
  test("Ana reads in every way, and anything else is not there for her", async () => {
    const session = await connect(era, (await visitor("Ana").letIn({ scope: everyScope })).door);
    expect((await session.ask("tools/call", listing)).body["result"].structuredContent).toEqual({
      objectives: expect.any(Array) as unknown[],
      total: expect.any(Number) as number,
    });
    const quarter = { uri: "okr://quarters/2026-Q3/report" };
    expect((await session.ask("resources/read", quarter)).body["result"].contents[0].uri).toBe(quarter.uri);
    const review = { name: "okrs_weekly_review", arguments: { quarter: "2026-Q3" } };
    expect((await session.ask("prompts/get", review)).body["result"].description).toBe(
      "The weekly review of 2026-Q3",
    );
    const asksFor = {
      ref: { type: "ref/prompt", name: "okrs_weekly_review" },
      argument: { name: "owner", value: "nobody" },
    };
    expect((await session.ask("completion/complete", asksFor)).body["result"].completion.values).toEqual([]);
    for (const call of [creating, deleting, { name: "okrs_nothing" }])
      expect(await session.ask("tools/call", call)).toEqual(unknownTool(call.name));
  });

  test("Ben's client is refused writing until he adds it, and never comes to what he may not do", async () => {
    const ben = visitor("Ben");
    const { client, door } = await ben.letIn();
    const before = await connect(era, door);
    expect(await before.ask("tools/call", creating)).toEqual(notGranted("portal:okrs okrs:write"));
    expect(await before.ask("tools/call", deleting)).toEqual(unknownTool("okrs_delete_objective"));

    // As clients do: what they asked for before, and what the refusal named.
    const scope = `${client.firstScope} okrs:write`;
    const { page, browser, redeem } = await ben.look({ client, scope });
    expect(page.text.split("\n").slice(4, -3)).toEqual([
      "What it asks for",
      "okrs",
      changing,
      "What it may do already",
      "okrs Look things up",
    ]);
    expect(page.forms[0]?.boxes).toEqual(["okrs:write"]);
    const { access, scopes } = await redeem(await allow(browser, page));
    expect(scopes).toEqual(["portal:okrs", "portal:okrs:read", "okrs:write"]);
    const after = await connect(era, { ...door, token: access });
    const { status, body } = await after.ask("tools/call", creating);
    expect([status, body["result"].structuredContent.objective.title]).toEqual([200, objective.title]);
    expect(await after.ask("tools/call", deleting)).toEqual(unknownTool("okrs_delete_objective"));
  });

  test("Carla is asked step by step, and for what is new only", async () => {
    const carla = visitor("Carla");
    const { client, door } = await carla.letIn();
    const steps = [
      { call: creating, needs: "okrs:write", held: "okrs Look things up" },
      { call: deleting, needs: "okrs:destructive", held: "okrs Look things up · Create and change things" },
    ];
    let [token, scope] = [door.token, client.firstScope];
    for (const { call, needs, held } of steps) {
      const session = await connect(era, { ...door, token });
      expect(await session.ask("tools/call", call)).toEqual(notGranted(`portal:okrs ${needs}`));
      scope = `${scope} ${needs}`;
      const { page, browser, redeem } = await carla.look({ client, scope });
      expect(page.forms[0]?.fields.getAll("use")).toEqual([needs]);
      expect(page.text.split("\n")).toContain(held);
      const given = await redeem(await allow(browser, page));
      expect(given.scopes.join(" ")).toBe(scope);
      token = given.access;
    }
    const session = await connect(era, { ...door, token });
    // It arrives: the server itself says that there is no such objective.
    const { status, body } = await session.ask("tools/call", deleting);
    expect([status, body["result"].isError, body["result"].content[0].text]).toEqual([
      200,
      true,
      expect.stringContaining("obj_999") as string,
    ]);
  });
});
