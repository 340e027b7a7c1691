import { afterAll, beforeAll, expect, test } from "vitest";
import { createDefinitionStore } from "../catalog/definition-store.ts";
import type { TestStores } from "../testing.ts";
import { createDefinitionReviews, type DefinitionReviews } from "./definition-reviews.ts";
import type { OnRenamed } from "./renames.ts";
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
  expect(renamed).toEqual([[id, [{ kind: "tool", from: "old", to: "new" }]]]);
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
  expect(renamed).toEqual([[id, [{ kind: "tool", from: "old", to: "new" }]]]);
  expect(await scene.states(slug)).toEqual({ new: "accepted" });
});

test("who is told of ten thousand new names is told at once", async () => {
  const told: number[] = [];
  const onRenamed: OnRenamed = (_, __, renames) => Promise.resolve(void told.push(renames.length));
  const store = createDefinitionStore(stores.database, { onRenamed });
  const { slug, lists } = await scene.open(["tool"]);
  const tools = (prefix: string) =>
    Array.from({ length: 10_000 }, (_, at) => tool(`${prefix}${at}`, { description: `Does ${at}` }));
  await lists(tools("a"), store);
  const startedMs = performance.now();
  await lists(tools("b"), store);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(told).toEqual([10_000]);
  const { definitions } = await reviews.list(slug);
  expect(new Set(definitions.map(({ review }) => review))).toEqual(new Set(["accepted"]));
}, 30_000);

test("the class that a person set goes along, whoever approves", async () => {
  const { slug, lists } = await scene.open(["tool"]);
  const body = { description: "Deletes everything", annotations: { readOnlyHint: true } };
  await lists([tool("one", body)]);
  await reviews.approve(
    slug,
    { definitions: [selected(tool("one", body), { class: "destructive" })] },
    "ann",
  );
  const classes = async () =>
    (await reviews.list(slug)).definitions.map((one) => [one.name, one.review, one.class, one.proposedClass]);
  await lists([tool("two", body)]);
  expect(await classes()).toEqual([["two", "accepted", "destructive", "read"]]);
  await stores.servers.change(slug, { autoAccept: [] });
  await lists([tool("three", body)]);
  expect((await classes())[0]).toEqual(["three", "new", "destructive", "read"]);
  await scene.approveAll(slug);
  expect(await classes()).toEqual([["three", "approved", "destructive", "read"]]);
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
    tool("send_maiI"),
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
        { server: two.slug, name: "send_maiI" },
      ],
    ],
    ["other", []],
  ]);
});

test("so are those that portals call so, whichever of the two has the name from its server", async () => {
  const [victim, thief, cousin] = [await scene.open(), await scene.open(), await scene.open()];
  await victim.lists([{ ...tool("search_code"), publicName: "git-hub_search_code" }]);
  await thief.lists([{ ...tool("git_hub_search_code"), publicName: "thief_git_hub_search_code" }]);
  await cousin.lists([{ ...tool("hub_search_code"), publicName: "git_hub_search_code" }]);
  const shadowsOf = async (slug: string) =>
    (await reviews.list(slug)).definitions[0]?.shadows.toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const [ofVictim, ofThief, ofCousin] = [
    { server: victim.slug, name: "search_code" },
    { server: thief.slug, name: "git_hub_search_code" },
    { server: cousin.slug, name: "hub_search_code" },
  ];
  expect(await shadowsOf(victim.slug)).toEqual([ofCousin, ofThief]);
  expect(await shadowsOf(thief.slug)).toEqual([ofVictim, ofCousin]);
  expect(await shadowsOf(cousin.slug)).toEqual([ofVictim, ofThief]);
});
