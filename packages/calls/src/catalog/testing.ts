/** Entries of a catalog for tests of what is made of them. */
import type { Slug } from "@castellan/kernel";
import type { CapabilityKind, Era } from "@castellan/mcp";
import type { ServerState } from "../servers/server.ts";
import { testDefinition, testServer } from "../testing.ts";
import type { CatalogServer } from "./catalog.ts";
import { kinds, type Definition } from "./definition.ts";
import { toPublicName } from "./public-name.ts";

/** What a server lists: each a name, or the members of a definition beside it. */
export type Listing = Partial<Record<CapabilityKind, readonly (string | object)[]>>;

/** A server of these definitions, each approved by a person; `more` makes all of them others. */
export function listingServer(
  slug: string,
  listing: Listing,
  eras: readonly Era[] = ["legacy", "modern"],
  more: Partial<Definition> = {},
): CatalogServer {
  const definitions = Object.entries(listing).flatMap(([key, offers]) =>
    offers.map((one) => definition(slug, key as CapabilityKind, one, more)),
  );
  const spoken: Partial<ServerState> = {
    ...(!eras.includes("modern") && { modern: undefined }),
    ...(!eras.includes("legacy") && { legacy: undefined }),
  };
  return testServer(slug, { state: spoken, definitions });
}

export function definition(
  slug: string,
  kind: CapabilityKind,
  one: string | object,
  more: Partial<Definition> = {},
): Definition {
  const { key } = kinds[kind];
  const members = typeof one === "string" ? { [key]: one } : one;
  const name = String((members as Record<string, unknown>)[key]);
  const publicName = key === "name" ? toPublicName(slug as Slug, name) : name;
  return testDefinition(kind, name, JSON.stringify(members), { publicName, ...more });
}
