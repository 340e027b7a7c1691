/** One portal for people. */
import type { Portal, PortalServer } from "@castellan/client";
import { kindTexts, kindWord } from "../input/kinds.ts";
import { clean } from "../output/clean.ts";
import { printDetails } from "../output/table.ts";
import { when } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export function showPortal(session: Session, portal: Portal): void {
  const { terminal, url } = session;
  show(session, portal, () => {
    const { slug, title, servers } = portal;
    printDetails(
      {
        Portal: title === slug ? slug : `${slug} (${title})`,
        URL: portalUrls(portal, url),
        "Managed by": portal.managedBy,
        Servers: servers.map(serverText).join(", ") || "none",
        Names: portal.naming === "plain" ? "as the servers call them" : "{server}_{name}",
        Instructions: portal.instructions.replaceAll(/\s*\n\s*/g, " ⏎ ") || undefined,
        Accepts: kindTexts(portal.autoAccept) || undefined,
        "People of": portal.directory === "workforce" ? undefined : portal.directory,
        "May use":
          portal.access.map((rule) => ruleText(rule, terminal.now())).join("; ") ||
          "nobody but programs, by their tokens",
        "Read only": portal.isReadOnly ? "yes, whatever else is allowed" : undefined,
        "Code Mode": portal.codeMode === "allowed" ? undefined : portal.codeMode,
        "Takes tokens of": portal.trustedIssuers.join(", ") || undefined,
        Listed: portal.isListed ? "yes, by the registry to everybody" : undefined,
      },
      terminal,
    );
    for (const { server, unmatched } of servers)
      for (const { kind, name } of unmatched)
        terminal.note(
          clean(
            `What is said of the ${kindWord(kind)} ${name} has no effect: ${server} lists none of that name`,
          ),
        );
  });
}

export function portalUrls({ paths, hostname }: Portal, origin: string): string {
  // Whatever port clients use there is not known here.
  const own = hostname === undefined ? [] : [`/mcp on ${hostname}`];
  return [...paths.map((path) => origin + path), ...own].join(" and ");
}

/** `group:viewers (read)`, `user:ann@example.com (read, write at okrs, ends in 4 h)`. */
function ruleText({ who, classes, servers, until }: Portal["access"][number], nowMs: number): string {
  const at = servers ? ` at ${servers.join(", ")}` : "";
  const isOver = until !== undefined && Date.parse(until) <= nowMs;
  const ends = until === undefined ? "" : `, ${isOver ? "ended" : "ends"} ${when(until, nowMs)}`;
  return `${who} (${classes.join(", ")}${at}${ends})`;
}

/** `weather (3 changed)`, `news (allowlist of 2)`. */
function serverText({ server, mode, tools, prompts, resources, resourceTemplates }: PortalServer): string {
  const entries = [tools, prompts, resources, resourceTemplates].flatMap((some) => Object.values(some));
  const on = entries.filter(({ enabled }) => enabled === true).length;
  if (mode === "allowlist") return `${server} (allowlist of ${on})`;
  return entries.length === 0 ? server : `${server} (${entries.length} changed)`;
}
