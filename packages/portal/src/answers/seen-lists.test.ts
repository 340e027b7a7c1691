import { Rights } from "@castellan/access";
import { createOffering } from "@castellan/calls";
import type { Slug } from "@castellan/kernel";
import { expect, test } from "vitest";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import { narrowToRights, type OpenPortal } from "../portals/open-portal.ts";
import { SeenLists } from "./seen-lists.ts";

const definition = (name: string, toolClass: "read" | "write") => ({
  ...exampleDefinition("s", { name }),
  class: toolClass,
});

function portalOf(...tools: ReturnType<typeof definition>[]): OpenPortal {
  const servers = [exampleServer("s", { definitions: tools })];
  const offering = createOffering({ servers, naming: "plain" });
  return {
    portal: examplePortal(servers, { slug: "work" as Slug }),
    servers,
    isNarrowed: false,
    part: "",
    scope: (era) => offering.scope(era),
  };
}

const before = portalOf(definition("look", "read"), definition("put", "write"));
const readable = portalOf(definition("look", "read"), definition("seek", "read"), definition("put", "write"));
const writable = portalOf(definition("look", "read"), definition("put", "write"), definition("set", "write"));
const reading = Rights.of(["read"]);

test("to whoever sees all of a portal every change of it is one", () => {
  const seen = new SeenLists("modern", before);
  expect(seen.changes(writable, ["tools"])).toEqual(["tools"]);
  expect(seen.changes(writable, [])).toEqual([]);
});

test("to whoever sees a part of it only what is another there", () => {
  const seen = new SeenLists("modern", narrowToRights(before, reading));
  expect(seen.changes(narrowToRights(writable, reading), ["tools"])).toEqual([]);
  expect(seen.changes(narrowToRights(readable, reading), ["tools"])).toEqual(["tools"]);
  expect(seen.changes(narrowToRights(readable, reading), ["tools", "prompts"])).toEqual([]);
});

test("a portal that comes to force Code Mode has another list of tools, also to whoever sees a part of it", () => {
  const forced: OpenPortal = { ...before, portal: { ...before.portal, codeMode: "forced" } };
  const seen = new SeenLists("modern", narrowToRights(before, reading));
  expect(seen.changes(narrowToRights(forced, reading), ["tools"])).toEqual(["tools"]);
  expect(seen.changes(narrowToRights(forced, reading), ["tools"])).toEqual([]);
});

test("whoever comes to see another part reads all of it anew", () => {
  const seen = new SeenLists("modern", narrowToRights(before, reading));
  expect(seen.changes(before, [])).toEqual(["tools", "prompts", "resources"]);
  expect(seen.changes(undefined, [])).toEqual(["tools", "prompts", "resources"]);
  expect(seen.changes(undefined, ["tools"])).toEqual([]);
});
