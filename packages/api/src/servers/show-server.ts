/** What is shown of a server, out of the registry, the catalog and what stands of its accounts and documents. */
import {
  attentionOf,
  isLive,
  listMethodOf,
  reviewStates,
  shownStatusOf,
  type Catalog,
  type CatalogServer,
  type DefinitionKind,
  type ReviewState,
  type ShownStatus,
  type StoredServer,
} from "@castellan/calls";
import { isOAuth } from "@castellan/credentials";
import { attentionOfDocument } from "@castellan/openapi";
import type { z } from "zod";
import type { ApiPorts } from "../ports.ts";
import { toShownOpenapi } from "./openapi-fields.ts";
import type { detailedServer, shownServer } from "./shown-server.ts";
import { readStandingOf, type Standings } from "./standings.ts";

type Finder = Pick<Catalog, "find">;

/** Where the parts of what is shown come from. */
type Sources = Pick<ApiPorts, "catalog" | "circuits" | "oauthClient"> & {
  readonly standings: Standings;
};

type Judging = Pick<Sources, "catalog" | "standings">;

function judgedOf(
  { server, state }: StoredServer,
  definitions: CatalogServer["definitions"],
  { standings }: Judging,
) {
  const document = standings.documents.get(server.id);
  return {
    state,
    definitions,
    sharedAccount: standings.sharedAccounts.get(server.id),
    refusedSecret: standings.refusedSecrets.get(server.id),
    ofDocument: document && attentionOfDocument(document, server.url),
  };
}

export function toShownStatus(stored: StoredServer, judging: Judging): ShownStatus {
  return shownStatusOf(judgedOf(stored, knownOf(stored, judging.catalog)?.definitions ?? [], judging));
}

export function toShownServer(stored: StoredServer, sources: Sources): z.input<typeof shownServer> {
  const { catalog, circuits, oauthClient } = sources;
  const { server, state } = stored;
  const known = knownOf(stored, catalog);
  const definitions = known?.definitions ?? [];
  const offered = offeredBy(definitions);
  const judged = judgedOf(stored, definitions, sources);
  return {
    ...server,
    openapi: toShownOpenapi(server.face, sources.standings.documents.get(server.id)),
    authSecretNames: [...server.authSecretNames],
    ...clientAddresses(server, oauthClient),
    headerNames: [...server.headerNames],
    allowPrivate: [...server.allowPrivate],
    clientFeatures: [...server.clientFeatures],
    uiHosts: [...server.uiHosts],
    autoAccept: [...server.autoAccept],
    unmatchedLimits: unmatchedLimits(server, definitions),
    state: {
      ...state,
      status: shownStatusOf(judged),
      attention: [...attentionOf(judged)],
      asksForOAuth: state.asksForOAuth ?? false,
      isCircuitOpen: circuits.isOpen(server.id),
      skipped: [...state.skipped],
      failedLists: (state.failedLists ?? []).map(({ kind, ...failure }) => ({
        list: listMethodOf(kind),
        ...failure,
      })),
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

export async function detail(
  stored: StoredServer,
  ports: Pick<ApiPorts, "catalog" | "circuits" | "oauthClient" | "accounts" | "refusedSecrets" | "documents">,
): Promise<z.input<typeof detailedServer>> {
  const { id } = stored.server;
  const standings = await readStandingOf(id, ports);
  const definitions = knownOf(stored, ports.catalog)?.definitions ?? [];
  const skipped = standings.documents.get(id)?.skipped;
  return {
    ...toShownServer(stored, { ...ports, standings }),
    offered: offeredBy(definitions),
    skippedOperations: skipped && [...skipped],
  };
}

/** Each issuer has addresses of its own, so that none is taken for another. */
function clientAddresses({ auth }: StoredServer["server"], client: Sources["oauthClient"]) {
  const issuer = isOAuth(auth) ? auth.issuer : undefined;
  if (issuer === undefined) return {};
  return {
    redirectUri: client.redirectUri(issuer),
    clientMetadataUrl: client.clientMetadataUrl(issuer),
  };
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
