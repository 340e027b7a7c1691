/** Portals in PostgreSQL. Every change wakes the replicas through the change log. */
import { groupWho, withdrawPortal, type Group } from "@castellan/access";
import type { Curation, Rename } from "@castellan/calls";
import { recordChange, sql, type Database, type Queryable, type SqlStatement } from "@castellan/database";
import { createId, kernelFaults, type Id } from "@castellan/kernel";
import { isDeepStrictEqual } from "node:util";
import { portalFaults } from "../faults.ts";
import { assertAliasesFree } from "./aliases.ts";
import {
  draftOf,
  patchCuration,
  toDraft,
  withChange,
  withGroupRenamed,
  withoutServer,
  withServer,
  type PortalDraft,
} from "./portal-draft.ts";
import { selectPortals, toPortal, type PortalRow } from "./portal-row.ts";
import type { CurationPatch, NewPortal, Portal, PortalChange, PortalFilter, WholePortal } from "./portal.ts";
import { insertPortal, savePortal, type PortalSaving } from "./save-portal.ts";

/** The topic of the change log under which portals are told; keys are portal ids. */
export const portalsTopic = "portals";

/**
 * What changes a portal raises its `version`, unless nothing is different then. With `ifMatch` another version than
 * that is refused with `version_stale`. All throw `portal_not_found` where there is no such portal.
 */
export interface PortalStore {
  /** Throws `portal_slug_taken`, `hostname_taken`, `server_unknown`, `trusted_issuer_unknown`, `alias_taken`, `invalid_input`. */
  add(portal: NewPortal): Promise<Portal>;
  list(): Promise<Portal[]>;
  /** In the order of slugs; `next` is the `after` of the next page. */
  page(filter: PortalFilter): Promise<{ items: Portal[]; next?: string }>;
  /** Those of these ids that exist. */
  findByIds(ids: readonly string[]): Promise<Portal[]>;
  find(slug: string): Promise<Portal | undefined>;
  get(slug: string): Promise<Portal>;
  /** Throws `hostname_taken`, `server_unknown`, `trusted_issuer_unknown`, `invalid_input`; `alias_taken` for another naming, or servers that come. */
  change(slug: string, change: PortalChange, ifMatch?: number): Promise<Portal>;
  /**
   * Offers a server after those that are there. One that is there keeps its place, and its curation unless one is
   * given. Throws `server_unknown`, `alias_taken`.
   */
  putServer(slug: string, server: string, curation?: Curation, ifMatch?: number): Promise<Portal>;
  /** Throws `portal_server_not_listed`, `alias_taken`. */
  changeCuration(slug: string, server: string, patch: CurationPatch, ifMatch?: number): Promise<Portal>;
  /** Throws `portal_server_not_listed`. */
  removeServer(slug: string, server: string, ifMatch?: number): Promise<Portal>;
  /** Makes it exactly this. Throws `hostname_taken`, `server_unknown`, `trusted_issuer_unknown`, `alias_taken`, `invalid_input`. */
  replace(slug: string, whole: WholePortal, ifMatch?: number): Promise<Portal>;
  remove(slug: string, ifMatch?: number): Promise<void>;
  /**
   * Carries what portals say of definitions over to their new names, in the transaction that approves these. What a
   * portal says of a new name already stays.
   */
  renameCuration(tx: Queryable, serverId: Id<"server">, renames: readonly Rename[]): Promise<void>;
  /**
   * Carries the rules about a group over to its new name, in the transaction that gives it that; undefined: the group
   * goes, and they with it. A later group of the old name is another one, whom nobody let in.
   */
  renameGroup(
    tx: Queryable,
    group: Pick<Group, "directory" | "name">,
    name: string | undefined,
  ): Promise<void>;
  /** Takes an issuer that goes out of every portal, in the transaction that removes it. */
  withdrawIssuer(tx: Queryable, slug: string): Promise<void>;
}

