import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FoundDefinition } from "../catalog/definition.ts";
import type { TestStores } from "../testing.ts";
import type { DefinitionReviews } from "./definition-reviews.ts";
import { openReviewScene, selected, tool, type ReviewScene } from "./testing.ts";

let stores: TestStores;
let reviews: DefinitionReviews;
let scene: ReviewScene;

beforeAll(async () => {
  scene = await openReviewScene();
  ({ stores, reviews } = scene);
});

afterAll(() => scene[Symbol.asyncDispose]());

test("a setting accepts what is new or changed of its kinds, and never what was rejected", async () => {
  const { slug, lists } = await scene.open(["tool"]);
  const prompt: FoundDefinition = { kind: "prompt", name: "p", publicName: "s_p", text: '{"name":"p"}' };
  await lists([tool("a"), prompt]);
  expect(await scene.states(slug)).toEqual({ a: "accepted", p: "new" });
  await lists([tool("a", { title: "A" }), prompt]);
  expect(await scene.states(slug)).toEqual({ a: "accepted", p: "new" });
  await reviews.reject(slug, { definitions: [selected(tool("a", { title: "A" }))] }, "ann");
  await lists([tool("a", { title: "A" })]);
  expect(await scene.states(slug)).toEqual({ a: "rejected" });
});

test("what was rejected is not accepted in other words, nor when something else of its name was rejected since", async () => {
  const { slug, lists } = await scene.open(["tool"]);
  const [first, second, third] = ["A", "B", "C"].map((title) => tool("a", { title })) as [
    FoundDefinition,
    FoundDefinition,
    FoundDefinition,
  ];
  const states = async (found: FoundDefinition) => {
    await lists([found]);
    return scene.states(slug);
  };
  expect(await states(first)).toEqual({ a: "accepted" });
  await reviews.reject(slug, { definitions: [selected(first)] }, "ann");
  expect(await states(second)).toEqual({ a: "new" });
  await reviews.reject(slug, { definitions: [selected(second)] }, "ann");
  expect(await states(first)).toEqual({ a: "new" });
  await stores.servers.change(slug, { autoAccept: [] });
  await stores.servers.change(slug, { autoAccept: ["tool"] });
  expect(await scene.states(slug)).toEqual({ a: "new" });
  await reviews.approve(slug, { definitions: [selected(first)] }, "ann");
  expect(await states(third)).toEqual({ a: "changed" });
});

test("a setting that becomes wider accepts what waits; one that becomes narrower takes nothing back", async () => {
  const { slug, lists } = await scene.open();
  await lists([tool("a"), tool("b"), tool("c")]);
  await reviews.approve(slug, { definitions: [selected(tool("b"))] }, "ann");
  await reviews.reject(slug, { definitions: [selected(tool("c"))] }, "ann");
  await stores.servers.change(slug, { autoAccept: ["tool"] });
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "approved", c: "rejected" });
  await stores.servers.change(slug, { autoAccept: [] });
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "approved", c: "rejected" });
  await lists([tool("a", { title: "A" })]);
  expect(await scene.states(slug)).toEqual({ a: "changed", b: "removed" });
  await lists([tool("a")]);
  await scene.approveAll(slug);
  expect((await reviews.list(slug)).definitions[0]).toMatchObject({ review: "approved", decidedBy: "ann" });
});

test("a server that calls its tools something else each time leaves no trail", async () => {
  const { slug, id, lists } = await scene.open(["tool"]);
  const rejected = tool("rejected");
  await lists([rejected, tool("approved")]);
  await reviews.reject(slug, { definitions: [selected(rejected)] }, "ann");
  await reviews.approve(slug, { definitions: [selected(tool("approved"))] }, "ann");
  for (const letter of ["a", "b", "c"])
    await lists(Array.from({ length: 150 }, (_, at) => tool(`${letter}${at}`)));
  const rows = await stores.database.query<{ letter: string; n: number }>(sql`
    select left(name, 1) as letter, count(*)::int as n from definition_reviews
     where server_id = ${id} and name ~ '[0-9]' group by 1 order by 1`);
  expect(rows).toEqual([
    { letter: "a", n: 50 },
    { letter: "b", n: 150 },
    { letter: "c", n: 150 },
  ]);
  const long = (name: string) => tool(name, { description: "x".repeat(1_000_000) });
  await lists(["d1", "d2", "d3", "d4", "d5", "d6"].map(long));
  await lists([]);
  const [kept] = await stores.database.query<{ chars: number }>(sql`
    select sum(length(approved_definition))::int as chars from definition_reviews where server_id = ${id}`);
  expect(kept?.chars).toBeLessThan(5_000_000);
  await lists([rejected, tool("approved")]);
  expect((await reviews.list(slug)).definitions.slice(0, 2)).toMatchObject([
    { name: "rejected", review: "rejected" },
    { name: "approved", review: "approved" },
  ]);
});
