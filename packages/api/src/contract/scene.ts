/** A house with a real server behind it, and fresh things in it for each request of the table. */
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

/** One request to an operation. */
export interface Sent {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** A string goes out as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type MakeRequest = (scene: Scene) => Sent | Promise<Sent>;

export interface Scene extends AsyncDisposable {
  readonly house: TestApi;
  readonly upstream: TestUpstream;
  readonly admin: Client;
  /** A name that nothing has. */
  newSlug(): string;
  /** Makes a server, portal or token by the API; its slug or id. */
  newServer(input?: object): Promise<string>;
  newPortal(input?: object): Promise<string>;
  newToken(input?: object): Promise<string>;
}

export async function createScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await createTestApi());
  const upstream = opened.use(await startTestUpstream());
  const admin = createClient(house.app, await house.createToken({}));
  let made = 0;
  const newSlug = () => `thing-${++made}`;
  const make = async (path: string, body: object) => {
    const answer = await admin("POST", path, body);
    if (answer.status !== 201)
      throw new Error(`${path} answered ${JSON.stringify(answer.body)}`, { cause: house.errors.at(-1) });
    return answer.body as { slug: string; id: string };
  };
  const owned = opened.move();
  return {
    house,
    upstream,
    admin,
    newSlug,
    newServer: async (input) =>
      (await make("/servers", { slug: newSlug(), ...reachable(upstream), ...input })).slug,
    newPortal: async (input) => (await make("/portals", { slug: newSlug(), ...input })).slug,
    newToken: async (input) =>
      (await make("/tokens", { name: newSlug(), role: "member", portals: [], ...input })).id,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function reachable({ url }: TestUpstream) {
  return { url, allowPrivate: ["127.0.0.1"] };
}
