/** One cell at work: a fixture behind a portal with the servers' own names, and a relay that the suite can call. */
import { startTestHouse, type TestHouse } from "../harness/house.ts";
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
  await house.api("POST", "/servers", {
    slug,
    url: fixture.url,
    allowPrivate: [new URL(fixture.url).host],
    clientFeatures: ["elicitation_form", "elicitation_url", "sampling", "roots"],
  });
  await house.api("POST", "/portals", { slug, servers: [slug], naming: "plain" });
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: slug,
    role: "member",
    portals: [slug],
  });
  const relay: Relay = opened.use(await startRelay(`${house.url}/p/${slug}/mcp`, `Bearer ${secret}`));
  const owned = opened.move();
  return { url: relay.url, house, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
