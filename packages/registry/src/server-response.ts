/**
 * An entry as the registry's API tells it: `ServerResponse` of the OpenAPI document of 2025-12-01, with a
 * server.json of 2025-12-11 in it. Addresses are this installation's own; nothing of an upstream is told.
 */
import { connectUrl } from "./connect-url.ts";
import type { Entry } from "./entry.ts";

export const serverSchemaUrl = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

const maxText = 100;

export function toServerResponse(entry: Entry, publicUrl: string) {
  const { kind, name, slug, version, portals } = entry;
  return {
    server: {
      $schema: serverSchemaUrl,
      name,
      title: shorten(entry.title),
      description: shorten(entry.description),
      version,
      // Clients that take one remote take the first. It names no header: a client that knows of one asks its person for a
      // token, and would not get to see that they can sign in.
      remotes: portals.map((portal) => ({
        type: "streamable-http",
        url: connectUrl(publicUrl, portal.slug, kind === "server" ? slug : undefined),
      })),
    },
    _meta: {
      "io.modelcontextprotocol.registry/official": {
        status: "active",
        statusChangedAt: entry.publishedAt.toISOString(),
        publishedAt: entry.publishedAt.toISOString(),
        updatedAt: entry.updatedAt.toISOString(),
        isLatest: true,
      },
      "dev.castellan/registry": {
        kind,
        portals: portals.map((portal) => ({ slug: portal.slug, ...portal.counts })),
      },
    },
  };
}

/** One line of at most 100 characters (server.json, `title` and `description`). */
function shorten(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, " ").trim()];
  return characters.length <= maxText ? characters.join("") : `${characters.slice(0, maxText - 1).join("")}…`;
}
