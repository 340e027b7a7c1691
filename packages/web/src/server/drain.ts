/** The end of a server: nobody new comes in, what runs is finished, and after a time what still runs is cut. */
import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";

export interface DrainOptions {
  /** How long running requests may take before their connections are closed; 0 closes them at once. */
  readonly timeoutMs: number;
}

export interface DrainOutcome {
  /** Requests that were cut because they took longer. */
  readonly cut: number;
}

interface Draining {
  readonly server: Server | TlsServer;
  /** All that are open, those too on which no TLS handshake has ended. */
  readonly connections: Iterable<Socket>;
  /** Answers under way. */
  readonly running: ReadonlySet<ServerResponse>;
  readonly draining: AbortController;
}

export async function drainServer(
  { server, connections, running, draining }: Draining,
  { timeoutMs }: DrainOptions,
): Promise<DrainOutcome> {
  // Stops accepting and closes idle connections; calls back when the last connection is gone.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const answer of running) if (!answer.headersSent) answer.shouldKeepAlive = false;
  draining.abort();

  if (timeoutMs > 0) await finished(running, timeoutMs);
  const cut = running.size;
  // Beside what is cut: connections that were kept by an earlier promise, or never sent a request.
  server.closeAllConnections();
  // And those that never finished a TLS handshake, of which that knows nothing.
  for (const connection of connections) connection.destroy();
  await closed;
  return { cut };
}

/** Resolves when all answers are complete, those too that begin meanwhile on an open connection. */
async function finished(running: ReadonlySet<ServerResponse>, timeoutMs: number): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    for (const answer of running) await once(answer, "close", { signal: late.signal });
  } catch {
    // Too late: the rest is cut.
  } finally {
    clearTimeout(timer);
  }
}
