import { accessFaults, type Principal } from "@castellan/access";
import type { Fault } from "@castellan/kernel";
import type { Judge } from "@castellan/policy";
import { mcpFaults, type Protocol, type RequestMessage } from "@castellan/mcp";
import type { Admitted, CallerSession, Entered, PortalAddress } from "../call.ts";
import { callFaults } from "../faults.ts";
import { defineStage, type CallPorts } from "./stage.ts";

/** A stage of its own, so that the record of a call that is refused later says whose session it came in. */
export const enter = defineStage<Admitted, Entered>({
  name: "enter",
  owner: "portal",
  does: "portal → whether rules let the caller in from there; the caller's session in it",
  run(call, ports): Entered | Promise<Entered> {
    const known = knownPortal(call, ports);
    return known instanceof Promise
      ? known.then((found) => withSession(call, found, ports))
      : withSession(call, known, ports);
  },
});

type Known = Omit<Entered, "session">;

function knownPortal(call: Admitted, ports: CallPorts, hasWaited = false): Known | Promise<Known> {
  const { policy, findPortal } = ports;
  const found = (judge: Judge) => {
    const portal = findPortal(call, call.principal, judge);
    if (!portal) throw unknownPortal(call, call.principal);
    // Looked at again afterwards, and judged: other rules may have come meanwhile.
    if (portal.pending && !hasWaited) return portal.pending.then(() => knownPortal(call, ports, true));
    return { portal, judge };
  };
  const judge = policy.judge(call.principal, call.connection, call.portalSlug);
  return judge instanceof Promise ? judge.then(found) : found(judge);
}

function withSession(call: Admitted, known: Known, ports: CallPorts): Entered | Promise<Entered> {
  const { principal, message, protocol } = call;
  const request = message.kind === "request" ? message : undefined;
  const session = sessionOf(protocol, request, (id) => known.portal.session(id, principal));
  if (!(session instanceof Promise)) return { ...known, session };
  // While it was read, other rules may have come: until the call is held (`authorize`), nobody ends it for them.
  return session.then(async (found) => ({ ...(await knownPortal(call, ports)), session: found }));
}

/**
 * In the words of the address: whose host name it is, is not told. Who came without a token may well have one: they are told
 * what they are told wherever nobody comes in without, so that their client asks them to sign in.
 */
export function unknownPortal(
  { portalSlug, ownHost }: Pick<PortalAddress, "portalSlug" | "ownHost">,
  { kind }: Pick<Principal, "kind">,
): Fault {
  if (kind === "public") return accessFaults.fault("token_missing", "A bearer token is required");
  const what = ownHost === undefined ? `portal "${portalSlug.slice(0, 64)}"` : `such portal at ${ownHost}`;
  return callFaults.fault("portal_unknown", `There is no ${what} for this caller`);
}

/** A legacy message belongs to a session; only `initialize` comes without one, to begin it. */
function sessionOf(
  protocol: Protocol,
  request: RequestMessage | undefined,
  find: (id: string) => CallerSession | Promise<CallerSession>,
): CallerSession | Promise<CallerSession> | undefined {
  if (protocol.era === "modern" || request?.method === "initialize") return undefined;
  if (protocol.sessionId !== undefined) return find(protocol.sessionId);
  throw mcpFaults.fault("session_required", "Header Mcp-Session-Id is missing: begin with initialize", {
    field: "Mcp-Session-Id",
  });
}
