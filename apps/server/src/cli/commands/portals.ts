/** `castellan portal …` */
import type { ShownPortal } from "@castellan/api";
import { parseSlug } from "@castellan/kernel";
import { confirm } from "../input/confirm.ts";
import { printDetails, printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";

export interface AddPortalOptions {
  readonly title?: string;
  readonly servers?: readonly string[];
  readonly plainNames?: boolean;
}

export async function addPortal(session: Session, slug: string, options: AddPortalOptions): Promise<void> {
  const { title, servers } = options;
  const naming = options.plainNames ? "plain" : "prefixed";
  showPortal(session, await session.api.post<ShownPortal>("/portals", { slug, title, servers, naming }));
}

export async function listPortals(session: Session): Promise<void> {
  const { terminal, api } = session;
  show(session, await api.get<{ items: ShownPortal[] }>("/portals"), ({ items }) => {
    if (items.length === 0)
      return terminal.note("There is no portal yet: castellan portal add SLUG --servers A,B");
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        { title: "TITLE", value: ({ title }) => title, shrinks: true },
        { title: "NAMES", value: ({ naming }) => naming },
        { title: "SERVERS", value: ({ servers }) => servers.join(", ") || "-", shrinks: true },
        { title: "URL", value: ({ paths }) => urls(paths, api.url) },
      ],
      terminal,
    );
  });
}

export async function getPortal(session: Session, slug: string): Promise<void> {
  showPortal(session, await session.api.get<ShownPortal>(pathOf(slug)));
}

export async function addPortalServer(session: Session, slug: string, server: string): Promise<void> {
  showPortal(session, await session.api.put<ShownPortal>(serverPath(slug, server)));
}

export async function removePortalServer(session: Session, slug: string, server: string): Promise<void> {
  const { terminal, api } = session;
  await api.delete(serverPath(slug, server));
  show(session, { portal: slug, removed: server }, () =>
    terminal.print(`Server ${server} is out of portal ${slug}; it stays registered`),
  );
}

export async function removePortal(
  session: Session,
  slug: string,
  options: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const path = pathOf(slug);
  await confirm(`Remove portal ${slug}? Its clients lose their connection.`, terminal, options.yes);
  await api.delete(path);
  show(session, { removed: slug }, () => terminal.print(`Portal ${slug} is removed`));
}

/** Checked here too, since `..` in a path would make it another one. */
function pathOf(slug: string): string {
  return `/portals/${parseSlug(slug, "SLUG")}`;
}

function serverPath(slug: string, server: string): string {
  return `${pathOf(slug)}/servers/${parseSlug(server, "SERVER")}`;
}

function showPortal(session: Session, portal: ShownPortal): void {
  show(session, portal, () =>
    printDetails(
      {
        Portal: portal.title === portal.slug ? portal.slug : `${portal.slug} (${portal.title})`,
        URL: urls(portal.paths, session.api.url),
        Servers: portal.servers.join(", ") || "none",
        Names: portal.naming === "plain" ? "as the servers call them" : "{server}_{name}",
      },
      session.terminal,
    ),
  );
}

function urls(paths: readonly string[], origin: string): string {
  return paths.map((path) => origin + path).join(" and ");
}
