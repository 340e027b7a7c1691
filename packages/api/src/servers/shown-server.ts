/** A server as the API shows it: everything but the values of its headers. */
import {
  attentionOf,
  definitionKinds,
  isLive,
  reviewStates,
  serverTransports,
  shownStatuses,
  shownStatusOf,
  type Catalog,
  type CatalogServer,
  type DefinitionKind,
  type ReviewState,
  type ShownStatus,
  type StoredServer,
} from "@castellan/calls";
import { serverLimits } from "@castellan/configuration";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";

const names = z.array(z.string());
const count = z.int().nonnegative();

const shownState = z
  .object({
    status: z.enum(shownStatuses).describe("`needs_attention`: `attention` says what an admin has to do"),
    attention: z.array(z.object({ code: z.string(), message: z.string() })),
    attemptedAt: isoTime.optional(),
    syncedAt: isoTime.optional(),
    latencyMs: z.number().optional(),
    /** Why the last attempt to read it failed; what an earlier one found is offered still. */
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        details: z
          .object({ status: z.int().optional(), rpcCode: z.number().optional() })
          .optional()
          .describe("The HTTP status that it answered with, and the code of its JSON-RPC error"),
      })
      .optional(),
    isCircuitOpen: z
      .boolean()
      .describe(
        "Whether calls to it are refused at present, since the last ones that this replica made found nobody",
      ),
    skipped: names,
    eras: z.array(z.enum(["legacy", "modern"])),
    legacyTransport: z.string().optional(),
    foundBelow: z.string().optional().describe("Where below its URL it was found: `/mcp` or `/sse`"),
  })
  .meta({ id: "ServerState" });

export const shownServer = z
  .object({
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    url: z.string(),
    transport: z.enum(serverTransports),
    headerNames: names,
    headerRefs: z.record(z.string(), z.object({ secretRef: z.string(), prefix: z.string().optional() })),
    allowPrivate: names,
    clientFeatures: z.array(z.enum(clientFeatures)),
    uiHosts: names,
    autoAccept: z.array(z.enum(definitionKinds)),
    limits: serverLimits,
    unmatchedLimits: names.describe(
      "Tools in `limits` that the server does not list: it renamed them, took them back, or was not read yet",
    ),
    syncIntervalSeconds: z.int().optional(),
    managedBy: z.string().optional(),
    version: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
    state: shownState,
    counts: z
      .object({ tools: count, prompts: count, resources: count, resourceTemplates: count })
      .describe("How many of each kind it offers to portals"),
    /** What has been decided about all that it lists. */
    definitions: z.object({
      fingerprint: z
        .string()
        .optional()
        .describe("Of all of them together; absent as long as they are not known here"),
      approved: count,
      accepted: count,
      new: count,
      changed: count,
      rejected: count,
    }),
  })
  .meta({ id: "Server" });

export const detailedServer = shownServer
  .extend({
    offered: z
      .object({ tools: names, prompts: names, resources: names, resourceTemplates: names })
      .describe("What it offers to portals, in its own names"),
  })
  .meta({ id: "DetailedServer" });

/** As it travels: what a client of the API reads. */
export type ShownServer = z.output<typeof shownServer>;
export type DetailedServer = z.output<typeof detailedServer>;

type Finder = Pick<Catalog, "find">;

/** Where the parts of what is shown come from. */
type Sources = Pick<ApiPorts, "catalog" | "circuits">;

export function toShownStatus(stored: StoredServer, catalog: Finder): ShownStatus {
  return shownStatusOf({ state: stored.state, definitions: knownOf(stored, catalog)?.definitions ?? [] });
}

export function toShownServer(
  stored: StoredServer,
  { catalog, circuits }: Sources,
): z.input<typeof shownServer> {
  const { server, state } = stored;
  const known = knownOf(stored, catalog);
  const definitions = known?.definitions ?? [];
  const offered = offeredBy(definitions);
  return {
    ...server,
    headerNames: [...server.headerNames],
    allowPrivate: [...server.allowPrivate],
    clientFeatures: [...server.clientFeatures],
    uiHosts: [...server.uiHosts],
    autoAccept: [...server.autoAccept],
    unmatchedLimits: unmatchedLimits(server, definitions),
    state: {
      ...state,
      status: shownStatusOf({ state, definitions }),
      attention: [...attentionOf({ state, definitions })],
      isCircuitOpen: circuits.isOpen(server.id),
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
    definitions: { fingerprint: known?.definitionsFingerprint, ...reviewsOf(definitions) },
  };
}

export function toDetailedServer(stored: StoredServer, sources: Sources): z.input<typeof detailedServer> {
  const definitions = knownOf(stored, sources.catalog)?.definitions ?? [];
  return { ...toShownServer(stored, sources), offered: offeredBy(definitions) };
}

/** Under the same slug another server may have been, and another replica may be ahead of this one. */
function knownOf({ server }: StoredServer, catalog: Finder): CatalogServer | undefined {
  const known = catalog.find(server.slug);
  return known?.server.id === server.id ? known : undefined;
}

function reviewsOf(definitions: CatalogServer["definitions"]): Record<ReviewState, number> {
  const counts = reviewStates.map((state) => [
    state,
    definitions.filter(({ review }) => review === state).length,
  ]);
  return Object.fromEntries(counts) as Record<ReviewState, number>;
}

function unmatchedLimits(
  { limits }: StoredServer["server"],
  definitions: CatalogServer["definitions"],
): string[] {
  const listed = new Set(definitions.filter(({ kind }) => kind === "tool").map(({ name }) => name));
  return Object.keys(limits.tools ?? {}).filter((name) => !listed.has(name));
}

function offeredBy(definitions: CatalogServer["definitions"]) {
  const live = definitions.filter((definition) => isLive(definition));
  const of = (kind: DefinitionKind) =>
    live.filter((definition) => definition.kind === kind).map(({ name }) => name);
  return {
    tools: of("tool"),
    prompts: of("prompt"),
    resources: of("resource"),
    resourceTemplates: of("resource_template"),
  };
}
