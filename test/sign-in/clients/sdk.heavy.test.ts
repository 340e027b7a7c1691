/** Applications on each of the official SDKs, in each of the ways in which clients become known. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { defectsOf, startCompany } from "./company.ts";
import { serveDescribedClients } from "./described-client.ts";
import { sdks } from "./sdk-app.ts";
import { liveWholeLife, ways, type Scene } from "./whole-life.ts";

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

const all = sdks.flatMap((sdk) => ways.map((way) => ({ sdk, way })));

test.each(all)("$sdk.name that $way.way", ({ sdk, way }) => liveWholeLife(scene, sdk, way));
