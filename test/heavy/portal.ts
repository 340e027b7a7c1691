/** A portal over some servers, made over the API as an admin makes it. */
import { toolClasses } from "@castellan/access";
import { toRegistration } from "../harness/registration.ts";
import type { Castellan } from "./process/castellan.ts";

export interface Portal {
  readonly url: string;
  readonly token: string;
}

/** Registers the servers, by slug and URL, and makes a portal over them and a token for it. */
export async function addPortal(
  { api, url }: Pick<Castellan, "api" | "url">,
  slug: string,
  servers: Readonly<Record<string, string>>,
): Promise<Portal> {
  for (const [name, address] of Object.entries(servers)) await addServer({ api }, name, address);
  await api("POST", "/portals", { slug, servers: Object.keys(servers) });
  const { secret } = await api<{ secret: string }>("POST", "/tokens", {
    name: slug,
    role: "member",
    portals: [slug],
    allow: toolClasses,
  });
  return { url: portalUrl(url, slug), token: secret };
}

export function addServer({ api }: Pick<Castellan, "api">, slug: string, address: string): Promise<object> {
  return api("POST", "/servers", toRegistration(slug, address));
}

/** The portal's address, which differs after a start on another port. */
export function portalUrl(base: string, slug: string): string {
  return `${base}/p/${slug}/mcp`;
}
