/** One house, a lively server of each era, and portals over each: what the tests of the four cells share. */
import { toolClasses } from "@castellan/access";
import type { Era } from "../fixtures/exotic.ts";
import { obliging, type Caller, type CallerOptions, type Door } from "../harness/callers/caller.ts";
import { type LivelyServer, openCaller, startLively } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyFeature } from "../harness/registration.ts";

/** How a server is registered: free to ask everything, nothing, or forms only. */
export type Leave = "free" | "shy" | "forms";

export interface Scene extends AsyncDisposable {
  readonly house: TestHouse;
  readonly servers: Readonly<Record<Era, LivelyServer>>;
  /** The portal over the server of an era; its slug is the prefix of the public names. */
  door(server: Era, leave?: Leave): Door & { readonly slug: string };
  /** The public name of a tool or prompt of that server. */
  name(server: Era, own: string, leave?: Leave): string;
  /** A caller at it; answers everything unless told otherwise. Its streams end with the scene. */
  caller(era: Era, server: Era, options?: CallerOptions & { leave?: Leave }): Promise<Caller>;
  /** Another principal at the same portal. */
  stranger(server: Era): Promise<Door>;
}

const features: Readonly<Record<Leave, readonly string[]>> = {
  free: everyFeature,
  shy: [],
  forms: ["elicitation_form"],
};

export async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse());
  const servers = {
    legacy: opened.use(await startLively("legacy")),
    modern: opened.use(await startLively("modern")),
  };
  const doors = new Map<string, Door>();
  for (const era of ["legacy", "modern"] as const)
    for (const leave of ["free", "shy", "forms"] as const) {
      const slug = slugOf(era, leave);
      const uiHosts = leave === "free" ? ["*.example.com"] : [];
      const server = { url: servers[era].url, clientFeatures: features[leave], uiHosts };
      doors.set(slug, await house.addPortal(slug, { [slug]: server }));
    }
  const owned = opened.move();

  const door: Scene["door"] = (server, leave = "free") => {
    const slug = slugOf(server, leave);
    const found = doors.get(slug);
    if (found === undefined) throw new RangeError(`There is no portal ${slug}`);
    return { ...found, slug };
  };
  return {
    house,
    servers,
    door,
    name: (server, own, leave) => `${door(server, leave).slug}_${own}`,
    async caller(era, server, { leave, ...options } = {}) {
      return owned.use(await openCaller(era, door(server, leave), { answers: obliging, ...options }));
    },
    async stranger(server) {
      const { url, slug } = door(server);
      const body = {
        name: `stranger-${Math.trunc(performance.now() * 1e6)}`,
        role: "member",
        portals: [slug],
        allow: toolClasses,
      };
      const { secret } = await house.api<{ secret: string }>("POST", "/tokens", body);
      return { url, token: secret };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function slugOf(era: Era, leave: Leave): string {
  const name = era === "legacy" ? "old" : "new";
  return leave === "free" ? name : `${name}-${leave}`;
}

/** The client capabilities that a server was told last: in `initialize`, or with the call. */
export function toldCapabilities({ recording }: LivelyServer): Record<string, object> {
  const last = recording.of("initialize").at(-1) ?? recording.of("tools/call").at(-1);
  if (last === undefined) throw new Error("The server was told nothing");
  const { params } = last.message as {
    params: { capabilities?: Record<string, object>; _meta?: Record<string, Record<string, object>> };
  };
  return params.capabilities ?? params._meta?.["io.modelcontextprotocol/clientCapabilities"] ?? {};
}

/** How many subscriptions to the watched resource a server has. */
export function watchers({ subscriptions }: LivelyServer): number {
  return subscriptions.filter((each) => JSON.stringify(each).includes("test://watched")).length;
}
