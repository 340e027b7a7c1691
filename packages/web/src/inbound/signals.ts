/** Why a handler may have to stop early: its client left, or the server is going down. */
import { kernelFaults } from "@castellan/kernel";
import type { Context } from "hono";
import { serverBindings } from "./environment.ts";

const key = "castellan.clientGone";
const never = new AbortController().signal;

/**
 * Aborts, with `cancelled` as its reason, when the client disconnects before its answer is complete.
 * Made when first asked for: a request that nobody waits long for pays nothing.
 */
export function clientGone(c: Context): AbortSignal {
  const outgoing = serverBindings(c)?.outgoing;
  if (outgoing === undefined) return c.req.raw.signal;
  const known = c.get(key) as AbortSignal | undefined;
  if (known !== undefined) return known;
  const controller = new AbortController();
  const leave = () => {
    if (!outgoing.writableFinished)
      controller.abort(
        kernelFaults.fault("cancelled", "The client disconnected before the answer was complete"),
      );
  };
  if (outgoing.closed || outgoing.destroyed) leave();
  else outgoing.once("close", leave);
  c.set(key, controller.signal);
  return controller.signal;
}

/** Aborts when the server begins to drain: long streams end themselves then, short work carries on. */
export function drainSignal(c: Context): AbortSignal {
  return serverBindings(c)?.draining ?? never;
}
