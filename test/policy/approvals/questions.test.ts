/** In each cell: a person approves, and then the server itself asks, in the same call. */
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { obliging, type Door } from "../../harness/callers/caller.ts";
import { cells, openCaller, startLively, type LivelyServer } from "../../harness/cells.ts";
import { everyFeature, toRegistration } from "../../harness/registration.ts";
import {
  eras,
  idIn,
  openApprovals,
  press,
  type ApprovalScene,
  type ServerEra,
  type Visitor,
} from "./scene.ts";

const opened = new AsyncDisposableStack();
let scene: ApprovalScene;
let lea: Visitor;
let door: Door;
let servers: Record<ServerEra, LivelyServer>;
beforeAll(async () => {
  scene = opened.use(await openApprovals());
  lea = await scene.come("Lea", "leads");
  servers = {
    legacy: opened.use(await startLively("legacy")),
    modern: opened.use(await startLively("modern")),
  };
  const { api } = scene.house;
  for (const era of eras) {
    const server = { url: servers[era].url, clientFeatures: everyFeature };
    await api("POST", "/servers", toRegistration(`${era}-asks`, server));
    await api("POST", "/policies", {
      name: `${era}-asks`,
      action: "require_approval",
      at: { servers: [`${era}-asks`], tools: ["ask", "ask_twice"] },
      include: [{ everyone: true }],
      approval: { deciders: { groups: ["leads"] } },
    });
  }
  await api("POST", "/portals", { slug: "asking", servers: eras.map((era) => `${era}-asks`) });
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: "asking",
    role: "member",
    portals: ["asking"],
    allow: toolClasses,
  });
  door = { url: `${scene.house.url}/p/asking/mcp`, token: secret };
});
afterAll(() => opened.disposeAsync());

const name = { action: "accept", content: { name: "Ada" } };
const years = { action: "accept", content: { years: 36 } };

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  test.each([
    ["ask", { who: name }, 1],
    ["ask_twice", { who: name, age: years }, 2],
  ])("%s", async (tool, answers, questions) => {
    const pages: string[] = [];
    await using caller = await openCaller(era, door, {
      answers: async (question) => {
        if (question.params.mode !== "url") return obliging(question);
        pages.push(question.params.url);
        await press(lea.browser, question.params.url, "yes");
        return `{"action":"accept"}`;
      },
    });
    const { recording } = servers[to];
    recording.clear();
    const call = async () => {
      const { message, text } = await caller.request("tools/call", { name: `${to}-asks_${tool}` });
      expect(message, text).toMatchObject({ result: { structuredContent: { answers } } });
    };
    await call();
    expect(pages.length).toBe(1);
    expect(caller.asked.map(({ params }) => params.mode === "url")).toEqual([
      true,
      ...Array.from({ length: questions }, () => false),
    ]);
    expect((await scene.approval(idIn(pages[0] ?? ""))).state).toBe("used");
    // The server hears what it asked for, and nothing of what was asked here.
    expect(recording.of("tools/call").length).toBe(to === "modern" ? questions + 1 : 1);
    for (const { body } of recording.requests) expect(body).not.toMatch(/castellan_approval|\/approvals\//);
    // A further call is asked about anew.
    await call();
    expect(new Set(pages).size).toBe(2);
  });
});
