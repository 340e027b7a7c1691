/** Ends, at their servers, the sessions of lines that nobody will speak on again. */
import type { LegacyVersion } from "@castellan/mcp";
import type { EndedLine } from "./line-store.ts";
import type { SessionParts } from "./session-parts.ts";

const endTimeoutMs = 5_000;
const atOnce = 16;

/** A server that is gone, or that does not end sessions on request, has nothing left to end: never rejects. */
export async function endLines(
  lines: readonly EndedLine[],
  parts: Pick<SessionParts, "findServer" | "upstreams">,
): Promise<void> {
  const waiting = lines.values();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, lines.length) }, async () => {
      for (const line of waiting) await endLine(line, parts).catch(() => undefined);
    }),
  );
}

async function endLine(
  { serverId, client, open }: EndedLine,
  { findServer, upstreams }: Pick<SessionParts, "findServer" | "upstreams">,
): Promise<void> {
  const server = findServer(serverId);
  const opened = server && open(server.server);
  if (!server || !opened) return;
  const { kept, acting } = opened;
  const signal = AbortSignal.timeout(endTimeoutMs);
  // It adopts what was kept, which asks nothing of the server, and ends that.
  const keeper = { load: () => Promise.resolve(kept), save: () => Promise.resolve(kept) };
  const of = { ...client, version: client.version as LegacyVersion };
  const channel = await upstreams.openLegacy(server, of, acting, signal, { keeper });
  await channel.end?.();
}
