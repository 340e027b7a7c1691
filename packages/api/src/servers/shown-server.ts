/** A server as the API shows it: everything but the values of its headers and secrets. */
import {
  attentionOf,
  definitionKinds,
  isLive,
  listMethodOf,
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
import { authSecretNames, isOAuth, type Account, type RefusedSecret } from "@castellan/credentials";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { attentionOfDocument, type KeptDocument } from "@castellan/openapi";
import { isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";
import { shownAuth } from "./auth-fields.ts";
import { shownOpenapi, toShownOpenapi } from "./openapi-fields.ts";

const names = z.array(z.string());
const count = z.int().nonnegative();

const errorDetails = z
  .object({ status: z.int().optional(), rpcCode: z.number().optional() })
  .describe("The HTTP status that it answered with, and the code of its JSON-RPC error");

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
        details: errorDetails.optional(),
      })
      .optional(),
    isCircuitOpen: z
      .boolean()
      .describe(
        "Whether calls to it are refused at present, since the last ones that this replica made found nobody",
      ),
    asksForOAuth: z
      .boolean()
      .describe("Whether `auto` was found to mean that each person signs in there with their own account"),
    skipped: names,
    failedLists: z
      .array(
        z.object({
          list: z.enum(["tools/list", "prompts/list", "resources/list", "resources/templates/list"]),
          code: z.string(),
          message: z.string(),
          details: errorDetails.optional(),
        }),
      )
      .describe(
        "Lists that it could not give when it was last read, while it gave others: what it listed there before is offered still",
      ),
    eras: z.array(z.enum(["legacy", "modern"])),
    legacyTransport: z.string().optional(),
    foundBelow: z.string().optional().describe("Where below its URL it was found: `/mcp` or `/sse`"),
  })
  .meta({ id: "ServerState" });

export const shownServer = z
  .object({
    slug: z.string(),
    kind: z.enum(["mcp", "openapi"]).describe("`openapi`: an API, spoken to by its document"),
    openapi: shownOpenapi.optional(),
    title: z.string(),
    description: z.string(),
    url: z
      .string()
      .describe(
        "Of an API: what the paths of its document follow on. It stays what it is, whatever a newer document says",
      ),
    transport: z.enum(serverTransports),
    headerNames: names,
    headerRefs: z.record(z.string(), z.object({ secretRef: z.string(), prefix: z.string().optional() })),
    auth: shownAuth,
    authSecretNames: z.array(z.enum(authSecretNames)).describe("Which secrets of the auth are set"),
    authRefs: z.partialRecord(z.enum(authSecretNames), z.object({ secretRef: z.string() })),
    redirectUri: z
      .string()
      .optional()
      .describe("What to enter where a client is registered by hand at `auth.issuer`"),
    clientMetadataUrl: z
      .string()
      .optional()
      .describe(
        "What this installation calls itself there, if that authorization server reads such documents",
      ),
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
    skippedOperations: names
      .optional()
      .describe("Of an API: operations of the document that are no tools, each with the reason"),
  })
  .meta({ id: "DetailedServer" });

/** As it travels: what a client of the API reads. */
export type ShownServer = z.output<typeof shownServer>;
export type DetailedServer = z.output<typeof detailedServer>;

type Finder = Pick<Catalog, "find">;

/** Where the parts of what is shown come from. */
type Sources = Pick<ApiPorts, "catalog" | "circuits" | "oauthClient"> & {
  readonly standings: Standings;
};

/** How what requests are authorized with stands, by server id. */
export interface Standings {
  /** What admins signed in with. */
  readonly sharedAccounts: ReadonlyMap<string, Account>;
  /** What admins gave, and was not taken. */
  readonly refusedSecrets: ReadonlyMap<string, RefusedSecret>;
  /** Of those that are APIs. */
  readonly documents: ReadonlyMap<string, KeptDocument>;
}

type StandingPorts = Pick<ApiPorts, "accounts" | "refusedSecrets" | "documents">;

export async function readStandings(ports: StandingPorts): Promise<Standings> {
  const { accounts, refusedSecrets, documents } = ports;
  const [shared, refused, kept] = await Promise.all([
    accounts.shared(),
    refusedSecrets.all(),
    documents.findAll(),
  ]);
  return standingsOf(shared, refused, kept);
}

async function readStandingOf(id: string, ports: StandingPorts): Promise<Standings> {
  const { accounts, refusedSecrets, documents } = ports;
  const [shared, refused, document] = await Promise.all([
    accounts.find(id, { kind: "shared" }),
    refusedSecrets.find(id),
    documents.find(id),
  ]);
  return standingsOf(
    shared ? [shared] : [],
    refused ? [refused] : [],
    new Map(document ? [[id, document]] : []),
  );
}

function standingsOf(
  shared: readonly Account[],
  refused: readonly RefusedSecret[],
  documents: Standings["documents"],
): Standings {
  return {
    documents,
    sharedAccounts: new Map(shared.map((account) => [account.targetId, account])),
    refusedSecrets: new Map(refused.map((secret) => [secret.targetId, secret])),
  };
}

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
