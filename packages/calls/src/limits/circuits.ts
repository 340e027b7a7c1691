/**
 * A circuit breaker for each server, on each replica by itself: a server that does not answer costs its callers no
 * waiting, and itself no calls. It opens after five calls in a row that found nobody, and closes when a call, or a
 * sync of any replica's, succeeds.
 */
import { isFault, type Clock, type Fault } from "@castellan/kernel";
import { CircuitBreaker, type CircuitOutcome, type CircuitPass } from "@castellan/limits";
import type { Catalog, CatalogServer } from "../catalog/catalog.ts";
import { callFaults } from "../faults.ts";

export interface Circuits extends Disposable {
  /** Throws `server_circuit_open`. */
  enter(server: CatalogServer): CircuitPass;
  /** Whether calls to the server are refused at present, but for a try now and then. */
  isOpen(serverId: string): boolean;
  /** How many are open. */
  readonly open: number;
}

export interface CircuitsOptions {
  readonly catalog: Pick<Catalog, "findById" | "onChange">;
  readonly clock: Clock;
}

interface Circuit {
  readonly breaker: CircuitBreaker;
  /** What the server was when it was last looked at. */
  seen: CatalogServer;
}

export function createCircuits({ catalog, clock }: CircuitsOptions): Circuits {
  const circuits = new Map<string, Circuit>();

  /** One that was removed, or has another address now, has nothing to do with what is known here. */
  const stop = catalog.onChange((ids) => {
    for (const id of ids) {
      const circuit = circuits.get(id);
      if (!circuit) continue;
      const server = catalog.findById(id);
      if (server?.server.revision !== circuit.seen.server.revision) circuits.delete(id);
      else if (isReadSince(circuit.seen, server)) circuit.breaker.close();
      if (server) circuit.seen = server;
    }
  });

  function circuitOf(server: CatalogServer): Circuit {
    const known = circuits.get(server.server.id);
    if (known) return known;
    const circuit = { breaker: new CircuitBreaker(clock), seen: server };
    circuits.set(server.server.id, circuit);
    return circuit;
  }

  return {
    enter(server) {
      const entered = circuitOf(server).breaker.enter();
      if (entered.isAllowed) return entered;
      throw callFaults.fault(
        "server_circuit_open",
        `Server "${server.server.slug}" did not answer lately: calls to it are tried again in ${Math.ceil(entered.retryAfterMs / 1000)} s`,
        { data: { retryAfterMs: entered.retryAfterMs } },
      );
    },
    isOpen: (serverId) => circuits.get(serverId)?.breaker.isOpen ?? false,
    get open() {
      return [...circuits.values()].filter(({ breaker }) => breaker.isOpen).length;
    },
    [Symbol.dispose]: stop,
  };
}

/** A sync has succeeded in between. */
function isReadSince({ state: before }: CatalogServer, { state }: CatalogServer): boolean {
  return state.status === "ready" && state.syncedAt?.getTime() !== before.syncedAt?.getTime();
}

/**
 * What a call that failed says of its server. An answer of any kind, an error too, is a success; what was
 * given up, or never got as far, says nothing.
 */
export function outcomeOfFailure(error: unknown, cancel: AbortSignal): CircuitOutcome {
  if (!isFault(error)) return "unknown";
  if (error.code === "call_timed_out") return error.data?.["limit"] === "server" ? "failure" : "unknown";
  if (cancel.aborted) return "unknown";
  if (findsNobody(error)) return "failure";
  return saysSomething.has(error.code) ? "success" : "unknown";
}

/** Of no use to the caller, but somebody was there. */
const saysSomething: ReadonlySet<string> = new Set([
  "upstream_refused",
  "upstream_unauthorized",
  "upstream_invalid",
  "upstream_too_large",
]);

function findsNobody({ code, data }: Fault): boolean {
  if (code === "upstream_refused") return Number(data?.["status"]) >= 500;
  return code === "upstream_unreachable" || code === "upstream_timeout";
}
