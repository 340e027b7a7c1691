/** Resources as a document would describe them, with every default in its place: one form to compare, and to export. */
import {
  everything,
  type Approval,
  type StandingApproval,
  type Curation,
  type CurationEntry,
  type Rejection,
  type SecretRef,
} from "@castellan/calls";
import type { AuthSecretName } from "@castellan/credentials";
import type { Portal } from "@castellan/portal";
import type { Approvals, Rejections } from "./document/approvals.ts";
import { compact } from "./document/compact.ts";
import type { PortalEntry, ServerEntry } from "./document/document.ts";
import { curatedFields, kindFields, kindsByField, type KindField } from "./document/fields.ts";
import type { PortalServerEntry } from "./document/portal-entry.ts";
import { toldOfKept, type ToldDocument } from "./plan/plan-document.ts";
import type { PresentServer } from "./present.ts";

/** A server that is there; of a header or secret that no document has given it is not known where its value comes from. */
export interface PresentServerEntry extends Omit<
  ServerEntry,
  "headers" | "authSecrets" | "openapi" | "approvals" | "rejections"
> {
  readonly openapi?: ToldDocument;
  readonly headers: Readonly<Record<string, Partial<SecretRef>>>;
  readonly authSecrets: { readonly [Name in AuthSecretName]?: Partial<SecretRef> };
  readonly approvals: Approvals;
  readonly rejections: Rejections;
}

export function serverEntryOf(present: PresentServer): PresentServerEntry {
  const { server, approvals, rejections } = present;
  const openapi = toldOfKept(server.face, present.document);
  const refs = server.headerNames.map((name) => [name, server.headerRefs[name] ?? {}] as const);
  const authRefs = server.authSecretNames.map((name) => [name, server.authRefs[name] ?? {}] as const);
  return {
    url: server.url,
    ...(openapi && { openapi }),
    title: server.title,
    description: server.description,
    transport: server.transport,
    headers: Object.fromEntries(refs),
    auth: server.auth,
    authSecrets: Object.fromEntries(authRefs),
    allowPrivate: [...server.allowPrivate],
    clientFeatures: [...server.clientFeatures],
    uiHosts: [...server.uiHosts],
    autoAccept: inOneOrder(server.autoAccept),
    limits: compact(server.limits),
    ...(server.syncIntervalSeconds !== undefined && { syncIntervalSeconds: server.syncIntervalSeconds }),
    approvals: toApprovals(approvals.filter((approval) => isOwn(approval, server.autoAccept))),
    rejections: toRejections(rejections),
  };
}

/** What a setting accepts comes with the setting. When that no longer stands, it is approved like anything else. */
function isOwn({ isAccepted, kind }: StandingApproval, autoAccept: readonly Approval["kind"][]): boolean {
  return !(isAccepted && autoAccept.includes(kind));
}

export function toApprovals(approvals: readonly Approval[]): Approvals {
  const of = (field: KindField) =>
    Object.fromEntries(
      approvals
        // No reader of documents takes that for a name: what is called so has to be approved by hand.
        .filter(({ kind, name }) => kind === kindsByField[field] && name !== "__proto__")
        .map(({ name, fingerprint, class: toolClass }) => [
          name,
          { fingerprint, ...(field === "tools" && toolClass !== undefined && { class: toolClass }) },
        ]),
    );
  return Object.fromEntries(kindFields.map((field) => [field, of(field)])) as Approvals;
}

function toRejections(rejections: readonly Rejection[]): Rejections {
  const of = (field: KindField) =>
    Object.fromEntries(
      rejections
        .filter(({ kind, name }) => kind === kindsByField[field] && name !== "__proto__")
        .map(({ name, fingerprint }) => [name, fingerprint]),
    );
  return Object.fromEntries(kindFields.map((field) => [field, of(field)])) as Rejections;
}

export function fromRejections(rejections: Rejections): Rejection[] {
  return kindFields.flatMap((field) =>
    Object.entries(rejections[field]).map(([name, fingerprint]) => ({
      kind: kindsByField[field],
      name,
      fingerprint,
    })),
  );
}

export function fromApprovals(approvals: Approvals): Approval[] {
  return kindFields.flatMap((field) =>
    Object.entries(approvals[field]).map(([name, approval]) => ({
      kind: kindsByField[field],
      name,
      ...approval,
    })),
  );
}

export function portalEntryOf(portal: Portal): PortalEntry {
  return {
    title: portal.title,
    naming: portal.naming,
    instructions: portal.instructions,
    ...(portal.hostname !== undefined && { hostname: portal.hostname }),
    autoAccept: inOneOrder(portal.autoAccept),
    isListed: portal.isListed,
    directory: portal.directory,
    access: [...portal.access],
    isReadOnly: portal.isReadOnly,
    codeMode: portal.codeMode,
    publicLimits: portal.publicLimits,
    trustedIssuers: [...portal.trustedIssuers] as PortalEntry["trustedIssuers"],
    servers: portal.servers.map((server, at) =>
      portalServerOf(server, portal.curations.get(portal.serverIds[at] ?? "") ?? everything),
    ),
  };
}

function portalServerOf(server: string, { mode, entries }: Curation): PortalServerEntry {
  const of = (field: (typeof curatedFields)[number]) =>
    compact<Readonly<Record<string, CurationEntry>>>(entries[kindsByField[field]]);
  const byField = Object.fromEntries(curatedFields.map((field) => [field, of(field)]));
  return { server, mode, ...byField } as PortalServerEntry;
}

export function toCuration({
  mode,
  tools,
  prompts,
  resources,
  resourceTemplates,
}: PortalServerEntry): Curation {
  const entries = { tool: tools, prompt: prompts, resource: resources, resource_template: resourceTemplates };
  return { mode, entries: entries as Curation["entries"] };
}

function inOneOrder(
  given: ServerEntry["autoAccept"][number][] | readonly ServerEntry["autoAccept"][number][],
) {
  return Object.values(kindsByField).filter((kind) => given.includes(kind));
}
