import type { Target, UpstreamAuth } from "@castellan/credentials";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Server } from "./server.ts";

/** The server as credentials know it. */
export function targetOf({
  server,
  state,
  authSecrets,
}: Pick<CatalogServer, "server" | "state" | "authSecrets">): Target {
  const { id, slug, title, url, allowPrivate } = server;
  return {
    id,
    slug,
    title,
    url,
    allowPrivate,
    auth: authOf(server),
    secrets: authSecrets,
    asksForOAuth: state.asksForOAuth ?? false,
  };
}

/** With an `Authorization` header of an admin's, `auto` is settled: that header is what it is to be called with. */
export function authOf({ auth, headerNames }: Pick<Server, "auth" | "headerNames">): UpstreamAuth {
  return auth.kind === "auto" && headerNames.includes("authorization") ? { kind: "none" } : auth;
}
