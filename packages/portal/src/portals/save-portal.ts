/** Writes what an admin wants of a portal, under its row's lock. */
import { callFaults, everything, type Curation } from "@castellan/calls";
import { isUniqueViolation, sql, type Queryable } from "@castellan/database";
import { assertIssuersKnown, isSoundRule } from "@castellan/access";
import { invalidInput, type Id, type Slug } from "@castellan/kernel";
import { isDeepStrictEqual } from "node:util";
import { portalFaults } from "../faults.ts";
import type { PortalDraft } from "./portal-draft.ts";
import type { NewPortalServer } from "./portal.ts";

export interface PortalSaving {
  readonly id: Id<"portal">;
  /** As it is stored; undefined for a row that was just made. */
  readonly before: PortalDraft | undefined;
  readonly wanted: PortalDraft;
}

/** Throws `portal_slug_taken`. */
export async function insertPortal(
  tx: Queryable,
  { id, slug, title }: { id: Id<"portal">; slug: Slug; title: string },
): Promise<void> {
  try {
    // The version of what is in it is written with that.
    await tx.query(sql`insert into portals (id, slug, title, version) values (${id}, ${slug}, ${title}, 0)`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw portalFaults.fault("portal_slug_taken", `A portal "${slug}" exists already`, { field: "slug" });
  }
}

/** Throws `hostname_taken`, `server_unknown`, `trusted_issuer_unknown`, `invalid_input`. */
export async function savePortal(tx: Queryable, saving: PortalSaving): Promise<void> {
  const { id, before, wanted } = saving;
  assertSoundRules(wanted);
  const trusted = new Set(before?.trustedIssuers);
  await assertIssuersKnown(
    tx,
    wanted.trustedIssuers.filter((slug) => !trusted.has(slug)),
  );
  await savePortalRow(tx, id, wanted);
  const known = new Map(before?.servers.map((one) => [one.server, one.curation]));
  const isOrdered = isDeepStrictEqual(before?.servers.map(toPlace), wanted.servers.map(toPlace));
  const saidAnew = wanted.servers.filter(
    ({ server, curation }) => !isDeepStrictEqual((known.get(server) ?? everything).entries, curation.entries),
  );
  const ids = await serverIds(tx, isOrdered ? saidAnew : wanted.servers);
  if (!isOrdered) await saveServers(tx, id, wanted.servers, ids);
  const changed = saidAnew.map(({ server, curation }) => ({ serverId: ids.get(server) ?? "", curation }));
  if (changed.length > 0) await saveEntries(tx, id, changed);
}

/** A rule about what is not there would silently give nothing. Throws `invalid_input`. */
function assertSoundRules({ access, servers }: PortalDraft): void {
  const listed = new Set(servers.map(({ server }) => server));
  for (const [index, rule] of access.entries()) {
    const field = `access[${index}]`;
    if (!isSoundRule(rule))
      throw invalidInput([
        { field: `${field}.classes`, reason: "must be read alone: the public reads only" },
      ]);
    const foreign = rule.servers?.find((server) => !listed.has(server));
    if (foreign !== undefined)
      throw invalidInput([
        { field: `${field}.servers`, reason: `names "${foreign}", which is no server of this portal` },
      ]);
  }
}

function toPlace({ server, curation: { mode } }: NewPortalServer): readonly string[] {
  return [server, mode];
}

async function savePortalRow(tx: Queryable, id: string, wanted: PortalDraft): Promise<void> {
  try {
    await tx.query(sql`
      update portals
         set title = ${wanted.title}, naming = ${wanted.naming}, instructions = ${wanted.instructions},
             hostname = ${wanted.hostname ?? null}, auto_accept = ${wanted.autoAccept},
             is_listed = ${wanted.isListed}, directory = ${wanted.directory},
             access = ${JSON.stringify(wanted.access)}::jsonb,
             is_read_only = ${wanted.isReadOnly}, code_mode = ${wanted.codeMode},
             public_per_minute = ${wanted.publicLimits.requestsPerMinute},
             public_per_address = ${wanted.publicLimits.requestsPerMinutePerAddress},
             trusted_issuers = ${wanted.trustedIssuers}, managed_by = ${wanted.managedBy ?? null},
             version = version + 1, updated_at = now()
       where id = ${id}`);
  } catch (error) {
    if (!isUniqueViolation(error, "portals_hostname_key")) throw error;
    throw portalFaults.fault("hostname_taken", `Another portal has the host name ${wanted.hostname ?? ""}`, {
      field: "hostname",
    });
  }
}

/** By slug; none of them goes away meanwhile. Throws `server_unknown`. */
async function serverIds(
  tx: Queryable,
  servers: readonly NewPortalServer[],
): Promise<ReadonlyMap<string, string>> {
  const slugs = servers.map(({ server }) => server);
  const rows = await tx.query<{ id: string; slug: string }>(
    sql`select id, slug from servers where slug = any(${slugs}) order by slug for share`,
  );
  const ids = new Map(rows.map(({ slug, id }) => [slug, id]));
  const unknown = slugs.find((slug) => !ids.has(slug));
  if (unknown === undefined) return ids;
  throw callFaults.fault("server_unknown", `No server "${unknown}" is registered`, { field: "servers" });
}

async function saveServers(
  tx: Queryable,
  id: string,
  servers: readonly NewPortalServer[],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const inOrder = servers.map(({ server }) => ids.get(server) ?? "");
  const modes = servers.map(({ curation }) => curation.mode);
  await tx.query(sql`delete from portal_servers where portal_id = ${id} and server_id <> all(${inOrder})`);
  await tx.query(sql`
    insert into portal_servers (portal_id, server_id, mode, ordinal)
    select ${id}, one.* from unnest(${inOrder}::text[], ${modes}::text[]) with ordinality as one
    on conflict (portal_id, server_id) do update set mode = excluded.mode, ordinal = excluded.ordinal`);
}

/** Puts the entries of these servers in the place of those that are there; of a portal of many servers at once. */
async function saveEntries(
  tx: Queryable,
  portalId: string,
  changed: readonly { readonly serverId: string; readonly curation: Curation }[],
): Promise<void> {
  const rows = changed.flatMap(({ serverId, curation }) =>
    Object.entries(curation.entries).flatMap(([kind, byName]) =>
      Object.entries(byName).map(([name, entry]) => ({ server_id: serverId, kind, name, ...entry })),
    ),
  );
  const servers = changed.map(({ serverId }) => serverId);
  await tx.query(
    sql`delete from portal_definitions where portal_id = ${portalId} and server_id = any(${servers})`,
  );
  await tx.query(sql`
    insert into portal_definitions (portal_id, server_id, kind, name, enabled, alias, description)
    select ${portalId}, server_id, kind, name, enabled, alias, description
      from json_to_recordset(${JSON.stringify(rows)}::json)
           as entry (server_id text, kind text, name text, enabled boolean, alias text, description text)`);
}
