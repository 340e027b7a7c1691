/** What of a scope somebody may know of. Who can never get through to something, from anywhere, is told that it is not there. */
import type { Judge, Place } from "@castellan/policy";
import type { CatalogServer } from "../catalog/catalog.ts";
import { toolClasses } from "../catalog/definition.ts";
import type { Scope } from "../catalog/scope.ts";
import { placeOf } from "./use-of-call.ts";

export type KnownScope = Pick<Scope, "era" | "servers" | "find" | "allows">;

export function knownScope(scope: Scope, judge: Pick<Judge, "isKnown">, portal: string): KnownScope {
  return {
    era: scope.era,
    get servers() {
      return scope.servers.filter((server) => fitsServer(server, portal, (place) => judge.isKnown(place)));
    },
    find(kind, publicName) {
      const found = scope.find(kind, publicName);
      return found && judge.isKnown(placeOf(portal, found)) ? found : undefined;
    },
    allows: (server, toolClass, tool) =>
      scope.allows(server, toolClass, tool) &&
      judge.isKnown({ portal, server: server.server.slug, class: toolClass, tool }),
  };
}

/** Whether anything at the server fits. */
export function fitsServer(
  { server: { slug: server }, definitions }: CatalogServer,
  portal: string,
  fits: (place: Place) => boolean,
): boolean {
  return (
    toolClasses.some((toolClass) => fits({ portal, server, class: toolClass, tool: undefined })) ||
    definitions.some(
      ({ kind, name, class: toolClass }) =>
        kind === "tool" && fits({ portal, server, class: toolClass, tool: name }),
    )
  );
}
