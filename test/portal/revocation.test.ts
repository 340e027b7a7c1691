/** A token that ends takes what was opened with it along, on every replica. */
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startExample } from "../harness/upstreams.ts";
import { openLegacy, parsed, sayModern, type Heard } from "./client.ts";

let house: Awaited<ReturnType<typeof startTestHouse>>;
let replica: TestHouse;
let portal: TestPortal;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const okrs = opened.use(await startExample("okrs"));
  portal = await house.addPortal("work", { okrs: okrs.url });
  replica = opened.use(await startTestHouse({ beside: house }));
});
afterAll(() => opened.disposeAsync());

const at = (where: TestHouse) => ({ url: `${where.url}/p/work/mcp`, token: portal.token });

async function listen(where: TestHouse): Promise<Heard> {
  const heard = await sayModern(at(where), "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  expect(parsed(await heard.next())).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
  return heard;
}

test("streams end when the token is revoked, and the next request is refused", async () => {
  const session = await openLegacy(at(house));
  const streams = [await session.stream(), await listen(house), await listen(replica)];
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);

  const { items } = await house.api<{ items: { id: string; name: string }[] }>("GET", "/tokens");
  await house.api("DELETE", `/tokens/${items.find(({ name }) => name === "work")?.id}`);

  const ends = await Promise.all(streams.map((stream) => stream.all));
  expect(ends[0]).toEqual([]);
  for (const end of ends.slice(1))
    expect(parsed(end.at(-1))).toMatchObject({ result: { resultType: "complete" } });
  const refused = await sayModern(at(house), "tools/list");
  expect(refused.status).toBe(401);
  expect(refused.headers["www-authenticate"]).toMatch(/^Bearer error="invalid_token", scope="portal:work /);
});

test("a portal made again under an old name is not open to those who were given the old one", async () => {
  await house.api("POST", "/portals", { slug: "fleeting", servers: ["okrs"] });
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: "fleeting",
    role: "member",
    portals: ["fleeting"],
    allow: toolClasses,
  });
  const door = { url: `${house.url}/p/fleeting/mcp`, token: secret };
  expect((await sayModern(door, "tools/list")).status).toBe(200);

  await house.api("DELETE", "/portals/fleeting");
  await house.api("POST", "/portals", { slug: "fleeting", servers: ["okrs"] });
  const answer = await sayModern(door, "tools/list");
  expect(answer.status).toBe(404);
  expect(parsed((await answer.all)[0])["error"].data.code).toBe("portal_unknown");
});
