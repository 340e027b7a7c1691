/**
 * `resources/subscribe` and `resources/unsubscribe` (to 2025-11-25, resources): what a legacy client wants
 * to hear of is taken down with its session. A legacy server is told in the session's own line; a modern
 * one is watched by the replica that has the client's GET stream.
 */
import { insufficientScope, isGranted } from "@castellan/access";
import {
  callFaults,
  knownScope,
  ownerOf,
  placeOf,
  policyDenied,
  tellsOfResources,
  type Answer,
  type Capability,
} from "@castellan/calls";
import { edit, mcpFaults, memberText, objectMembers, type RequestMessage } from "@castellan/mcp";
import type { Session } from "../sessions/session.ts";
import type { LocalContext } from "./local-methods.ts";

const done: Answer = { kind: "result", text: "{}", outcome: "ok" };
/** It is kept, and a row of PostgreSQL's index holds 2,700 bytes, the session's id included. */
const maxUriBytes = 2304;

/**
 * Throws `params_invalid`, `resource_unknown`, `insufficient_scope`, `policy_denied`, `method_unknown`, `subscriptions_limited`, and what
 * credentials and a line throw. What is told later is that something changed, not what: nobody is asked first where a rule wants that.
 * A server that is asked is asked as by a call, within the limits of calls: `calls_limited`, `rate_limited`.
 */
export async function subscribe({
  call,
  target,
  session,
  connection,
  limiter,
  upstreams,
  clock,
}: LocalContext): Promise<Answer> {
  const { request } = target;
  const uri = uriOf(request);
  const { nameable, reach, judge } = connection;
  const portal = nameable.portal.slug;
  const capability = knownScope(nameable.scope("legacy"), judge, portal).find("resource", uri);
  if (!capability)
    throw callFaults.fault("resource_unknown", `Unknown resource: ${uri.slice(0, 128)}`, {
      field: "params.uri",
      data: { uri: uri.slice(0, 1024) },
    });
  const { server, name } = capability;
  const use = { server: server.server.slug, toolClass: capability.class };
  if (!isGranted(reach, use)) throw insufficientScope(portal, use);
  const decision = judge.decide({
    ...placeOf(portal, capability),
    method: request.method,
    arguments: {},
    nowMs: clock.now(),
  });
  if (decision.outcome === "deny")
    throw policyDenied(decision, `${request.method} of ${JSON.stringify(uri.slice(0, 128))}`);
  if (!session) return done;
  if (capability.upstreamEra === "legacy") {
    using _place = await limiter.admit(call.principal, capability);
    const refused = await tellServer(request, { session, capability, cancel: call.cancel });
    if (refused) return refused;
  } else {
    if (!tellsOfResources(server, "modern"))
      throw mcpFaults.fault(
        "method_unknown",
        `Server "${server.server.slug}" does not tell of its resources`,
      );
    // It is watched later, by whichever replica has the client's stream: nobody could be told then that they must sign in.
    await upstreams.prepare(server, ownerOf(call.principal, portal), call.cancel.signal);
  }
  await session.subscribe({ serverId: server.server.id, uri: name, publicUri: uri });
  return done;
}

/** Throws `params_invalid`, and what a line throws. What nobody subscribed to is no failure. */
export async function unsubscribe({ call, target, session, directory }: LocalContext): Promise<Answer> {
  const uri = uriOf(target.request);
  const subscription = await session?.unsubscribe(uri);
  // Of the whole portal: it may have been subscribed to by another connection of the session, one that holds more.
  const whole = subscription && directory.find(call.portalSlug)?.scope("legacy");
  const server = whole?.servers.find((one) => one.server.id === subscription?.serverId && one.state.legacy);
  if (!session || !subscription || !server) return done;
  const capability = { server, name: subscription.uri };
  return (await tellServer(target.request, { session, capability, cancel: call.cancel })) ?? done;
}

/** The client's own params under the server's name for the resource; the server's error, if it answers with one. */
async function tellServer(
  request: RequestMessage,
  {
    session,
    capability: { server, name },
    cancel,
  }: {
    session: Session;
    capability: Pick<Capability, "server" | "name">;
    cancel: AbortController;
  },
): Promise<Answer | undefined> {
  using _tracked = session.begin(request.id, cancel);
  const channel = await session.channel(server, cancel.signal);
  const params = memberText(request, "params") ?? "{}";
  const span = objectMembers(params).get("uri");
  const response = await channel.request({
    method: request.method,
    params: span && edit(params, [{ span, text: JSON.stringify(name) }]),
    signal: cancel.signal,
  });
  if (response.kind === "result") return undefined;
  const text = memberText(response, "error") ?? "{}";
  return { kind: "error", text, outcome: "error", code: String(response.error.code) };
}

function uriOf({ params }: RequestMessage): string {
  const uri = params?.["uri"];
  if (typeof uri !== "string" || Buffer.byteLength(uri) > maxUriBytes)
    throw invalidUri(`must be a string of at most ${maxUriBytes} bytes`);
  if (uri.includes("\0") || !uri.isWellFormed()) throw invalidUri("must be text without U+0000");
  return uri;
}

function invalidUri(problem: string) {
  return mcpFaults.fault("params_invalid", `params.uri ${problem}`, { field: "params.uri" });
}
