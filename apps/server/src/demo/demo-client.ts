/** The demo sets itself up the way an admin would: over the API, with the admin's token. */
import { isObject, type JsonObject } from "@castellan/mcp";
import type { AdminAccess } from "../house/admin-file.ts";

export interface DemoClient {
  findServer(slug: string): Promise<{ readonly url: string } | undefined>;
  /** Registers it and approves what it offers: the demo's servers are this house's own. */
  addServer(server: {
    slug: string;
    title: string;
    url: string;
    allowPrivate: readonly string[];
  }): Promise<void>;
  syncServer(slug: string): Promise<void>;
  /** Makes the portal if it is not there, with these servers. One that is there is left as it is. */
  ensurePortal(slug: string, title: string, servers: readonly string[]): Promise<void>;
}

export function createDemoClient({ url, token }: AdminAccess, signal: AbortSignal): DemoClient {
  async function call(method: string, path: string, body?: object): Promise<JsonObject | undefined> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = response.status === 204 ? {} : await response.json();
    if (response.status === 404) return undefined;
    if (response.ok && isObject(answer)) return answer;
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer).slice(0, 300)}`);
  }

  return {
    async findServer(slug) {
      const found = await call("GET", `/servers/${slug}`);
      return typeof found?.["url"] === "string" ? { url: found["url"] } : undefined;
    },
    async addServer(server) {
      const added = await call("POST", "/servers", server);
      const { fingerprint } = (added?.["definitions"] ?? {}) as JsonObject;
      await call("POST", `/servers/${server.slug}/definitions/approve`, { all: true, fingerprint });
    },
    async syncServer(slug) {
      await call("POST", `/servers/${slug}/sync`);
    },
    async ensurePortal(slug, title, servers) {
      if (!(await call("GET", `/portals/${slug}`))) await call("POST", "/portals", { slug, title, servers });
    },
  };
}
