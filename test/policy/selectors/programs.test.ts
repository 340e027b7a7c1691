/** Rules about programs, clients, everybody, and whoever comes without a token. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectDecided, letThrough, placements, refused, seeAll, type Case } from "./placements.ts";
import { everyone, openSelectors, type SelectorScene, type Way } from "./scene.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let ids: Readonly<Record<"one" | "other", string>>;
let ways: Readonly<Record<"one" | "other" | "nobody", Way>>;

beforeAll(async () => {
  scene = opened.use(await openSelectors());
  const [one, other] = [await scene.program("one"), await scene.program("other")];
  ids = { one: one.id, other: other.id };
  const { open: url } = scene;
  ways = {
    one: { url, token: one.secret },
    other: { url, token: other.secret },
    nobody: { url, token: undefined },
  };
});
afterAll(() => opened.disposeAsync());

describe.each(placements)("$place", (placement) => {
  test.each<[string, () => Omit<Case, "known">]>([
    [
      "one service token",
      () => ({
        selector: { serviceToken: ids.one },
        fitting: { one: ways.one },
        others: { other: ways.other, nobody: ways.nobody },
      }),
    ],
    [
      "any service token",
      () => ({
        selector: { serviceToken: "any" },
        fitting: { one: ways.one, other: ways.other },
        others: { nobody: ways.nobody },
      }),
    ],
    [
      "whoever comes without a token",
      () => ({
        selector: { public: true },
        fitting: { nobody: ways.nobody },
        others: { one: ways.one, other: ways.other },
      }),
    ],
  ])("%s", async (_, of) => {
    await expectDecided(scene, placement, { ...of(), known: "who" });
  });
});

test("everybody", async () => {
  for (const action of ["allow", "block"] as const) {
    await scene.setRule({ action, include: [everyone] });
    const seen = action === "allow" ? letThrough(action) : refused(action, "who");
    expect(await seeAll(scene, ways)).toEqual({ one: seen, other: seen, nobody: seen });
  }
  await expect(scene.setRule({ action: "allow", include: [everyone], exclude: [everyone] })).rejects.toThrow(
    /422 .*"rule_without_effect"/,
  );
});

test("a rule may name only a service token that is good", async () => {
  const { id } = await scene.program("gone");
  const rule = { action: "allow", include: [{ serviceToken: id }] } as const;
  await scene.setRule(rule);
  await scene.house.api("DELETE", `/tokens/${id}`);
  await expect(scene.setRule(rule)).rejects.toThrow(/422 .*"rule_without_effect"/);
});
