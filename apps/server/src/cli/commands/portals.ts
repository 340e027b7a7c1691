/** `castellan portal list`, `show`, `remove`, and which servers a portal offers. */
import { pages, type Portal } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { confirm } from "../input/confirm.ts";
import { printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";
import { portalUrls, showPortal } from "./show-portal.ts";

export interface ListPortalsOptions {
  readonly server?: string;
  readonly search?: string;
}

export async function listPortals(session: Session, options: ListPortalsOptions): Promise<void> {
  const { terminal, api, url } = session;
  const { server, search: q } = options;
  const items = await Array.fromAsync(pages(api.listPortals, { query: { server, q, limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0) {
      const isFiltered = (server ?? q) !== undefined;
      const text = "There is no portal yet: castellan portal add SLUG --servers A,B";
      return terminal.note(isFiltered ? "No portal fits" : text);
    }
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        { title: "TITLE", value: ({ title }) => title, shrinks: true },
        { title: "NAMES", value: ({ naming }) => naming },
        { title: "SERVERS", value: ({ servers }) => serverNames(servers), shrinks: true },
        { title: "URL", value: (portal) => portalUrls(portal, url) },
      ],
      terminal,
    );
  });
}

export async function getPortal(session: Session, slug: string): Promise<void> {
  showPortal(session, await session.api.getPortal({ params: { slug: parseSlug(slug, "PORTAL") } }));
}

export async function addPortalServer(session: Session, portal: string, server: string): Promise<void> {
  showPortal(session, await session.api.addPortalServer({ params: pairOf(portal, server) }));
}

export async function removePortalServer(session: Session, portal: string, server: string): Promise<void> {
  const { terminal, api } = session;
  const params = pairOf(portal, server);
  show(session, await api.removePortalServer({ params }), () =>
    terminal.print(`Server ${params.server} is out of portal ${params.slug}; it stays registered`),
  );
}

export async function removePortal(
  session: Session,
  portal: string,
  options: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const slug = parseSlug(portal, "PORTAL");
  await confirm(`Remove portal ${slug}? Its clients lose their connection.`, terminal, options.yes);
  await api.removePortal({ params: { slug } });
  show(session, { removed: slug }, () => terminal.print(`Portal ${slug} is removed`));
}

export function pairOf(portal: string, server: string): { slug: string; server: string } {
  return { slug: parseSlug(portal, "PORTAL"), server: parseSlug(server, "SERVER") };
}

function serverNames(servers: Portal["servers"]): string {
  return servers.map(({ server }) => server).join(", ") || "-";
}
