/** Whose list a server's list is: everybody's, or that of whoever asks. */
import { knownAuth, type KnownAuth, type Owner } from "@castellan/credentials";
import type { CatalogServer } from "../catalog/catalog.ts";
import { targetOf } from "../servers/target-of.ts";

/** Of these a server learns who calls, and may answer each with something else. */
const tellsWhoCalls: ReadonlySet<KnownAuth["kind"]> = new Set<KnownAuth["kind"]>([
  "own_account",
  "own_key",
  "identity",
  "token_exchange",
  "id_jag",
]);

/** An entry of the catalog never changes. */
const known = new WeakMap<CatalogServer, KnownAuth>();

function authAt(server: CatalogServer): KnownAuth {
  const auth = known.get(server) ?? knownAuth(targetOf(server));
  known.set(server, auth);
  return auth;
}

/** Whether the server may have other lists for one caller than for another. What an API offers its document says. */
export function differsByOwner(server: CatalogServer): boolean {
  return server.server.kind === "mcp" && tellsWhoCalls.has(authAt(server).kind);
}

/**
 * Whether the owner has lists of their own at the server. Programs that come with the account that the catalog was read with
 * have what the catalog says.
 */
export function hasOwnLists(server: CatalogServer, owner: Owner): boolean {
  if (!differsByOwner(server)) return false;
  const auth = authAt(server);
  return !(auth.kind === "own_account" && auth.programs === "shared" && owner.kind === "program");
}
