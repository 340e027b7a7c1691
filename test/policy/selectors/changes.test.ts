/** A rule that changes holds with the next call, and on every other replica as soon as that has heard of it. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parsed, sayModern, type Door } from "../../portal/client.ts";
import { startTestHouse, type TestHouse } from "../../harness/house.ts";
import { addClient, addLocal, letIn } from "./people.ts";
import { letThrough, refused, seeAll } from "./placements.ts";
import { everyone, openSelectors, ruleName, type SelectorScene, type Way } from "./scene.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let other: TestHouse;
let ann: { id: string; here: Way; there: Way };
let program: { here: Way; there: Way };

beforeAll(async () => {
  scene = opened.use(await openSelectors());
  other = opened.use(await startTestHouse({ beside: scene.house }));
  const both = (here: Way) => ({ here, there: { ...here, url: `${other.url}/p/main/mcp` } });
  const person = await addLocal(scene, "ann@example.com", []);
  ann = { id: person.id, ...both(await letIn(scene, person, await addClient(scene, "Editor"))) };
  program = both({ url: scene.main, token: (await scene.program("program")).secret });
});
afterAll(() => opened.disposeAsync());

const change = (fields: object) => scene.house.api("PATCH", `/policies/${ruleName}`, fields);

/** Resolves when the other replica has told a client that what it is shown has changed. */
async function hearThere(): Promise<{ changed: () => Promise<string>; leave: () => void }> {
  const heard = await sayModern(ann.there as Door, "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  // The first message acknowledges the filter.
  await heard.next();
  return { changed: async () => parsed(await heard.next())["method"] as string, leave: heard.leave };
}

test("each change holds with the next call", async () => {
  await scene.setRule({ action: "block", include: [{ email: "ann@example.com" }] });
  const { here } = ann;
  expect(await scene.see(here)).toEqual(refused("block", "who"));
  await change({ isEnabled: false });
  expect(await scene.see(here)).toEqual(letThrough("block"));
  await change({ isEnabled: true, exclude: [{ loginMethod: "local" }] });
  expect(await scene.see(here)).toEqual(letThrough("block"));
  await change({ action: "allow", exclude: [] });
  expect(await seeAll(scene, { ann: here, program: program.here })).toEqual({
    ann: letThrough("allow"),
    program: refused("allow", "who"),
  });
  await change({ include: [{ ip: "127.0.0.0/8" }] });
  expect(await scene.see(program.here)).toEqual(letThrough("allow"));
  await change({ at: { servers: ["desk"], tools: ["other"] }, include: [{ country: "DE" }] });
  expect(await scene.see(program.here)).toEqual(letThrough("block"));
  await scene.setRule(undefined);
  expect(await seeAll(scene, { ann: here, program: program.here })).toEqual({
    ann: letThrough("block"),
    program: letThrough("block"),
  });
});

test("another replica tells its clients of the change, and decides by it from then on", async () => {
  await scene.setRule(undefined);
  const { changed, leave } = await hearThere();
  await scene.setRule({ action: "block", include: [{ ip: "127.0.0.0/8" }] });
  expect(await changed()).toBe("notifications/tools/list_changed");
  expect(await seeAll(scene, { ann: ann.there, program: program.there })).toEqual({
    ann: refused("block", "where"),
    program: refused("block", "where"),
  });
  await change({ include: [everyone], exclude: [{ email: "ann@example.com" }] });
  expect(await changed()).toBe("notifications/tools/list_changed");
  expect(await seeAll(scene, { ann: ann.there, program: program.there })).toEqual({
    ann: letThrough("block"),
    program: refused("block", "who"),
  });
  leave();
});

test("another replica hears of a person's groups, too", async () => {
  const { id } = await scene.house.api<{ id: string }>("POST", "/groups", { name: "staff" });
  await scene.setRule({ action: "allow", include: [{ group: "staff" }] });
  const untilThere = (code: string) =>
    vi.waitUntil(async () => (await scene.see(ann.there)).code === code, { timeout: 10_000, interval: 50 });
  await untilThere("tool_unknown");
  await scene.house.api("PUT", `/groups/${id}/members/${ann.id}`);
  await untilThere("ok");
  expect(await scene.see(ann.there)).toEqual(letThrough("allow"));
  await scene.house.api("DELETE", `/groups/${id}/members/${ann.id}`);
  await untilThere("tool_unknown");
  expect(await scene.see(ann.there)).toEqual(refused("allow", "who"));
});
