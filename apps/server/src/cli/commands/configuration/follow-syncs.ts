/** After an application the server reads the lists of what is new by itself: here is told how that goes. */
import { setTimeout as delay } from "node:timers/promises";
import { pages, type Client, type Server } from "@castellan/client";
import { clean } from "../../output/clean.ts";
import { giveStep } from "../../output/next-step.ts";
import { createProgress } from "../../output/progress.ts";
import type { Session } from "../../session.ts";
import { tellWaiting } from "../show-server.ts";

const everyMs = 500;
/** With nothing that ended for so long, nobody waits any more. */
const patienceMs = 60_000;

/** When each server was last tried to be read, by slug. */
export async function readStates(api: Client): Promise<Map<string, string>> {
  const servers = await readServers(api);
  return new Map(
    servers.flatMap(({ slug, state }) => (state.attemptedAt ? [[slug, state.attemptedAt]] : [])),
  );
}

/** Waits until each was tried to be read anew, and says what came of it and what waits for approval. */
export async function followSyncs(
  session: Session,
  slugs: readonly string[],
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const { terminal } = session;
  const ended = await waitFor(session, slugs, before);
  for (const server of ended) {
    const { error } = server.state;
    if (error) terminal.note(clean(`${server.slug} could not be read: ${error.message} (${error.code})`));
    const step = giveStep(server);
    if (step !== undefined) terminal.note(clean(step));
    tellWaiting(server, terminal);
  }
  const open = slugs.length - ended.length;
  if (open > 0)
    terminal.note(
      `${open} of ${slugs.length} are still being read: castellan server list shows how they are`,
    );
}

async function waitFor(
  { api, terminal, isJson }: Session,
  slugs: readonly string[],
  before: ReadonlyMap<string, string>,
): Promise<readonly Server[]> {
  if (slugs.length === 0) return [];
  using progress = createProgress({ terminal, isJson });
  const tell = (count: number) => progress.tell(`${count} of ${slugs.length} servers are read`);
  tell(0);
  let ended: readonly Server[] = [];
  let sinceMs = terminal.now();
  while (ended.length < slugs.length && terminal.now() - sinceMs < patienceMs) {
    const all = await readServers(api);
    const now = all.filter((server) => slugs.includes(server.slug) && isRead(server, before));
    if (now.length > ended.length) {
      sinceMs = terminal.now();
      tell(now.length);
    }
    ended = now;
    if (ended.length < slugs.length) await delay(everyMs);
  }
  return ended;
}

function isRead({ slug, state }: Server, before: ReadonlyMap<string, string>): boolean {
  return state.attemptedAt !== undefined && state.attemptedAt !== before.get(slug);
}

function readServers(api: Client): Promise<Server[]> {
  return Array.fromAsync(pages(api.listServers, { query: { limit: 200 } }));
}
