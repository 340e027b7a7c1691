/** `castellan catalog`: what the token's owner may use, and where. */
import { pages } from "@castellan/client";
import { printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";

export interface CatalogOptions {
  readonly portal?: string;
  readonly search?: string;
}

export async function listCatalog(session: Session, options: CatalogOptions): Promise<void> {
  const { terminal, api } = session;
  const query = { q: options.search, portal: options.portal, limit: 200 };
  const items = await Array.fromAsync(pages(api.listCatalog, { query }));
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("There is no server that you may use");
    const rows = items.flatMap(({ portals, ...server }) => portals.map((portal) => ({ server, portal })));
    return printTable(
      rows,
      [
        { title: "SERVER", value: ({ server }) => server.slug },
        { title: "TITLE", value: ({ server }) => server.title, shrinks: true },
        { title: "ABOUT", value: ({ server }) => server.description || "-", shrinks: true },
        { title: "STATE", value: ({ server }) => server.status },
        { title: "PORTAL", value: ({ portal }) => portal.slug },
        { title: "TOOLS", value: ({ portal }) => String(portal.counts.tools), align: "right" },
        { title: "URL", value: ({ portal }) => portal.url },
      ],
      terminal,
    );
  });
}
