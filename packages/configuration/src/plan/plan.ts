/**
 * What has to be done for the installation to be what a document says. Nothing is changed: from what is wanted and what is there
 * to steps in the order in which they can be taken.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { authAddresses, callFaults } from "@castellan/calls";
import type { ApiDocuments, NewDocument } from "@castellan/openapi";
import type { Outbound } from "@castellan/web";
import type { ConfigurationDocument, ServerEntry } from "../document/document.ts";
import { configurationFaults } from "../faults.ts";
import type { Present, PresentServer } from "../present.ts";
import { claimOf, mayClaim, type Claim } from "./ownership.ts";
import { plannedDocument, toldOfKept } from "./plan-document.ts";
import { assertNamedFree, assertScopesThere } from "./named.ts";
import { looksOfPlain, planPlain } from "./plan-plain.ts";
import { portalDifferences } from "./plan-portal.ts";
import { serverDifferences } from "./plan-server.ts";
import { Refusals } from "./refusals.ts";
import { planAuthSecrets, planHeaders, type Secrets } from "./secrets.ts";
import { removed, type PortalStep, type ServerStep, type Steps } from "./steps.ts";

export interface PlanOptions {
  readonly secrets: Secrets;
  /** Removes what the same file made and no longer names. */
  readonly prune: boolean;
  /** Takes over what others made. */
  readonly adopt: boolean;
}

export interface PlanPorts {
  readonly outbound: Pick<Outbound, "check">;
  readonly documents: Pick<ApiDocuments, "readText">;
}

/**
 * Throws `resource_not_managed`, `field_unchangeable`, `secret_missing`, `secret_invalid`, `resource_in_use`,
 * `server_unknown`, `portal_not_found`, `invalid_input`, `outbound_refused`, `outbound_policy_invalid`; each names every resource that it concerns in `data`.
 */
export async function planSteps(
  document: ConfigurationDocument,
  present: Present,
  options: PlanOptions & PlanPorts,
): Promise<Steps> {
  const claim: Claim = { file: document.name, adopt: options.adopt };
  const refusals = new Refusals();
  const plain = planPlain(document, present, claim, { ...options, refusals });
  const servers = [
    ...(await planServers(document, present, claim, options, refusals)),
    ...(options.prune ? pruneServers(document, present) : []),
  ];
  const portals = [
    ...planPortals(document, present, claim, refusals),
    ...(options.prune ? prunePortals(document, present) : []),
  ];
  refusals.throwAny();
  assertServersThere(document, present, servers);
  assertServersFree(document, present, servers, portals);
  assertNamedFree(document, present, { plain, portals });
  assertScopesThere(document, present, { servers, portals });
  return { plain, servers, portals, basis: basisOf(document, present) };
}

async function planServers(
  document: ConfigurationDocument,
  present: Present,
  claim: Claim,
  { secrets, ...ports }: PlanOptions & PlanPorts,
  refusals: Refusals,
): Promise<ServerStep[]> {
  const steps: ServerStep[] = [];
  for (const [slug, entry] of inOrder(document.servers)) {
    const known = present.servers.get(slug);
    const headers = planHeaders(entry, known, secrets);
    const authSecrets = planAuthSecrets(entry, known, secrets);
    const fields = serverDifferences(slug, entry, known, { headers, authSecrets });
    const managedBy = known?.server.managedBy;
    if (known && !mayClaim(claim, managedBy, fields))
      refusals.notManaged({ kind: "server", slug, managedBy }, `servers.${slug}`);
    refusals.headers(slug, headers);
    refusals.authSecrets(slug, authSecrets);
    if (mayBeCalledOtherwise(entry, known?.server)) assertCallable(slug, entry, ports.outbound);
    const document = await planDocument(slug, entry, known, ports);
    const step = { kind: "server", slug, entry, document } as const;
    const sealed = { headers: headers.change, authSecrets: authSecrets.change };
    const all = known ? [...fields, ...claimOf(claim, managedBy)] : fields;
    if (!known) steps.push({ ...step, present: known, ...sealed, action: "create", fields });
    else if (all.length > 0)
      steps.push({ ...step, present: known, ...sealed, action: "update", fields: all });
  }
  return steps;
}

/** Throws `field_unchangeable`, and what `plannedDocument` and `Outbound.check` do. */
async function planDocument(
  slug: string,
  { openapi, allowPrivate, url }: ServerEntry,
  known: PresentServer | undefined,
  { outbound, documents }: PlanPorts,
): Promise<NewDocument | undefined> {
  const field = `servers.${slug}.openapi`;
  if (known && (known.server.kind === "openapi") !== (openapi !== undefined))
    throw configurationFaults.fault(
      "field_unchangeable",
      `${field} cannot be given or taken away: what a server is never changes. Remove it, and add it anew`,
      { field },
    );
  if (!openapi) return undefined;
  if (openapi.url !== undefined) outbound.check(openapi.url, { allowPrivate }, `${field}.url`);
  const before = toldOfKept(known?.server.face, known?.document);
  return plannedDocument(openapi, before, { baseUrl: url, field, documents });
}

