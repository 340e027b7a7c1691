import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DefinitionKind } from "../catalog/definition.ts";
import { fingerprintOf } from "../catalog/fingerprint.ts";
import type { TestStores } from "../testing.ts";
import type { DefinitionReviews } from "./definition-reviews.ts";
import { readPicture } from "./picture.ts";
import { personApprovals } from "./review.ts";
import { openReviewScene, selected, tool, type ReviewScene } from "./testing.ts";

let stores: TestStores;
let reviews: DefinitionReviews;
let scene: ReviewScene;

beforeAll(async () => {
  scene = await openReviewScene();
  ({ stores, reviews } = scene);
});

afterAll(() => scene[Symbol.asyncDispose]());

async function approvals(id: string, autoAccept: readonly DefinitionKind[]) {
  return personApprovals(await readPicture(stores.database, id), autoAccept);
}

test("what is approved ahead is offered at once when the first sync finds it, and only if it is that", async () => {
  const { slug, id, lists } = await scene.open();
  const ahead = [
    { kind: "tool", name: "a", fingerprint: fingerprintOf(tool("a")), class: "write" },
    { kind: "tool", name: "b", fingerprint: fingerprintOf(tool("b")) },
  ] as const;
  await reviews.expect(slug, ahead, "file");
  expect(await scene.states(slug)).toEqual({ a: "removed", b: "removed" });
  await lists([tool("a"), tool("b", { title: "B" }), tool("c")]);
  expect(await scene.states(slug)).toEqual({ a: "approved", b: "changed", c: "new" });
  expect((await stores.definitions.findByServers([id])).get(id)?.[0]?.class).toBe("write");
  // What was approved is known from now on.
  await lists([tool("a", { title: "A" })]);
  expect((await reviews.list(slug)).definitions[0]).toMatchObject({ approvedText: tool("a").text });
  expect(await approvals(id, [])).toEqual(ahead);
});

test("the approvals are those that are expected, and expecting them again changes nothing", async () => {
  const { slug, lists } = await scene.open();
  const [a, b, c] = [tool("a"), tool("b"), tool("c")].map((one) => selected(one));
  if (!a || !b || !c) throw new Error("three");
  await lists([tool("a"), tool("b"), tool("c")]);
  await reviews.approve(slug, { definitions: [a, b] }, "ann");
  await reviews.reject(slug, { definitions: [c] }, "ann");
  const wanted = [{ ...a, class: "read" as const }, c];
  const changed = { given: wanted, withdrawn: [b] };
  expect(await reviews.expect(slug, wanted, "file")).toEqual(changed);
  expect(await scene.states(slug)).toEqual({ a: "approved", b: "new", c: "approved" });
  const nothing = { given: [], withdrawn: [] };
  const version = async () => (await stores.database.query(sql`select count(*)::int as n from changes`))[0];
  const before = await version();
  expect(await reviews.expect(slug, wanted, "file")).toEqual(nothing);
  expect(await version()).toEqual(before);
});

test("what a setting accepts is no approval that a file could miss, nor does it fight with one", async () => {
  const { slug, id, lists } = await scene.open(["tool"]);
  await lists([tool("a"), tool("b")]);
  const old = [selected(tool("a", { title: "before" }))];
  expect(await reviews.expect(slug, old, "file")).toEqual({ given: [], withdrawn: [] });
  expect(await approvals(id, ["tool"])).toEqual([]);
  const given = await reviews.expect(slug, [selected(tool("b"))], "file");
  expect(given).toEqual({ given: [selected(tool("b"))], withdrawn: [] });
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "approved" });
  await reviews.expect(slug, [], "file");
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "accepted" });
});

test("what a setting accepted before it became narrower stands as an approval, and is withdrawn like one", async () => {
  const { slug, id, lists } = await scene.open(["tool"]);
  await lists([tool("a"), tool("b")]);
  await stores.servers.change(slug, { autoAccept: [] });
  const both = await approvals(id, []);
  expect(both).toEqual([selected(tool("a")), selected(tool("b"))]);
  expect(await reviews.expect(slug, both, "file")).toEqual({ given: [], withdrawn: [] });
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "accepted" });
  await reviews.expect(slug, both.slice(0, 1), "file");
  expect(await scene.states(slug)).toEqual({ a: "accepted", b: "new" });
});
