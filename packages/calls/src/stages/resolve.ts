import {
  assertParamHeaders,
  findMethod,
  isObject,
  mcpFaults,
  paramText,
  type JsonObject,
  type LocalMethod,
  type MethodSpec,
  type Protocol,
  type RequestMessage,
  type TargetKind,
} from "@castellan/mcp";
import type { Admitted, Entered, PortalView, Resolved, Target } from "../call.ts";
import type { Capability, Scope } from "../catalog/scope.ts";
import { callFaults } from "../faults.ts";
import { defineStage } from "./stage.ts";

/** Within a portal, what is unknown and what is forbidden look the same. */
export const resolve = defineStage<Admitted & Entered, Pick<Resolved, "target">>({
  name: "resolve",
  owner: "calls",
  does: "method → server and capability",
  run({ portal, message, protocol, header }) {
    if (message.kind !== "request") return { target: { kind: "one-way" } };
    const target = targetOf(message, protocol, portal);
    if (target.kind === "forward" && protocol.era === "modern") checkParamHeaders(target, header);
    return { target };
  },
});

function targetOf(request: RequestMessage, { era }: Protocol, portal: PortalView): Target {
  const method = findMethod(request.method, era);
  if (!method)
    throw mcpFaults.fault(
      "method_unknown",
      `Method ${JSON.stringify(request.method.slice(0, 80))} is not served`,
    );
  if (method.target === undefined) return { kind: "local", request, method: request.method as LocalMethod };
  return {
    kind: "forward",
    request,
    method,
    capability: capabilityOf(method, request.params ?? {}, portal.scope(era)),
  };
}

/** 2026-07-28, SEP-2243: arguments that travel as headers as well must be the same in both. */
function checkParamHeaders(
  { capability, request }: Extract<Target, { kind: "forward" }>,
  header: (name: string) => string | undefined,
): void {
  const { paramHeaders } = capability;
  if (paramHeaders.length > 0) assertParamHeaders(paramHeaders, paramText(request, "arguments"), header);
}

function capabilityOf(method: MethodSpec, params: JsonObject, scope: Scope): Capability {
  switch (method.target) {
    case "tool":
      return named(scope, "tool", params["name"], "params.name");
    case "prompt":
      return named(scope, "prompt", params["name"], "params.name");
    case "resource":
      return named(scope, "resource", params["uri"], "params.uri");
    default:
      return referenced(scope, params["ref"]);
  }
}

/** completion/complete names a prompt, or a resource template by its text. */
function referenced(scope: Scope, ref: unknown): Capability {
  const type = isObject(ref) ? ref["type"] : undefined;
  if (isObject(ref) && type === "ref/prompt") return named(scope, "prompt", ref["name"], "params.ref.name");
  if (isObject(ref) && type === "ref/resource") {
    const template = typeof ref["uri"] === "string" ? scope.find("resource_template", ref["uri"]) : undefined;
    return template ?? named(scope, "resource", ref["uri"], "params.ref.uri");
  }
  throw mcpFaults.fault("params_invalid", 'params.ref.type must be "ref/prompt" or "ref/resource"', {
    field: "params.ref.type",
  });
}

const maxUriLength = 8192;

function named(
  scope: Scope,
  kind: Exclude<TargetKind, "reference">,
  name: unknown,
  field: string,
): Capability {
  if (typeof name !== "string")
    throw mcpFaults.fault("params_invalid", `${field} must be a string`, { field });
  // It is compared with the templates of strangers: the work must have an end.
  if (kind === "resource" && name.length > maxUriLength)
    throw mcpFaults.fault("params_invalid", `${field} must not be longer than ${maxUriLength} characters`, {
      field,
    });
  const found = scope.find(kind, name);
  if (found) return found;
  throw callFaults.fault(`${kind}_unknown`, `Unknown ${kind}: ${name.slice(0, 128)}`, {
    field,
    ...(kind === "resource" ? { data: { uri: name.slice(0, 1024) } } : {}),
  });
}
