/** What a server is sent of a caller's request: the caller's own text, but for the name, which is the server's again. */
import {
  edit,
  isLogLevel,
  isObject,
  isObjectText,
  memberOf,
  memberText,
  metaKeys,
  objectMembers,
  paramText,
  toParamHeaders,
  type LogLevel,
  type RequestMessage,
} from "@castellan/mcp";
import type { Admitted, Entered, ForwardTarget } from "../call.ts";
import { clientOf } from "../client-identity.ts";
import type { Capability } from "../catalog/scope.ts";
import type { Listener } from "../server-messages/exchange.ts";

/** The member of `params` that says what is aimed at. */
const nameMembers: Readonly<Record<Capability["kind"], string>> = {
  tool: "name",
  prompt: "name",
  resource: "uri",
  resource_template: "uri",
  task: "taskId",
  // A method that only the server knows names nothing that anybody here knows.
  server: "",
};

/** The raw `params` under the server's own name for what is aimed at. */
export function paramsFor({ request, method, capability }: ForwardTarget): string | undefined {
  const { kind, name, publicName } = capability;
  const params = memberText(request, "params");
  if (params === undefined || name === publicName) return params;
  const members = objectMembers(params);
  const owner = method.target === "reference" ? objectMembers(params, members.get("ref")?.start) : members;
  const span = owner.get(nameMembers[kind]);
  return span ? edit(params, [{ span, text: JSON.stringify(name) }]) : params;
}

/** The server's own name for what is aimed at, where the method has one. */
export function nameOf({
  method,
  capability,
}: Pick<ForwardTarget, "method" | "capability">): string | undefined {
  return method.nameParam === undefined ? undefined : capability.name;
}

/** The headers that a modern server compares with the body (2026-07-28, SEP-2243), and those that just go on. */
export function modernHeaders(target: ForwardTarget) {
  const { request, capability, otherHeaders } = target;
  const { paramHeaders } = capability;
  const marked =
    paramHeaders.length > 0 ? toParamHeaders(paramHeaders, paramText(request, "arguments")) : undefined;
  return {
    name: nameOf(target),
    paramHeaders: { ...otherHeaders, ...marked },
  };
}

/** Raw JSON of the capabilities that a modern caller declares. */
export function declaredIn({ request }: Pick<ForwardTarget, "request">): string {
  const meta = paramText(request, "_meta");
  return (isObjectText(meta) && memberOf(meta, metaKeys.clientCapabilities)) || "{}";
}

/** The least severe log messages that a modern request wants: without a level it wants none (2026-07-28, logging). */
export function wantedLog({ params }: Pick<RequestMessage, "params">): LogLevel | "none" {
  const meta = params?.["_meta"];
  const level = isObject(meta) ? meta[metaKeys.logLevel] : undefined;
  return isLogLevel(level) ? level : "none";
}

/** Who makes the call, for the record of what is asked in it. */
export function listenerOf(
  call: Admitted & Pick<Entered, "session"> & { readonly portal: { readonly slug: string } },
): Listener {
  const { session, message } = call;
  const client = clientOf(session, message);
  return {
    principal: call.principal,
    portal: call.portal.slug,
    era: call.protocol.era,
    requestId: call.requestId,
    callId: call.id,
    address: call.address,
    sessionId: session?.id,
    clientName: client.name,
    clientVersion: client.version,
  };
}
