/** `castellan server list`, `show` and `remove`. */
import { pages, type Server } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { confirm } from "../input/confirm.ts";
import { printTable, type Column } from "../output/table.ts";
import { when } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { Style } from "../terminal.ts";
import { showServer } from "./show-server.ts";

export interface ListServersOptions {
  readonly status?: Server["state"]["status"];
  readonly portal?: string;
  readonly search?: string;
}

export async function listServers(session: Session, options: ListServersOptions): Promise<void> {
  const { terminal, api } = session;
  const { status, portal, search: q } = options;
  const query = { status, portal, q, limit: 200 };
  const items = await Array.fromAsync(pages(api.listServers, { query }));
  show(session, { items }, () => {
    if (items.length > 0) return printTable(items, serverColumns(terminal.now()), terminal);
    const isFiltered = (status ?? portal ?? q) !== undefined;
    return terminal.note(
      isFiltered ? "No server fits" : "No server is registered yet: castellan server add SLUG URL",
    );
  });
}

export async function getServer(session: Session, slug: string): Promise<void> {
  showServer(session, await session.api.getServer({ params: { slug: parseSlug(slug, "SERVER") } }));
}

export async function removeServer(
  session: Session,
  server: string,
  options: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const slug = parseSlug(server, "SERVER");
  await confirm(`Remove server ${slug}, with its credentials and from its portals?`, terminal, options.yes);
  await api.removeServer({ params: { slug } });
  show(session, { removed: slug }, () => terminal.print(`Server ${slug} is removed`));
}

export function serverColumns(now: number): Column<Server>[] {
  return [
    { title: "SLUG", value: ({ slug }) => slug },
    {
      title: "STATE",
      value: ({ state }) => state.status,
      style: ({ state }) => stateStyles[state.status],
    },
    { title: "TOOLS", value: ({ counts }) => String(counts.tools), align: "right" },
    { title: "PROMPTS", value: ({ counts }) => String(counts.prompts), align: "right" },
    {
      title: "RESOURCES",
      value: ({ counts }) => String(counts.resources + counts.resourceTemplates),
      align: "right",
    },
    {
      title: "WAITING",
      value: ({ definitions }) => String(definitions.new + definitions.changed),
      align: "right",
    },
    { title: "ERA", value: ({ state }) => state.eras.join(", ") || "-" },
    { title: "SYNCED", value: ({ state }) => when(state.syncedAt, now) },
    { title: "URL", value: ({ url }) => url, shrinks: true },
  ];
}

const stateStyles: Readonly<Record<Server["state"]["status"], Style>> = {
  ready: "green",
  needs_attention: "yellow",
  waiting: "dim",
  stale: "yellow",
  error: "red",
};
