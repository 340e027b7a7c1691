/** `castellan portal tools`: what a portal makes of its servers' tools. */
import { pages, type PortalTool } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";
import type { Style } from "../terminal.ts";

export interface PortalToolsOptions {
  readonly search?: string;
  readonly state?: PortalTool["state"];
}

export async function listPortalTools(
  session: Session,
  portal: string,
  options: PortalToolsOptions,
): Promise<void> {
  const { terminal, api } = session;
  const params = { slug: parseSlug(portal, "PORTAL") };
  const query = { q: options.search, state: options.state, limit: 200 };
  const items = await Array.fromAsync(pages(api.listPortalTools, { params, query }));
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("No tool fits");
    return printTable(
      items,
      [
        { title: "TOOL", value: ({ publicName }) => publicName ?? "-", shrinks: true },
        { title: "SERVER", value: ({ server }) => server },
        { title: "NAME", value: ({ name }) => name, shrinks: true },
        { title: "CLASS", value: ({ class: what }) => what },
        { title: "STATE", value: ({ state }) => state, style: ({ state }) => styles[state] },
        { title: "WHY", value: why },
      ],
      terminal,
    );
  });
}

const styles: Readonly<Record<PortalTool["state"], Style>> = { on: "green", off: "dim", waiting: "yellow" };

/** Nothing to be said of what everybody gets. */
function why({ state, reason, review, eras }: PortalTool): string {
  if (reason !== undefined) return reason === "waiting" ? review : reasons[reason];
  return state === "on" && eras.length === 1 ? `${eras[0]} clients only` : "";
}

const reasons: Readonly<Record<Exclude<PortalTool["reason"], "waiting" | undefined>, string>> = {
  switched_off: "switched off",
  not_switched_on: "not on the allowlist",
  name_of_another: "another server has a tool of this name: approve it, or give it an alias",
  headers_unsound: "its header marks are not sound",
};
