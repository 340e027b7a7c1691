/** Applications on the official SDKs, with nothing but the portal's address. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startCallback } from "./callback.ts";
import { defectsOf, startCompany, untilExpired } from "./company.ts";
import { serveDescribedClients } from "./described-client.ts";
import { App, sdks } from "./sdk-app.ts";
import { liveWholeLife, toolsOfAda, ways, type Scene, type Way } from "./whole-life.ts";

const opened = new AsyncDisposableStack();
let scene: Scene;

beforeAll(async () => {
  // The SDK tells on the console that it asks anew.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const clients = opened.use(await serveDescribedClients());
  scene = { clients, company: opened.use(await startCompany({ env: clients.env })) };
});
afterAll(async () => {
  expect(defectsOf(scene.company)).toEqual([]);
  await opened.disposeAsync();
});

/** Each SDK, and each way; `sdk.heavy.test.ts` has them all. */
const some = sdks.map((sdk, index) => ({ sdk, way: ways[index] as Way }));

test.concurrent.each(some)("$sdk.name that $way.way", { timeout: 60_000 }, ({ sdk, way }) =>
  liveWholeLife(scene, sdk, way),
);

test.each(sdks)("$name that leaves out `resource` still gets this portal", async (sdk) => {
  const visitor = await scene.company.newVisitor();
  await using callback = await startCallback();
  const options = { name: "Old desk", redirectUri: callback.url, omitsResource: true };
  await using app = new App(sdk, scene.company.portal, options);
  await app.connect((url) => {
    expect(url.searchParams.has("resource")).toBe(false);
    return visitor.decide(url);
  });
  expect((await app.client.listTools()).tools.map((tool) => tool.name)).toEqual(toolsOfAda);
});

test.each(sdks)(
  "$name that calls six times at once when its token has run out refreshes once",
  async (sdk) => {
    const visitor = await scene.company.newVisitor();
    await using callback = await startCallback();
    await using app = new App(sdk, scene.company.portal, { name: "Busy desk", redirectUri: callback.url });
    await app.connect((url) => visitor.decide(url));
    const list = () => app.client.callTool({ name: "okrs_list_objectives", arguments: {} });
    await untilExpired(scene.company, app.memory.received.at(-1));
    const before = app.memory.received.length;

    const settled = await Promise.allSettled(Array.from({ length: 6 }, list));
    const failures = settled.flatMap((one) => (one.status === "rejected" ? [codeOf(one.reason)] : []));
    expect(failures.length).toBeLessThan(settled.length);
    // It sends the refresh token with each of them: all but one are told to come again, and nobody loses anything.
    expect(new Set(failures)).toEqual(new Set(failures.map(() => "temporarily_unavailable")));
    expect([app.memory.received.length, app.memory.sentTo]).toEqual([before + 1, undefined]);
    expect(await Promise.all(Array.from({ length: 6 }, list))).toHaveLength(6);
  },
);

/** RFC 6749 §5.2, as each SDK says it. */
function codeOf(error: unknown): unknown {
  const { code, errorCode } = error as { code?: unknown; errorCode?: unknown };
  return code ?? errorCode;
}