function mayBeCalledOtherwise(
  { url, allowPrivate, auth }: ServerEntry,
  known: PresentServer["server"] | undefined,
): boolean {
  return (
    known?.url !== url ||
    known.allowPrivate.join() !== allowPrivate.join() ||
    !isDeepStrictEqual(known.auth, auth)
  );
}

/** Throws `outbound_refused`, `outbound_policy_invalid`. */
function assertCallable(
  slug: string,
  { url, allowPrivate, auth }: ServerEntry,
  outbound: Pick<Outbound, "check">,
): void {
  for (const [field, address] of [["url", url] as const, ...authAddresses(auth)])
    outbound.check(address, { allowPrivate }, `servers.${slug}.${field}`);
}

function planPortals(
  document: ConfigurationDocument,
  present: Present,
  claim: Claim,
  refusals: Refusals,
): PortalStep[] {
  return inOrder(document.portals).flatMap(([slug, entry]): PortalStep[] => {
    const known = present.portals.get(slug);
    const fields = portalDifferences(slug, entry, known);
    if (!known) return [{ kind: "portal", slug, action: "create", fields, entry, present: known }];
    if (!mayClaim(claim, known.managedBy, fields))
      refusals.notManaged({ kind: "portal", slug, managedBy: known.managedBy }, `portals.${slug}`);
    const all = [...fields, ...claimOf(claim, known.managedBy)];
    return all.length === 0
      ? []
      : [{ kind: "portal", slug, action: "update", fields: all, entry, present: known }];
  });
}

function pruneServers({ name, servers }: ConfigurationDocument, present: Present): ServerStep[] {
  return [...present.servers]
    .filter(([slug, { server }]) => server.managedBy === name && !Object.hasOwn(servers, slug))
    .map(([slug, known]) => ({ kind: "server", slug, action: "remove", fields: [], present: known }));
}

function prunePortals({ name, portals }: ConfigurationDocument, present: Present): PortalStep[] {
  return [...present.portals]
    .filter(([slug, portal]) => portal.managedBy === name && !Object.hasOwn(portals, slug))
    .map(([slug, known]) => ({ kind: "portal", slug, action: "remove", fields: [], present: known }));
}

/** Throws `server_unknown` for a portal whose server is neither there nor comes. */
function assertServersThere(
  document: ConfigurationDocument,
  present: Present,
  steps: readonly ServerStep[],
): void {
  const gone = removed(steps);
  for (const [portal, { servers }] of inOrder(document.portals))
    for (const [index, { server }] of servers.entries()) {
      const isThere =
        Object.hasOwn(document.servers, server) || (present.servers.has(server) && !gone.has(server));
      if (isThere) continue;
      throw callFaults.fault(
        "server_unknown",
        `Portal "${portal}" has a server "${server}", which is not registered`,
        {
          field: `portals.${portal}.servers[${index}]`,
        },
      );
    }
}

/** Throws `resource_in_use`: a portal that the document says nothing about does not lose a server on the way. */
function assertServersFree(
  document: ConfigurationDocument,
  present: Present,
  servers: readonly ServerStep[],
  portals: readonly PortalStep[],
): void {
  const gone = removed(servers);
  const judged = new Set([...Object.keys(document.portals), ...removed(portals)]);
  for (const [slug, portal] of present.portals) {
    const lost = judged.has(slug) ? undefined : portal.servers.find((server) => gone.has(server));
    if (lost === undefined) continue;
    throw configurationFaults.fault(
      "resource_in_use",
      `Server "${lost}" is to be pruned, and is in portal "${slug}", which this document does not describe`,
      { field: `servers.${lost}`, data: { server: lost, portal: slug } },
    );
  }
}

/** The hash of everything that the document names and of what else its file made, as it is now. */
function basisOf(document: ConfigurationDocument, present: Present): string {
  const { name, servers, portals } = document;
  const looked = [
    ...looksOfPlain(document, present),
    ...[...present.servers]
      .filter(([slug, { server }]) => server.managedBy === name || Object.hasOwn(servers, slug))
      .map(([slug, known]) => [
        "server",
        slug,
        known.server.id,
        known.server.version,
        known.approvals,
        known.rejections,
      ]),
    ...[...present.portals]
      .filter(([slug, portal]) => portal.managedBy === name || Object.hasOwn(portals, slug))
      .map(([slug, portal]) => ["portal", slug, portal.id, portal.version]),
  ];
  return createHash("sha256").update(JSON.stringify(looked)).digest("base64url");
}

function inOrder<Entry>(entries: Readonly<Record<string, Entry>>): [string, Entry][] {
  return Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
