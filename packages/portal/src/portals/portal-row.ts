/** A portal as PostgreSQL has it. */
import type { AccessRule, Directory } from "@castellan/access";
import type { Curation, CurationEntry, DefinitionKind, Naming } from "@castellan/calls";
import { sql } from "@castellan/database";
import type { Id, Slug } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import { rulesAbout } from "./portal-draft.ts";
import type { CodeModeRule, Portal } from "./portal.ts";

export interface PortalRow {
  id: Id<"portal">;
  slug: Slug;
  title: string;
  naming: Naming;
  instructions: string;
  hostname: string | null;
  auto_accept: DefinitionKind[];
  is_listed: boolean;
  directory: Directory;
  access: AccessRule[];
  is_read_only: boolean;
  code_mode: CodeModeRule;
  public_per_minute: number;
  public_per_address: number;
  trusted_issuers: string[];
  managed_by: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  servers: { id: Id<"server">; slug: string; mode: Curation["mode"] }[];
  entries: EntryRow[];
}

type EntryRow = [
  serverId: string,
  kind: CapabilityKind,
  name: string,
  enabled: boolean | null,
  alias: string | null,
  description: string | null,
];

/** To be followed by a condition on `p`, the portal. */
export const selectPortals = sql`
  select p.id, p.slug, p.title, p.naming, p.instructions, p.hostname, p.auto_accept, p.is_listed, p.directory,
         p.access, p.is_read_only, p.code_mode, p.public_per_minute, p.public_per_address, p.trusted_issuers, p.managed_by,
         p.version, p.created_at, p.updated_at,
         coalesce((select json_agg(json_build_object('id', s.id, 'slug', s.slug, 'mode', ps.mode)
                                   order by ps.ordinal, s.slug)
                     from portal_servers ps join servers s on s.id = ps.server_id
                    where ps.portal_id = p.id), '[]') as servers,
         coalesce((select json_agg(json_build_array(d.server_id, d.kind, d.name, d.enabled, d.alias, d.description)
                                   order by d.name)
                     from portal_definitions d where d.portal_id = p.id), '[]') as entries
    from portals p`;

export function toPortal(row: PortalRow): Portal {
  return {
    id: row.id,
    slug: row.slug,
    title: row.title,
    naming: row.naming,
    instructions: row.instructions,
    hostname: row.hostname ?? undefined,
    autoAccept: row.auto_accept,
    isListed: row.is_listed,
    directory: row.directory,
    access: rulesAbout(row.access, new Set(row.servers.map(({ slug }) => slug))),
    isReadOnly: row.is_read_only,
    codeMode: row.code_mode,
    publicLimits: {
      requestsPerMinute: row.public_per_minute,
      requestsPerMinutePerAddress: row.public_per_address,
    },
    trustedIssuers: row.trusted_issuers,
    servers: row.servers.map(({ slug }) => slug),
    serverIds: row.servers.map(({ id }) => id),
    curations: toCurations(row),
    managedBy: row.managed_by ?? undefined,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Of the servers of which something is said. */
function toCurations({ servers, entries }: PortalRow): ReadonlyMap<string, Curation> {
  const byServer = Map.groupBy(entries, ([serverId]) => serverId);
  return new Map(
    servers
      .filter(({ id, mode }) => mode !== "all" || byServer.has(id))
      .map(({ id, mode }) => [id, { mode, entries: toEntries(byServer.get(id) ?? []) }]),
  );
}

function toEntries(rows: readonly EntryRow[]): Curation["entries"] {
  const of = (wanted: CapabilityKind) =>
    Object.fromEntries(rows.filter(([, kind]) => kind === wanted).map((row) => [row[2], toEntry(row)]));
  return {
    tool: of("tool"),
    prompt: of("prompt"),
    resource: of("resource"),
    resource_template: of("resource_template"),
  };
}

function toEntry([, , , enabled, alias, description]: EntryRow): CurationEntry {
  return {
    ...(enabled !== null && { enabled }),
    ...(alias !== null && { alias }),
    ...(description !== null && { description }),
  };
}
