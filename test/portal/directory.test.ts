import { narrow, type OpenPortal } from "@castellan/portal";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { openLegacy } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;

beforeAll(async () => {
  house = await openPortals();
});

afterAll(() => house[Symbol.asyncDispose]());

const toolList = (names: readonly string[]) =>
  `"tools":[${names.map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`).join()}]`;

/** A server whose tools may be set. */
async function serve(era: "legacy" | "modern", ...names: string[]) {
  const offer = { names, prompts: "" };
  const list = () =>
    era === "modern"
      ? `{"resultType":"complete",${toolList(offer.names)},"ttlMs":0,"cacheScope":"private"}`
      : `{${toolList(offer.names)}}`;
  const prompts = () => `{"resultType":"complete","prompts":[${offer.prompts}]}`;
  const options = {
    capabilities: '{"tools":{},"prompts":{}}',
    script: { "tools/list": list, "prompts/list": prompts },
  };
  const server = await (era === "modern" ? startRawModern(options) : startRawLegacy(options));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { url: server.url, offer };
}

function names(portal: string, era: "legacy" | "modern"): string[] | undefined {
  return house.directory
    .find(portal)
    ?.scope(era)
    .list("tool")
    .map((text) => (JSON.parse(text) as { name: string }).name);
}

test("a server is in the portals that it was put into, and in no other of its name", async () => {
  const [good, evil] = [await serve("legacy", "good"), await serve("legacy", "evil")];
  await house.sync("acme", good.url);
  await house.open("trusting", ["acme"]);
  expect(names("trusting", "legacy")).toEqual(["acme_good"]);
  await house.removeServer("acme");
  expect(names("trusting", "legacy")).toEqual([]);
  await house.sync("acme", evil.url);
  expect(names("trusting", "legacy")).toEqual([]);
  expect((await house.portals.get("trusting")).servers).toEqual([]);
  await house.portals.putServer("trusting", "acme");
  await house.flush();
  expect(names("trusting", "legacy")).toEqual(["acme_evil"]);
});

test("those are told whose lists changed, and of which", async () => {
  const [old, young] = [await serve("legacy", "a"), await serve("modern", "b")];
  await house.sync("old", old.url);
  await house.sync("young", young.url);
  const heard: [string, readonly string[]][] = [];
  onTestFinished(house.directory.onChange((portal, lists) => heard.push([portal, lists])));
  // Each act is followed by its telling, so nothing is heard twice.
  const changes = async (act: () => unknown) => {
    await act();
    await house.flush();
    return heard.splice(0);
  };
  expect(await changes(() => house.open("olds", ["old"]))).toEqual([["olds", ["tools"]]]);
  expect(await changes(() => house.open("youngs", ["young"]))).toEqual([["youngs", ["tools"]]]);
  expect(await changes(() => house.open("empty", []))).toEqual([]);
  expect(await changes(() => house.sync("young"))).toEqual([]);
  young.offer.names = ["b", "c"];
  expect(await changes(() => house.sync("young"))).toEqual([["youngs", ["tools"]]]);
  old.offer.prompts = '{"name":"p"}';
  expect(await changes(() => house.sync("old"))).toEqual([["olds", ["prompts"]]]);
  expect(await changes(() => house.portals.putServer("olds", "young"))).toEqual([["olds", ["tools"]]]);
  expect(await changes(() => house.portals.removeServer("olds", "old"))).toEqual([
    ["olds", ["tools", "prompts"]],
  ]);
  expect(await changes(() => house.portals.remove("youngs"))).toEqual([["youngs", []]]);
  expect(house.directory.find("youngs")).toBeUndefined();
});

test("a change of the era that nobody has asked for yet is told, too", async () => {
  const [old, young] = [await serve("legacy", "a"), await serve("modern", "b")];
  old.offer.prompts = '{"name":"p"}';
  await house.sync("first", old.url);
  await house.sync("second", young.url);
  await house.open("mixed", ["first", "second"]);
  const heard: (readonly string[])[] = [];
  onTestFinished(house.directory.onChange((_, lists) => heard.push(lists)));
  young.offer.prompts = '{"name":"q"}';
  await house.sync("second");
  expect(heard).toEqual([["prompts"]]);
});

test("curation is told to those whose lists it changes, and to no others", async () => {
  const offer = await serve("modern", "x", "y");
  offer.offer.prompts = '{"name":"p"}';
  await house.sync("curated", offer.url);
  await house.open("here", ["curated"]);
  await house.open("there", ["curated"]);
  const heard: [string, readonly string[]][] = [];
  onTestFinished(house.directory.onChange((portal, lists) => heard.push([portal, lists])));
  const changes = async (act: () => Promise<unknown>) => {
    await act();
    await house.flush();
    return heard.splice(0);
  };
  const say = (entries: object) => () => house.portals.changeCuration("here", "curated", { entries });
  expect(await changes(say({ tool: { x: { enabled: false } } }))).toEqual([["here", ["tools"]]]);
  expect([names("here", "modern"), names("there", "modern")]).toEqual([
    ["curated_y"],
    ["curated_x", "curated_y"],
  ]);
  expect(await changes(say({ prompt: { p: { description: "Other" } } }))).toEqual([["here", ["prompts"]]]);
  expect(await changes(say({ tool: { gone: { enabled: false } } }))).toEqual([]);
  expect(await changes(say({ tool: { y: { alias: "why" } } }))).toEqual([["here", ["tools"]]]);
  expect(await changes(() => house.portals.change("here", { title: "Other" }))).toEqual([]);
  expect(await changes(() => house.portals.change("here", { naming: "plain" }))).toEqual([
    ["here", ["tools", "prompts"]],
  ]);
  expect(names("here", "legacy")).toEqual(["why"]);
  // A sync that finds one more keeps what was said.
  offer.offer.names = ["x", "y", "z"];
  expect(await changes(() => house.sync("curated"))).toEqual([
    ["here", ["tools"]],
    ["there", ["tools"]],
  ]);
  expect(names("here", "modern")).toEqual(["why", "z"]);
});

test("a portal is found by its host name as long as that is its own", async () => {
  await house.open("hosted", []);
  const found = async (host: string) => {
    await house.flush();
    return house.directory.findByHost(host)?.portal.slug;
  };
  expect(await found("hosted.example.com")).toBeUndefined();
  await house.portals.change("hosted", { hostname: "hosted.example.com" });
  expect([await found("hosted.example.com"), await found("Hosted.Example.com")]).toEqual([
    "hosted",
    "hosted",
  ]);
  expect(await found("hosted.example.com:8443")).toBeUndefined();
  await house.portals.remove("hosted");
  await house.open("heir", []);
  await house.portals.change("heir", { hostname: "hosted.example.com" });
  expect(await found("hosted.example.com")).toBe("heir");
});

test("a part of a portal is made once, has the names of the whole, and is another after each change", async () => {
  const [one, two] = [await serve("modern", "x"), await serve("legacy", "x", "y")];
  await house.sync("one", one.url);
  await house.sync("two", two.url);
  await house.open("whole", ["one", "two"]);
  const open = () => house.directory.find("whole") as OpenPortal;
  const part = narrow(open(), ["two", "nobody"]);
  expect([part.isNarrowed, part.portal.servers, part.servers.map(({ server }) => server.slug)]).toEqual([
    true,
    ["two"],
    ["two"],
  ]);
  expect(
    part
      .scope("modern")
      .entries("tool")
      .map(({ publicName }) => publicName),
  ).toEqual(["two_x", "two_y"]);
  expect([narrow(open(), ["two"]) === part, part.scope("modern") === part.scope("modern")]).toEqual([
    true,
    true,
  ]);
  expect(part.scope("modern").find("tool", "one_x")).toBeUndefined();
  two.offer.names = ["y"];
  await house.sync("two");
  expect(narrow(open(), ["two"]).scope("modern").list("tool").length).toBe(1);
});

test("a portal that is removed ends the sessions at it", async () => {
  const door = await house.open("closing", []);
  const client = await openLegacy(door);
  const stream = await client.stream();
  await house.portals.remove("closing");
  await house.flush();
  expect(await stream.all).toEqual([]);
  await expect.poll(() => house.sessions.at("closing")).toEqual([]);
});
