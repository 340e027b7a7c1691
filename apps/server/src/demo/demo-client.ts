/** The demo sets itself up the way an admin would: over the API, with the admin's token. */
import type { AccessRule } from "@castellan/access";
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
  hasPortal(slug: string): Promise<boolean>;
  addPortal(portal: {
    slug: string;
    title: string;
    servers: readonly string[];
    access: readonly AccessRule[];
  }): Promise<void>;
  /** Adds somebody of the company, and the group, where they are not there. */
  ensurePerson(person: { name: string; email: string; group: string }): Promise<void>;
  findPerson(email: string): Promise<{ readonly id: string; readonly hasSignedIn: boolean } | undefined>;
  /** A one-time link for somebody; an earlier one is dead. */
  invite(userId: string): Promise<string>;
}

const linkSeconds = 7 * 86_400;

export function createDemoClient({ url, token }: AdminAccess, signal: AbortSignal): DemoClient {
  /** Undefined where there is nothing; `unless`: the code of a failure that is none here. */
  async function call(
    method: string,
    path: string,
    body?: object,
    unless?: string,
  ): Promise<JsonObject | undefined> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = response.status === 204 ? {} : await response.json();
    if (response.status === 404) return undefined;
    if (isObject(answer) && (response.ok || answer["code"] === unless)) return answer;
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
    hasPortal: async (slug) => (await call("GET", `/portals/${slug}`)) !== undefined,
    async addPortal(portal) {
      await call("POST", "/portals", portal);
    },
    async ensurePerson({ name, email, group }) {
      await call("POST", "/groups", { name: group }, "group_name_taken");
      await call("POST", "/users", { name, email, groups: [group] }, "email_taken");
    },
    async findPerson(email) {
      const query = new URLSearchParams({ directory: "workforce", q: email });
      const { items = [] } = (await call("GET", `/users?${query}`)) ?? {};
      const found = (items as JsonObject[]).find((one) => one["email"] === email);
      return found && { id: String(found["id"]), hasSignedIn: found["lastSignedInAt"] !== undefined };
    },
    async invite(userId) {
      const made = await call("POST", `/users/${userId}/invitations`, { expiresInSeconds: linkSeconds });
      if (typeof made?.["url"] !== "string") throw new Error("There is nobody to make a link for any more");
      return made["url"];
    },
  };
}
