/** Which server takes a method that no revision of the protocol names. */
import { isObject, type Era } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import type { Scope } from "./scope.ts";
import { upstreamEra } from "./share.ts";

/** The `_meta` key by which a caller names the server of an extension's method. */
export const serverMetaKey = "dev.castellan/server";

/**
 * The server that the caller names, or else the only one of the portal that declares an extension. What its methods do
 * nobody has said: they are for those who may do anything there.
 */
export function extensionServer(
  scope: Pick<Scope, "era" | "servers" | "allows">,
  named: unknown,
): CatalogServer | undefined {
  const able = scope.servers.filter(
    (server) =>
      scope.allows(server, "destructive") && declaresExtension(server, upstreamEra(server, scope.era)),
  );
  // Whoever names a server means that one, also where the name is none.
  if (named !== undefined) return able.find(({ server }) => server.slug === named);
  return able.length === 1 ? able[0] : undefined;
}

/** A server of both eras has a word for each. */
const known: Readonly<Record<Era, WeakMap<CatalogServer, boolean>>> = {
  legacy: new WeakMap(),
  modern: new WeakMap(),
};

function declaresExtension(server: CatalogServer, era: Era | undefined): boolean {
  if (era === undefined) return false;
  const remembered = known[era].get(server);
  if (remembered !== undefined) return remembered;
  const hello: unknown = JSON.parse(server.state[era]?.helloText ?? "{}");
  const capabilities = isObject(hello) && isObject(hello["capabilities"]) ? hello["capabilities"] : {};
  const declares = ["extensions", "experimental"].some((member) => {
    const set = capabilities[member];
    return isObject(set) && Object.keys(set).length > 0;
  });
  known[era].set(server, declares);
  return declares;
}
