import { createOffering, type CatalogServer, type OwnEntry } from "@castellan/calls";
import { expect, test } from "vitest";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import { narrow, type WholeOpenPortal } from "./open-portal.ts";
import { ownPortal } from "./own-portal.ts";

const tools = ["a", "b"].map((slug) =>
  exampleServer(slug, { definitions: [exampleDefinition(slug, { name: "t" })] }),
);
const [a, b] = tools as [CatalogServer, CatalogServer];
const offering = createOffering({ servers: tools, naming: "plain" });
const whole: WholeOpenPortal = {
  portal: examplePortal(tools, { naming: "plain" }),
  offering,
  servers: tools,
  isNarrowed: false,
  part: "",
  scope: (era) => offering.scope(era),
};

let serial = 1_000;
const entry = (of: CatalogServer, hidden: readonly string[] = []): OwnEntry => ({
  of,
  server: { ...of },
  hidden: new Set(hidden),
  serial: ++serial,
});
const views = (...entries: OwnEntry[]) =>
  ownPortal(whole, new Map(entries.map((one) => [one.of.server.id as string, one])));

test("a view is kept for its entries, and is nobody else's", () => {
  const [mine, yours, common] = [entry(a), entry(a), entry(b)];
  expect(views(mine, common)).toBe(views(mine, common));
  expect(views(mine, common)).not.toBe(views(yours, common));
  expect(views(mine, common).part).not.toBe(views(yours, common).part);
  // Parts of views are kept by view: what two callers narrow alike is not shared either.
  const parts = [mine, yours].map((one) => narrow(views(one, common), ["a"]));
  expect(parts[0]).not.toBe(parts[1]);
  expect(parts[0]?.part).not.toBe(parts[1]?.part);
  expect(views()).toBe(whole);
});

test("who lacks a tool finds another's under no other name than everybody does", () => {
  const seen = views(entry(a, ["tool t"])).scope("modern");
  expect(
    whole
      .scope("modern")
      .entries("tool")
      .map(({ publicName }) => publicName),
  ).toEqual(["t", "b_t"]);
  expect(seen.entries("tool").map(({ publicName }) => publicName)).toEqual(["b_t"]);
  expect([seen.find("tool", "t"), seen.find("tool", "b_t")?.server]).toEqual([undefined, b]);
});