export interface PortalStoreOptions {
  /** The host (with its port) of the installation itself, which no portal may have. */
  readonly publicHost?: string;
  /** Told of one that goes, in the transaction that removes it; what it throws keeps the portal. */
  readonly onRemoved?: ((tx: Queryable, slug: string) => Promise<void>) | undefined;
}

export function createPortalStore(database: Database, options: PortalStoreOptions = {}): PortalStore {
  async function find(slug: string): Promise<Portal | undefined> {
    const [row] = await database.query<PortalRow>(sql`${selectPortals} where p.slug = ${slug}`);
    return row && toPortal(row);
  }

  async function get(slug: string): Promise<Portal> {
    const found = await find(slug);
    if (!found) throw notFound(slug);
    return found;
  }

  /** Edits a portal under its row's lock, and tells of it if it is another one then. */
  async function edit(
    slug: string,
    ifMatch: number | undefined,
    toWanted: (draft: PortalDraft) => PortalDraft,
  ): Promise<Portal> {
    await database.transaction(async (tx) => {
      const portal = await lock(tx, slug, ifMatch);
      const before = draftOf(portal);
      const wanted = toWanted(before);
      if (isDeepStrictEqual(before, wanted)) return;
      await save(tx, { id: portal.id, before, wanted });
    });
    return get(slug);
  }

  /** Edits all of these portals, as part of a transaction. */
  async function editWhere(
    tx: Queryable,
    which: SqlStatement,
    toWanted: (draft: PortalDraft) => PortalDraft,
  ): Promise<void> {
    const chosen = await tx.query<{ slug: string }>(
      sql`select slug from portals where ${which} order by id for update`,
    );
    for (const { slug } of chosen) {
      const portal = await lock(tx, slug, undefined);
      const before = draftOf(portal);
      await save(tx, { id: portal.id, before, wanted: toWanted(before) });
    }
  }

  async function save(tx: Queryable, saving: PortalSaving): Promise<void> {
    const { hostname } = saving.wanted;
    if (hostname !== undefined && hostname === options.publicHost)
      throw portalFaults.fault("hostname_taken", `${hostname} is the installation's own host name`, {
        field: "hostname",
      });
    await savePortal(tx, saving);
    await assertAliasesFree(tx, saving);
    await recordChange(tx, portalsTopic, saving.id);
  }

  return {
    find,
    get,

    async add({ slug, ...whole }) {
      const id = createId("portal");
      await database.transaction(async (tx) => {
        await insertPortal(tx, { id, slug, title: whole.title });
        await save(tx, { id, before: undefined, wanted: toDraft(whole) });
      });
      return get(slug);
    },

    async list() {
      const rows = await database.query<PortalRow>(sql`${selectPortals} order by p.slug`);
      return rows.map(toPortal);
    },

    async page({ q, server, after, limit }) {
      const part = `%${(q ?? "").replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
      const rows = await database.query<PortalRow>(sql`
        ${selectPortals}
         where p.slug > ${after ?? ""} and (p.slug ilike ${part} or p.title ilike ${part})
           and (${server ?? null}::text is null
                or exists (select 1 from portal_servers ps join servers s on s.id = ps.server_id
                            where ps.portal_id = p.id and s.slug = ${server ?? null}))
         order by p.slug limit ${limit + 1}`);
      const items = rows.slice(0, limit).map(toPortal);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, next: last.slug } : { items };
    },

    async findByIds(ids) {
      const rows = await database.query<PortalRow>(
        sql`${selectPortals} where p.id = any(${ids}) order by p.slug`,
      );
      return rows.map(toPortal);
    },

    change: (slug, change, ifMatch) => edit(slug, ifMatch, (draft) => withChange(draft, change)),

    putServer: (slug, server, curation, ifMatch) =>
      edit(slug, ifMatch, (draft) => withServer(draft, server, curation)),

    changeCuration: (slug, server, patch, ifMatch) =>
      edit(slug, ifMatch, (draft) => {
        const { curation } = listed(draft, slug, server);
        return withServer(draft, server, patchCuration(curation, patch));
      }),

    removeServer: (slug, server, ifMatch) =>
      edit(slug, ifMatch, (draft) => {
        listed(draft, slug, server);
        return withoutServer(draft, server);
      }),

    replace: (slug, whole, ifMatch) => edit(slug, ifMatch, () => toDraft(whole)),

    async remove(slug, ifMatch) {
      await database.transaction(async (tx) => {
        const { id } = await lock(tx, slug, ifMatch);
        await options.onRemoved?.(tx, slug);
        await tx.query(sql`delete from portals where id = ${id}`);
        await withdrawPortal(tx, slug);
        await recordChange(tx, portalsTopic, id);
      });
    },

    async renameGroup(tx, { directory, name: from }, to) {
      const rule = JSON.stringify([{ who: groupWho(from) }]);
      await editWhere(tx, sql`directory = ${directory} and access @> ${rule}::jsonb`, (draft) =>
        withGroupRenamed(draft, from, to),
      );
    },

    withdrawIssuer: (tx, slug) =>
      editWhere(tx, sql`trusted_issuers @> ${[slug]}::text[]`, (draft) => ({
        ...draft,
        trustedIssuers: draft.trustedIssuers.filter((one) => one !== slug),
      })),

    async renameCuration(tx, serverId, renames) {
      const column = (key: keyof Rename) => renames.map((rename) => rename[key]);
      const renamed = sql`
        unnest(${column("kind")}::text[], ${column("from")}::text[], ${column("to")}::text[])
          as renamed (kind, name, new_name)`;
      // Portals are locked ahead of what is in them, as by every other change.
      await tx.query(sql`
        select 1 from portals
         where id in (select portal_id from portal_definitions d join ${renamed} using (kind, name)
                       where d.server_id = ${serverId})
         order by id for update`);
      const moved = await tx.query<{ portal_id: string }>(sql`
        update portal_definitions d set name = renamed.new_name
          from ${renamed}
         where d.server_id = ${serverId} and d.kind = renamed.kind and d.name = renamed.name
           and not exists (select 1 from portal_definitions other
                            where other.portal_id = d.portal_id and other.server_id = d.server_id
                              and other.kind = d.kind and other.name = renamed.new_name)
        returning portal_id`);
      const ids = [...new Set(moved.map((row) => row.portal_id))];
      await tx.query(sql`
        update portals set version = version + 1, updated_at = now() where id = any(${ids})`);
      for (const id of ids) await recordChange(tx, portalsTopic, id);
    },
  };
}

/** The portal as it is, and stays until the transaction ends. Throws `portal_not_found`, `version_stale`. */
async function lock(tx: Queryable, slug: string, ifMatch: number | undefined): Promise<Portal> {
  const [locked] = await tx.query<{ id: string }>(
    sql`select id from portals where slug = ${slug} for update`,
  );
  // A statement of its own: one that had to wait for the lock sees other tables as they were before it waited.
  const [row] = await tx.query<PortalRow>(sql`${selectPortals} where p.id = ${locked?.id ?? ""}`);
  if (!row) throw notFound(slug);
  if (ifMatch !== undefined && row.version !== ifMatch)
    throw kernelFaults.fault(
      "version_stale",
      `Portal "${slug}" is at version ${row.version}, not at ${ifMatch}`,
      { field: "If-Match" },
    );
  return toPortal(row);
}

/** Throws `portal_server_not_listed`. */
function listed(draft: PortalDraft, slug: string, server: string) {
  const found = draft.servers.find((one) => one.server === server);
  if (found) return found;
  throw portalFaults.fault("portal_server_not_listed", `Server "${server}" is not in portal "${slug}"`);
}

function notFound(slug: string) {
  return portalFaults.fault("portal_not_found", `There is no portal "${slug}"`);
}
