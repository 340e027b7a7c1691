/** One cell at work: a fixture behind a portal with the servers' own names, and a relay that the suite can call. */
import { toolClasses } from "@castellan/access";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyFeature, toRegistration } from "../harness/registration.ts";
import { startRelay, type Relay } from "./suite/relay.ts";
import type { Fixture } from "./fixture/serve.ts";

const slug = "conformance";

export interface Cell extends AsyncDisposable {
  readonly url: string;
  readonly house: TestHouse;
}

/** Everything is closed when it is disposed of, but not the fixture. */
export async function startCell(fixture: Fixture): Promise<Cell> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse());
  const server = { url: fixture.url, clientFeatures: everyFeature };
  await house.api("POST", "/servers", toRegistration(slug, server));
  await house.api("POST", "/portals", { slug, servers: [slug], naming: "plain" });
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: slug,
    role: "member",
    portals: [slug],
    allow: toolClasses,
  });
  const relay: Relay = opened.use(await startRelay(`${house.url}/p/${slug}/mcp`, `Bearer ${secret}`));
  const owned = opened.move();
  return { url: relay.url, house, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
