/**
 * What has to be done for the installation to be what a document says. Pure: from what is wanted and what is there
 * to steps in the order in which they can be taken.
 */
import { createHash } from "node:crypto";
import { callFaults } from "@castellan/calls";
import type { Outbound } from "@castellan/web";
import type { ConfigurationDocument, ServerEntry } from "../document/document.ts";
import { configurationFaults } from "../faults.ts";
import type { Present } from "../present.ts";
import { claimOf, mayClaim, type Claim } from "./ownership.ts";
import { assertNamedFree, assertScopesThere } from "./named.ts";
import { looksOfPlain, planPlain } from "./plan-plain.ts";
import { portalDifferences } from "./plan-portal.ts";
import { serverDifferences } from "./plan-server.ts";
import { Refusals } from "./refusals.ts";
import { planHeaders, type Secrets } from "./secrets.ts";
import { removed, type PortalStep, type ServerStep, type Steps } from "./steps.ts";

export interface PlanOptions {
  readonly secrets: Secrets;
  /** Removes what the same file made and no longer names. */
  readonly prune: boolean;
  /** Takes over what others made. */
  readonly adopt: boolean;
}

/**
 * Throws `resource_not_managed`, `field_unchangeable`, `secret_missing`, `secret_invalid`, `resource_in_use`,
 * `server_unknown`, `portal_not_found`, `invalid_input`, `outbound_refused`, `outbound_policy_invalid`; each names every resource that it concerns in `data`.
 */
export function planSteps(
  document: ConfigurationDocument,
  present: Present,
  options: PlanOptions & { readonly outbound: Pick<Outbound, "check"> },
): Steps {
  const claim: Claim = { file: document.name, adopt: options.adopt };
  const refusals = new Refusals();
  const plain = planPlain(document, present, claim, { ...options, refusals });
  const servers = [
    ...planServers(document, present, claim, options, refusals),
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

function planServers(
  document: ConfigurationDocument,
  present: Present,
  claim: Claim,
  { secrets, outbound }: PlanOptions & { readonly outbound: Pick<Outbound, "check"> },
  refusals: Refusals,
): ServerStep[] {
  return inOrder(document.servers).flatMap(([slug, entry]): ServerStep[] => {
    const known = present.servers.get(slug);
    const headers = planHeaders(entry, known, secrets);
    const fields = serverDifferences(slug, entry, known, headers);
    const managedBy = known?.server.managedBy;
    if (known && !mayClaim(claim, managedBy, fields))
      refusals.notManaged({ kind: "server", slug, managedBy }, `servers.${slug}`);
    refusals.headers(slug, headers);
    if (mayBeCalledOtherwise(entry, known?.server))
      outbound.check(entry.url, { allowPrivate: entry.allowPrivate }, `servers.${slug}.url`);
    if (!known)
      return [
        { kind: "server", slug, action: "create", fields, entry, present: known, headers: headers.change },
      ];
    const all = [...fields, ...claimOf(claim, managedBy)];
    if (all.length === 0) return [];
    return [
      { kind: "server", slug, action: "update", fields: all, entry, present: known, headers: headers.change },
    ];
  });
}

function mayBeCalledOtherwise(
  { url, allowPrivate }: ServerEntry,
  known: { readonly url: string; readonly allowPrivate: readonly string[] } | undefined,
): boolean {
  return known?.url !== url || known.allowPrivate.join() !== allowPrivate.join();
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
