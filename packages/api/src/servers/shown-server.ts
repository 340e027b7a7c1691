/** A server as the API shows it: everything but the values of its headers. */
import type { Catalog, Definition, StoredServer } from "@castellan/calls";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { isoTime } from "../fields.ts";

const names = z.array(z.string());

export const shownServer = z.object({
  slug: z.string(),
  title: z.string(),
  url: z.string(),
  headerNames: names,
  allowPrivate: names,
  clientFeatures: z.array(z.enum(clientFeatures)),
  uiHosts: names,
  createdAt: isoTime,
  state: z.object({
    status: z.enum(["waiting", "ready", "stale", "error"]),
    attemptedAt: isoTime.optional(),
    syncedAt: isoTime.optional(),
    latencyMs: z.number().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    skipped: names,
    eras: z.array(z.enum(["legacy", "modern"])),
    legacyTransport: z.string().optional(),
  }),
  /** How many of each kind it offers, as of its last good sync. */
  counts: z.object({
    tools: z.number(),
    prompts: z.number(),
    resources: z.number(),
    resourceTemplates: z.number(),
  }),
});

export const detailedServer = shownServer.extend({
  /** What it offers, in its own names. */
  definitions: z.object({ tools: names, prompts: names, resources: names, resourceTemplates: names }),
});

/** As it travels: what a client of the API reads. */
export type ShownServer = z.output<typeof shownServer>;
export type DetailedServer = z.output<typeof detailedServer>;

export function toShownServer(
  stored: StoredServer,
  catalog: Pick<Catalog, "find">,
): z.input<typeof shownServer> {
  const { server, state } = stored;
  const offered = namesByKind(stored, catalog);
  return {
    slug: server.slug,
    title: server.title,
    url: server.url,
    headerNames: [...server.headerNames],
    allowPrivate: [...server.allowPrivate],
    clientFeatures: [...server.clientFeatures],
    uiHosts: [...server.uiHosts],
    createdAt: server.createdAt,
    state: {
      ...state,
      skipped: [...state.skipped],
      eras: (["legacy", "modern"] as const).filter((era) => state[era] !== undefined),
      legacyTransport: state.legacy?.transport,
    },
    counts: {
      tools: offered.tools.length,
      prompts: offered.prompts.length,
      resources: offered.resources.length,
      resourceTemplates: offered.resourceTemplates.length,
    },
  };
}

export function toDetailedServer(
  stored: StoredServer,
  catalog: Pick<Catalog, "find">,
): z.input<typeof detailedServer> {
  return { ...toShownServer(stored, catalog), definitions: namesByKind(stored, catalog) };
}

function namesByKind({ server }: StoredServer, catalog: Pick<Catalog, "find">) {
  const known = catalog.find(server.slug);
  // Under the same slug another server may have been, and another replica may be ahead of this one.
  const definitions = known?.server.id === server.id ? known.definitions : [];
  const of = (kind: Definition["kind"]) =>
    definitions.filter((definition) => definition.kind === kind).map(({ name }) => name);
  return {
    tools: of("tool"),
    prompts: of("prompt"),
    resources: of("resource"),
    resourceTemplates: of("resource_template"),
  };
}
