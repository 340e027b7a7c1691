/** An admin who registers one thing after the other, and remembers what was acknowledged. */
import { toolClasses } from "@castellan/access";
import type { Castellan } from "../process/castellan.ts";
import { addServer } from "../portal.ts";

export interface Registered {
  readonly servers: string[];
  readonly portals: string[];
  readonly tokens: { readonly id: string; readonly secret: string }[];
}

export interface Registering {
  /** Resolves when the one under way has ended. */
  stop(): Promise<void>;
}

let lastNumber = 0;

/** Goes on until it is stopped; what fails meanwhile was not acknowledged. */
export function startRegistering(
  castellan: Castellan,
  address: string,
  portal: string,
  registered: Registered,
): Registering {
  const stopping = new AbortController();
  const { api } = castellan;

  async function registerOne(): Promise<void> {
    const name = `thing-${++lastNumber}`;
    await addServer(castellan, name, address);
    registered.servers.push(name);
    await api("POST", "/portals", { slug: name, servers: [name] });
    registered.portals.push(name);
    const token = await api<{ id: string; secret: string }>("POST", "/tokens", {
      name,
      role: "member",
      portals: [name, portal],
      allow: toolClasses,
    });
    registered.tokens.push(token);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) await registerOne().catch(() => undefined);
  }
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** What was acknowledged and is not there. */
export async function findLost(
  { api }: Pick<Castellan, "api">,
  registered: Registered,
): Promise<{ servers: string[]; portals: string[]; tokens: string[] }> {
  const all = async (path: string, key: string) => {
    const { items } = await api<{ items: Record<string, string>[] }>("GET", path);
    return new Set(items.map((item) => item[key]));
  };
  const servers = await all("/servers", "slug");
  const portals = await all("/portals", "slug");
  const tokens = new Set<string>();
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: { items: { id: string }[]; nextCursor?: string } = await api(
      "GET",
      `/tokens?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const { id } of page.items) tokens.add(id);
    cursor = page.nextCursor;
  }
  return {
    servers: registered.servers.filter((slug) => !servers.has(slug)),
    portals: registered.portals.filter((slug) => !portals.has(slug)),
    tokens: registered.tokens.filter(({ id }) => !tokens.has(id)).map(({ id }) => id),
  };
}

export const nothingLost = { servers: [], portals: [], tokens: [] };
