/** `castellan server …` */
import type { DetailedServer, ShownServer } from "@castellan/api";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { parseHeaders } from "../input/headers.ts";
import { secretFromEnv, secretFromFile } from "../input/secret.ts";
import { printDetails, printTable } from "../output/table.ts";
import { relativeTime } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { Style, Terminal } from "../terminal.ts";

/** What may be said of a server at first and later. */
export interface EditServerOptions {
  readonly title?: string;
  /** False: none. */
  readonly clientFeatures?: readonly string[] | false;
  /** False: none. */
  readonly uiHosts?: readonly string[] | false;
}

export interface AddServerOptions extends EditServerOptions {
  readonly header?: readonly string[];
  readonly headerEnv?: readonly string[];
  readonly bearerEnv?: string;
  /** `-` is standard input. */
  readonly bearerFile?: string;
  readonly allowPrivate?: readonly string[];
}

export async function addServer(
  session: Session,
  slug: string,
  url: string,
  options: AddServerOptions,
): Promise<void> {
  const { terminal, api } = session;
  const added = await api.post<DetailedServer>("/servers", {
    slug,
    url,
    ...changesOf(options),
    headers: parseHeaders(options.header ?? [], options.headerEnv ?? [], terminal),
    bearerToken: await readBearer(options, terminal),
    allowPrivate: options.allowPrivate,
  });
  showServer(session, added);
}

export async function listServers(session: Session): Promise<void> {
  const { terminal, api } = session;
  const now = terminal.now();
  show(session, await api.get<{ items: ShownServer[] }>("/servers"), ({ items }) => {
    if (items.length === 0)
      return terminal.note("No server is registered yet: castellan server add SLUG URL");
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        {
          title: "STATE",
          value: ({ state }) => state.status,
          style: ({ state }) => stateStyles[state.status],
        },
        { title: "TOOLS", value: ({ counts }) => String(counts.tools), align: "right" },
        { title: "PROMPTS", value: ({ counts }) => String(counts.prompts), align: "right" },
        { title: "RESOURCES", value: ({ counts }) => String(counts.resources), align: "right" },
        { title: "ERA", value: ({ state }) => state.eras.join(", ") || "-" },
        { title: "SYNCED", value: ({ state }) => when(state.syncedAt, now) },
        { title: "URL", value: ({ url }) => url, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getServer(session: Session, slug: string): Promise<void> {
  showServer(session, await session.api.get<DetailedServer>(pathOf(slug)));
}

export async function syncServer(session: Session, slug: string): Promise<void> {
  showServer(session, await session.api.post<DetailedServer>(`${pathOf(slug)}/sync`));
}

export async function editServer(session: Session, slug: string, options: EditServerOptions): Promise<void> {
  const changes = changesOf(options);
  if (Object.values(changes).every((value) => value === undefined))
    throw cliFaults.fault("usage_invalid", "Say what is to change: --title, --client-features or --ui-hosts");
  showServer(session, await session.api.patch<DetailedServer>(pathOf(slug), changes));
}

export async function removeServer(
  session: Session,
  slug: string,
  options: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const path = pathOf(slug);
  await confirm(`Remove server ${slug}, with its credentials and from its portals?`, terminal, options.yes);
  await api.delete(path);
  show(session, { removed: slug }, () => terminal.print(`Server ${slug} is removed`));
}

function changesOf({ title, clientFeatures, uiHosts }: EditServerOptions) {
  return {
    title,
    clientFeatures: clientFeatures === false ? [] : clientFeatures,
    uiHosts: uiHosts === false ? [] : uiHosts,
  };
}

/** Checked here too, since `..` in a path would make it another one. */
function pathOf(slug: string): string {
  return `/servers/${parseSlug(slug, "SLUG")}`;
}

async function readBearer(options: AddServerOptions, terminal: Terminal): Promise<string | undefined> {
  const { bearerEnv, bearerFile } = options;
  if (bearerEnv !== undefined && bearerFile !== undefined)
    throw cliFaults.fault("usage_invalid", "--bearer-env and --bearer-file exclude each other");
  if (bearerEnv !== undefined) return secretFromEnv(bearerEnv, terminal);
  return bearerFile === undefined ? undefined : secretFromFile(bearerFile, terminal);
}

/** A sync that failed is told, but the command did what it was asked to. */
function showServer(session: Session, server: DetailedServer): void {
  const { terminal } = session;
  const { state, offered } = server;
  show(session, server, () => {
    printDetails(
      {
        Server: server.title === server.slug ? server.slug : `${server.slug} (${server.title})`,
        URL: server.url,
        State: state.status,
        Attention: state.attention.map(({ message }) => message).join("; ") || undefined,
        Error: state.error && `${state.error.message} (${state.error.code})`,
        Synced: `${when(state.syncedAt, terminal.now())}${state.latencyMs === undefined ? "" : `, in ${state.latencyMs} ms`}`,
        Speaks: state.eras.join(", ") || undefined,
        Headers: server.headerNames.join(", ") || undefined,
        "Allowed private": server.allowPrivate.join(", ") || undefined,
        "May ask for": server.clientFeatures.join(", ") || undefined,
        "Pages may reach": server.uiHosts.join(", ") || undefined,
        Tools: names(offered.tools),
        Prompts: names(offered.prompts),
        Resources: names(offered.resources),
        Templates: names(offered.resourceTemplates),
        "Left out": state.skipped.join("; ") || undefined,
      },
      terminal,
    );
    if (state.error)
      terminal.note(`The server could not be read; castellan server sync ${server.slug} tries again`);
  });
}

function names(list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : `${list.length}: ${list.join(", ")}`;
}

function when(time: string | undefined, now: number): string {
  return time === undefined ? "never" : relativeTime(time, now);
}

const stateStyles: Readonly<Record<ShownServer["state"]["status"], Style>> = {
  ready: "green",
  needs_attention: "yellow",
  waiting: "dim",
  stale: "yellow",
  error: "red",
};
