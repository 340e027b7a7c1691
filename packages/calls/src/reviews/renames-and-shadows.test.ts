import { afterAll, beforeAll, expect, test } from "vitest";
import { createDefinitionStore } from "../catalog/definition-store.ts";
import type { TestStores } from "../testing.ts";
import { createDefinitionReviews, type DefinitionReviews } from "./definition-reviews.ts";
import { openReviewScene, selected, tool, type ReviewScene } from "./testing.ts";

let stores: TestStores;
let reviews: DefinitionReviews;
let scene: ReviewScene;

beforeAll(async () => {
  scene = await openReviewScene();
  ({ stores, reviews } = scene);
});

afterAll(() => scene[Symbol.asyncDispose]());

test("one under another name is said to be so, and what was kept under the old one goes with it", async () => {
  const renamed: unknown[] = [];
  const own = createDefinitionReviews({
    database: stores.database,
    onRenamed: (_, ...told) => Promise.resolve(void renamed.push(told)),
  });
  const { slug, id, lists } = await scene.open();
  const body = { description: "Deletes everything" };
  await lists([tool("old", body), tool("x")]);
  await scene.approveAll(slug);
  await lists([tool("new", { ...body, title: "New" }), tool("x")]);
  const listed = (await own.list(slug)).definitions.map(({ name, renamedFrom }) => [name, renamedFrom]);
  expect(listed).toEqual([
    ["new", "old"],
    ["x", undefined],
    ["old", undefined],
  ]);
  const wanted = { definitions: [selected(tool("new", { ...body, title: "New" }))] };
  await own.approve(slug, wanted, "ann");
  expect(renamed).toEqual([[id, "tool", "old", "new"]]);
  expect(await scene.states(slug)).toEqual({ new: "approved", x: "approved" });
  // Whoever takes the old name has it looked at.
  await lists([tool("old", body), tool("x")]);
  expect(await scene.states(slug)).toEqual({ old: "new", x: "approved", new: "removed" });
});

test("a setting that accepts another name carries over what was kept, too", async () => {
  const renamed: unknown[] = [];
  const onRenamed = (_: unknown, ...told: unknown[]) => Promise.resolve(void renamed.push(told));
  const store = createDefinitionStore(stores.database, { onRenamed });
  const { slug, id, lists } = await scene.open(["tool"]);
  await lists([tool("old", { description: "x" })], store);
  await lists([tool("new", { description: "x" })], store);
  expect(renamed).toEqual([[id, "tool", "old", "new"]]);
  expect(await scene.states(slug)).toEqual({ new: "accepted" });
});

test.each([
  ["two new ones are alike", ["old"], ["n1", "n2"]],
  ["two that are gone are alike", ["o1", "o2"], ["n1"]],
  ["the old one is still there", ["old"], ["old", "n1"]],
])("nobody knows what was renamed where %s", async (_, before, after) => {
  const { slug, lists } = await scene.open();
  const alike = (name: string) => tool(name, { description: "the same" });
  await lists(before.map(alike));
  await scene.approveAll(slug);
  await lists(after.map(alike));
  const { definitions } = await reviews.list(slug);
  expect(definitions.filter(({ renamedFrom }) => renamedFrom !== undefined)).toEqual([]);
});

test("what says nothing but its name is not known by it", async () => {
  const { slug, lists } = await scene.open();
  await lists([tool("old", { description: undefined })]);
  await scene.approveAll(slug);
  await lists([tool("new", { description: undefined })]);
  expect((await reviews.list(slug)).definitions[0]?.renamedFrom).toBeUndefined();
});

test("tools of others that one could be taken for are named", async () => {
  const [one, two] = [await scene.open(), await scene.open()];
  await one.lists([tool("Send-Mail"), tool("other")]);
  await two.lists([
    tool("send_mail"),
    tool("sеnd_mail"),
    tool("ｓｅｎｄ＿ｍａｉｌ"),
    tool("send_\u200bmail"),
    tool("sendmails"),
  ]);
  const { definitions } = await reviews.list(one.slug);
  expect(definitions.map(({ name, shadows }) => [name, shadows])).toEqual([
    [
      "Send-Mail",
      [
        { server: two.slug, name: "send_mail" },
        { server: two.slug, name: "sеnd_mail" },
        { server: two.slug, name: "ｓｅｎｄ＿ｍａｉｌ" },
        { server: two.slug, name: "send_\u200bmail" },
      ],
    ],
    ["other", []],
  ]);
});
