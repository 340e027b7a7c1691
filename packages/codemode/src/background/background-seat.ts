/** By what a run goes on that nobody waits for: as its caller is known at this moment, from the place at which it was begun. */
import { childCalls, type CallPorts, type PortalView } from "@castellan/calls";
import type { ApiDocumentsPort } from "../documents.ts";
import type { Seat } from "../engine/passes.ts";
import { scopeSurface } from "../engine/scope-surface.ts";
import { runUnknown } from "../faults.ts";
import type { Run } from "../run.ts";

export interface BackgroundSeatPorts {
  readonly ports: CallPorts;
  readonly documents: ApiDocumentsPort | undefined;
  /** Aborts when this replica begins to stop. */
  readonly draining: AbortSignal;
}

/** Throws why its caller is let in no more; `run_unknown` where nobody but they themselves can say who they are. */
export async function backgroundSeat(
  { id: runId, portal: portalSlug, place, caller, callId, narrowedTo, room }: Run,
  { ports, documents, draining }: BackgroundSeatPorts,
): Promise<Seat> {
  const { ownHost, connection, address } = place;
  const { standing } = caller;
  if (!standing) throw runUnknown();
  // As the address said then: where Code Mode is forbidden by now, nothing goes on.
  const options = new Map<string, readonly string[]>();
  if (narrowedTo) options.set("servers", [narrowedTo.join(",")]);
  if (room.kind === "portal") options.set("codemode", ["search_and_execute"]);
  const option = (name: string) => options.get(name) ?? [];
  const at = { portalSlug, ownHost, option };
  const principal = await ports.authenticate({ ...at, address, authorization: undefined, standing });
  const open = async (): Promise<PortalView> => {
    const judge = await ports.policy.judge(principal, connection, portalSlug);
    const found = ports.findPortal(at, principal, judge);
    if (!found) throw runUnknown();
    return found;
  };
  let view = await open();
  if (view.pending) {
    await view.pending;
    view = await open();
  }
  const origin = {
    ...place,
    portalSlug,
    callId,
    runId,
    narrowedTo,
    standing,
    draining,
    authorization: undefined,
  };
  return {
    calls: childCalls(origin, ports),
    surface: scopeSurface(view.listed("modern"), room, documents),
  };
}
