/** `castellan server sync`: one server, some, or all; a few at a time. */
import { pages, type DetailedServer } from "@castellan/client";
import { isFault, parseSlug, type Fault } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { clean } from "../output/clean.ts";
import { createProgress } from "../output/progress.ts";
import { printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";
import { serverColumns } from "./servers.ts";
import { showServer, tellWaiting } from "./show-server.ts";

export interface SyncOptions {
  readonly all?: boolean;
}

/** What came of one: the server as it is now, which may say that it could not be read, or why it was not tried. */
type Synced =
  | { readonly slug: string; readonly server: DetailedServer }
  | { readonly slug: string; readonly fault: Fault };

const atOnce = 4;

/** Ends with 1 when one could not be read. */
export async function syncServers(
  session: Session,
  named: readonly string[],
  options: SyncOptions,
): Promise<0 | 1> {
  const slugs = await chosen(session, named, options);
  const [only] = slugs;
  if (named.length === 1 && only !== undefined) {
    const server = await session.api.syncServer({ params: { slug: only } });
    showServer(session, server);
    return server.state.error ? 1 : 0;
  }
  const results = await readAll(session, slugs);
  showAll(session, results);
  return results.every((result) => "server" in result && !result.server.state.error) ? 0 : 1;
}

async function chosen({ api }: Session, named: readonly string[], { all = false }: SyncOptions) {
  if (all === named.length > 0)
    throw cliFaults.fault("usage_invalid", "Name the servers that are to be read, or give --all");
  if (!all) return [...new Set(named.map((slug) => parseSlug(slug, "SERVER")))];
  const servers = await Array.fromAsync(pages(api.listServers, { query: { limit: 200 } }));
  return servers.map(({ slug }) => slug);
}

/** Has each of them read, a few at a time, and tells of each. In the order of the names. */
async function readAll(session: Session, slugs: readonly string[]): Promise<Synced[]> {
  using progress = createProgress(session);
  const results = new Map<string, Synced>();
  const waiting = slugs.values();
  const work = async () => {
    // All of them take from one iterator: each name is taken once.
    for (const slug of waiting) {
      const result = await readOne(session, slug);
      results.set(slug, result);
      progress.tell(`${results.size} of ${slugs.length}: ${slug} ${outcomeOf(result)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return slugs.flatMap((slug) => results.get(slug) ?? []);
}

async function readOne({ api }: Session, slug: string): Promise<Synced> {
  try {
    return { slug, server: await api.syncServer({ params: { slug } }) };
  } catch (fault) {
    // One that was removed meanwhile is no reason to leave the others.
    if (isFault(fault) && fault.status < 500) return { slug, fault };
    throw fault;
  }
}

function outcomeOf(result: Synced): string {
  if ("fault" in result) return `was not read: ${result.fault.message}`;
  const { error } = result.server.state;
  return error ? `could not be read: ${error.message} (${error.code})` : "was read";
}

function showAll(session: Session, results: readonly Synced[]): void {
  const { terminal } = session;
  const items = results.map((result) =>
    "server" in result
      ? result.server
      : { slug: result.slug, error: { code: result.fault.code, message: result.fault.message } },
  );
  show(session, { items }, () => {
    const servers = results.flatMap((result) => ("server" in result ? [result.server] : []));
    if (servers.length > 0) printTable(servers, serverColumns(terminal.now()), terminal);
    for (const result of results)
      if ("fault" in result)
        terminal.note(clean(`${result.slug}: ${result.fault.message} (${result.fault.code})`));
    for (const server of servers) tellWaiting(server, terminal);
  });
}
