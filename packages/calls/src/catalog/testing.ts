/** Entries of a catalog for tests of what is made of them. */
import { createId, type Slug } from "@castellan/kernel";
import type { CapabilityKind, Era } from "@castellan/mcp";
import { testDefinition } from "../testing.ts";
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
  return {
    server: {
      id: createId("server"),
      slug: slug as Slug,
      title: slug,
      description: "",
      url: `https://${slug}.example/mcp`,
      transport: "auto",
      headerNames: [],
      headerRefs: {},
      allowPrivate: [],
      clientFeatures: [],
      uiHosts: [],
      autoAccept: [],
      limits: {},
      syncIntervalSeconds: undefined,
      managedBy: undefined,
      revision: 1,
      version: 1,
      createdAt: new Date(0),
      updatedAt: new Date(0),
    },
    state: {
      status: "ready",
      attemptedAt: undefined,
      syncedAt: undefined,
      latencyMs: undefined,
      error: undefined,
      skipped: [],
      modern: eras.includes("modern") ? { helloText: "{}" } : undefined,
      legacy: eras.includes("legacy")
        ? { helloText: "{}", version: "2025-11-25", transport: "streamable-http" }
        : undefined,
    },
    definitions,
    definitionsFingerprint: "",
    headers: {},
  };
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
