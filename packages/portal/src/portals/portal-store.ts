/** Portals in PostgreSQL. Every change wakes the replicas through the change log. */
import { withdrawPortal } from "@castellan/access";
import { callFaults, type Naming } from "@castellan/calls";
import { isUniqueViolation, recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { createId, type Id, type Slug } from "@castellan/kernel";
import { portalFaults } from "../faults.ts";
import type { NewPortal, Portal } from "./portal.ts";

/** The topic of the change log under which portals are told; keys are portal ids. */
export const portalsTopic = "portals";

export interface PortalStore {
  /** Throws `portal_slug_taken`, `server_unknown`. */
  add(portal: NewPortal): Promise<Portal>;
  list(): Promise<Portal[]>;
  /** Throws `portal_not_found`. */
  get(slug: string): Promise<Portal>;
  /** Throws `portal_not_found`. */
  remove(slug: string): Promise<void>;
  /** Throws `portal_not_found`, `server_unknown`, `portal_server_listed`. */
  addServer(slug: string, server: string): Promise<Portal>;
  /** Throws `portal_not_found`, `portal_server_not_listed`. */
  removeServer(slug: string, server: string): Promise<Portal>;
}

interface PortalRow {
  id: Id<"portal">;
  slug: Slug;
  title: string;
  naming: Naming;
  servers: string[];
  server_ids: Id<"server">[];
  revision: number;
  created_at: Date;
}

const selectPortals = sql`
  select p.id, p.slug, p.title, p.naming, p.revision, p.created_at,
         array(select s.slug from portal_servers ps join servers s on s.id = ps.server_id
                where ps.portal_id = p.id order by ps.ordinal) as servers,
         array(select ps.server_id from portal_servers ps
                where ps.portal_id = p.id order by ps.ordinal) as server_ids
    from portals p`;

export function createPortalStore(database: Database): PortalStore {
  async function get(slug: string): Promise<Portal> {
    const [row] = await database.query<PortalRow>(sql`${selectPortals} where p.slug = ${slug}`);
    if (!row) throw notFound(slug);
    return toPortal(row);
  }

  /** Changes a portal under its row's lock, and tells of it. */
  async function change(slug: string, apply: (tx: Queryable, id: string) => Promise<void>): Promise<Portal> {
    await database.transaction(async (tx) => {
      const [row] = await tx.query<{ id: string }>(
        sql`update portals set revision = revision + 1 where slug = ${slug} returning id`,
      );
      if (!row) throw notFound(slug);
      await apply(tx, row.id);
      await recordChange(tx, portalsTopic, row.id);
    });
    return get(slug);
  }

  return {
    get,

    async add(portal) {
      const id = createId("portal");
      await database.transaction(async (tx) => {
        await insertPortal(tx, id, portal);
        for (const server of portal.servers) await insertPortalServer(tx, id, portal.slug, server);
        await recordChange(tx, portalsTopic, id);
      });
      return get(portal.slug);
    },

    async list() {
      const rows = await database.query<PortalRow>(sql`${selectPortals} order by p.slug`);
      return rows.map(toPortal);
    },

    async remove(slug) {
      await database.transaction(async (tx) => {
        const [gone] = await tx.query<{ id: string }>(
          sql`delete from portals where slug = ${slug} returning id`,
        );
        if (!gone) throw notFound(slug);
        await withdrawPortal(tx, slug);
        await recordChange(tx, portalsTopic, gone.id);
      });
    },

    addServer: (slug, server) => change(slug, (tx, id) => insertPortalServer(tx, id, slug, server)),

    removeServer: (slug, server) =>
      change(slug, async (tx, id) => {
        const gone = await tx.query(sql`
          delete from portal_servers
           where portal_id = ${id} and server_id = (select id from servers where slug = ${server}) returning 1`);
        if (gone.length === 0)
          throw portalFaults.fault(
            "portal_server_not_listed",
            `Server "${server}" is not in portal "${slug}"`,
          );
      }),
  };
}

async function insertPortal(tx: Queryable, id: Id<"portal">, portal: NewPortal): Promise<void> {
  try {
    await tx.query(sql`
      insert into portals (id, slug, title, naming) values (${id}, ${portal.slug}, ${portal.title}, ${portal.naming})`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw portalFaults.fault("portal_slug_taken", `A portal "${portal.slug}" exists already`, {
      field: "slug",
    });
  }
}

async function insertPortalServer(tx: Queryable, id: string, portal: string, server: string): Promise<void> {
  const [known] = await tx.query<{ id: string }>(
    sql`select id from servers where slug = ${server} for share`,
  );
  if (!known)
    throw callFaults.fault("server_unknown", `No server "${server}" is registered`, { field: "servers" });
  const added = await tx.query(sql`
    insert into portal_servers (portal_id, server_id) values (${id}, ${known.id})
    on conflict do nothing returning 1`);
  if (added.length === 0)
    throw portalFaults.fault("portal_server_listed", `Server "${server}" is in portal "${portal}" already`);
}

function notFound(slug: string) {
  return portalFaults.fault("portal_not_found", `There is no portal "${slug}"`);
}

function toPortal({ created_at: createdAt, server_ids: serverIds, ...row }: PortalRow): Portal {
  return { ...row, serverIds, createdAt };
}
