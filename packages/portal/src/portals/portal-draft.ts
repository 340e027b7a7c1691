/** A portal as an admin wants it, and every change to one as a plain function from one draft to the next. */
import { groupWho, toPlainRule, type AccessRule } from "@castellan/access";
import { everything, type Curation, type CurationEntry } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import { defaultPublicLimits } from "./portal.ts";
import type {
  CurationPatch,
  EntryPatch,
  KindPatch,
  NewPortalServer,
  Portal,
  PortalChange,
  WholePortal,
} from "./portal.ts";

/** All that an admin says of a portal, in one form: what is equal is written alike. */
export interface PortalDraft extends Pick<
  Portal,
  | "title"
  | "naming"
  | "instructions"
  | "hostname"
  | "autoAccept"
  | "isListed"
  | "directory"
  | "access"
  | "isReadOnly"
  | "codeMode"
  | "publicLimits"
  | "trustedIssuers"
  | "managedBy"
> {
  readonly servers: readonly NewPortalServer[];
}

export function draftOf(portal: Portal): PortalDraft {
  const servers = portal.servers.map((server, at) => ({
    server,
    curation: portal.curations.get(portal.serverIds[at] ?? "") ?? everything,
  }));
  return toDraft({ ...portal, servers });
}

export function toDraft(whole: WholePortal): PortalDraft {
  return {
    title: whole.title,
    naming: whole.naming,
    instructions: whole.instructions ?? "",
    hostname: whole.hostname,
    autoAccept: [...new Set(whole.autoAccept)].toSorted(),
    isListed: whole.isListed ?? false,
    directory: whole.directory ?? "workforce",
    access: (whole.access ?? []).map(toPlainRule),
    isReadOnly: whole.isReadOnly ?? false,
    codeMode: whole.codeMode ?? "allowed",
    publicLimits: { ...defaultPublicLimits, ...whole.publicLimits },
    trustedIssuers: [...new Set(whole.trustedIssuers)].toSorted(),
    managedBy: whole.managedBy,
    servers: whole.servers.map((one) =>
      typeof one === "string"
        ? { server: one, curation: everything }
        : { server: one.server, curation: toPlainCuration(one.curation) },
    ),
  };
}

export function withChange(draft: PortalDraft, change: PortalChange): PortalDraft {
  const { hostname, managedBy, servers } = change;
  const known = new Map(draft.servers.map((one) => [one.server, one]));
  return toDraft({
    title: change.title ?? draft.title,
    naming: change.naming ?? draft.naming,
    instructions: change.instructions ?? draft.instructions,
    hostname: hostname === undefined ? draft.hostname : (hostname ?? undefined),
    autoAccept: change.autoAccept ?? draft.autoAccept,
    isListed: change.isListed ?? draft.isListed,
    directory: change.directory ?? draft.directory,
    access: change.access ?? (servers ? rulesAbout(draft.access, new Set(servers)) : draft.access),
    isReadOnly: change.isReadOnly ?? draft.isReadOnly,
    codeMode: change.codeMode ?? draft.codeMode,
    publicLimits: change.publicLimits ?? draft.publicLimits,
    trustedIssuers: change.trustedIssuers ?? draft.trustedIssuers,
    managedBy: managedBy === undefined ? draft.managedBy : (managedBy ?? undefined),
    servers: servers?.map((server) => known.get(server) ?? server) ?? draft.servers,
  });
}

/** One more server, at the end; of one that is there already the curation, if any is given. */
export function withServer(draft: PortalDraft, server: string, curation: Curation | undefined): PortalDraft {
  const isThere = draft.servers.some((one) => one.server === server);
  const servers = isThere
    ? draft.servers.map((one) => (one.server === server && curation ? { server, curation } : one))
    : [...draft.servers, { server, curation: curation ?? everything }];
  return toDraft({ ...draft, servers });
}

export function withoutServer(draft: PortalDraft, server: string): PortalDraft {
  const servers = draft.servers.filter((one) => one.server !== server);
  return { ...draft, servers, access: rulesAbout(draft.access, new Set(servers.map((one) => one.server))) };
}

/** The same rules with what they say of these servers: one that was about others only says nothing any more. */
export function rulesAbout(access: readonly AccessRule[], servers: ReadonlySet<string>): AccessRule[] {
  return access.flatMap((rule) => {
    if (!rule.servers) return [rule];
    const left = rule.servers.filter((server) => servers.has(server));
    return left.length === 0 ? [] : [{ ...rule, servers: left }];
  });
}

/** With another name for a group of the portal's directory; undefined: without it. */
export function withGroupRenamed(draft: PortalDraft, from: string, to: string | undefined): PortalDraft {
  const access = draft.access.flatMap((rule) => {
    if (rule.who !== groupWho(from)) return [rule];
    return to === undefined ? [] : [{ ...rule, who: groupWho(to) }];
  });
  return { ...draft, access };
}

/** RFC 7396, down to the fields of an entry. */
export function patchCuration({ mode, entries }: Curation, patch: CurationPatch): Curation {
  const of = (kind: CapabilityKind) => patchKind(entries[kind], patch.entries?.[kind]);
  return {
    mode: patch.mode === undefined ? mode : (patch.mode ?? "all"),
    entries: {
      tool: of("tool"),
      prompt: of("prompt"),
      resource: of("resource"),
      resource_template: of("resource_template"),
    },
  };
}

type Entries = Curation["entries"][CapabilityKind];

function patchKind(entries: Entries, patch: KindPatch | null | undefined): Entries {
  if (patch === undefined) return entries;
  const patched = new Map(patch === null ? [] : Object.entries(entries));
  for (const [name, change] of Object.entries(patch ?? {}))
    if (change === null) patched.delete(name);
    else patched.set(name, patchEntry(patched.get(name) ?? {}, change));
  return Object.fromEntries(patched);
}

function patchEntry(entry: CurationEntry, patch: EntryPatch): CurationEntry {
  const fields = Object.entries({ ...entry, ...withoutAbsent(patch) });
  return Object.fromEntries(fields.filter(([, value]) => value !== null));
}

function withoutAbsent(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** An entry that says nothing is none. */
function toPlainCuration({ mode, entries }: Curation): Curation {
  const of = (kind: CapabilityKind) =>
    Object.fromEntries(
      Object.entries(entries[kind])
        .map(([name, entry]): [string, CurationEntry] => [name, withoutAbsent(entry)])
        .filter(([, entry]) => Object.keys(entry).length > 0),
    );
  return {
    mode,
    entries: {
      tool: of("tool"),
      prompt: of("prompt"),
      resource: of("resource"),
      resource_template: of("resource_template"),
    },
  };
}
