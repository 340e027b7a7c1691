import {
  assertParamHeaders,
  assertSentParamHeaders,
  capabilityMissing,
  declaresTasks,
  findMethod,
  isObject,
  mcpFaults,
  methods,
  paramText,
  unmarkedParamHeaders,
  type JsonObject,
  type LocalMethod,
  type MethodSpec,
  type Protocol,
  type RequestMessage,
  type TargetKind,
} from "@castellan/mcp";
import type { Fault } from "@castellan/kernel";
import type {
  Admitted,
  Entered,
  ForwardTarget,
  OwnResource,
  OwnTool,
  PortalView,
  Received,
  Resolved,
  Target,
} from "../call.ts";
import { extensionServer, serverMetaKey } from "../catalog/extensions.ts";
import type { Capability } from "../catalog/scope.ts";
import { upstreamEra } from "../catalog/share.ts";
import { callFaults } from "../faults.ts";
import { knownScope, type KnownScope } from "../policy/known-scope.ts";
import { parseTaskId, type ServerTask, type TaskOwner } from "../tasks/task-id.ts";
import { defineStage } from "./stage.ts";

/** Within a portal, what is unknown and what is forbidden to somebody, wherever they are, look the same. */
export const resolve = defineStage<Admitted & Entered, Pick<Resolved, "target">>({
  name: "resolve",
  owner: "calls",
  does: "method → server and capability",
  run(call, { vault }) {
    const { portal, message, protocol, principal, judge, child } = call;
    if (message.kind !== "request") return { target: { kind: "one-way" } };
    const owner: TaskOwner = { principalId: principal.id, portal: portal.slug };
    const scope = knownScope(portal.scope(protocol.era), judge, portal.slug);
    const find = (id: string) =>
      parseTaskId(id, owner, scope.servers, (purpose, data) => vault.mac(purpose, data));
    const own = child ? undefined : portal;
    const target = targetOf(message, { protocol, own, scope }, find);
    const isChecked = target.kind === "forward" && protocol.era === "modern";
    return { target: isChecked ? withCheckedHeaders(target, call) : target };
  },
});

type FindTask = (id: string) => ServerTask | undefined;

function targetOf(
  request: RequestMessage,
  {
    protocol,
    own,
    scope,
  }: {
    protocol: Protocol;
    /** What the portal has of its own; undefined: nothing, to code, which must not run code of its own or steer its portal. */
    own: Own;
    scope: KnownScope;
  },
  findTask: FindTask,
): Target {
  const method = findMethod(request.method, protocol.era);
  const params = request.params ?? {};
  if (!method) return { kind: "forward", request, ...ofExtension(request, scope) };
  if (method.handling === "local") return { kind: "local", request, method: request.method as LocalMethod };
  const tool = method.target === "tool" ? ownTool(params, own) : undefined;
  if (tool) return { kind: "own-tool", request, tool };
  const resource = request.method === "resources/read" ? ownResource(params, own) : undefined;
  if (resource) return { kind: "own-resource", request, resource };
  return { kind: "forward", request, method, capability: capabilityOf(method, params, scope, findTask) };
}

type Own = Pick<PortalView, "ownTool" | "ownResource"> | undefined;

function ownTool({ name }: JsonObject, own: Own): OwnTool | undefined {
  return typeof name === "string" ? own?.ownTool(name) : undefined;
}

function ownResource({ uri }: JsonObject, own: Own): OwnResource | undefined {
  return typeof uri === "string" ? own?.ownResource?.(uri) : undefined;
}

/** What no revision of the protocol names may be the method of an extension (2026-07-28, "Extensions"). */
function ofExtension(
  request: RequestMessage,
  scope: KnownScope,
): { readonly method: MethodSpec; readonly capability: Capability } {
  const { method: name } = request;
  const meta = request.params?.["_meta"];
  const server = isReserved(name)
    ? undefined
    : extensionServer(scope, isObject(meta) ? meta[serverMetaKey] : undefined);
  const spoken = server && upstreamEra(server, scope.era);
  if (!server || !spoken)
    throw mcpFaults.fault("method_unknown", `Method ${JSON.stringify(name.slice(0, 80))} is not served`);
  return {
    method: { eras: [scope.era], handling: "forward" },
    capability: {
      kind: "server",
      server,
      name,
      publicName: name,
      class: "destructive",
      upstreamEra: spoken,
      paramHeaders: [],
    },
  };
}

/**
 * What the protocol itself has, of whatever era, is never an extension's: nor is what the client answers, nor
 * anything about tools, prompts and tasks. A server that takes `tasks/list` tells of everybody's tasks, one that
 * does not look at case or spaces takes `TOOLS/CALL` for a call that nobody has judged.
 */
function isReserved(method: string): boolean {
  const known = method.toLowerCase();
  return !extensionMethod.test(method) || ofTheProtocol.test(known) || Object.hasOwn(methods, known);
}

/** It travels in a header. */
const extensionMethod = /^[A-Za-z][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)+$/;
const ofTheProtocol =
  /^(completion|elicitation|initialize|logging|notifications|ping|prompts|roots|sampling|server|subscriptions|tasks|tools|rpc\.[^/]*)\//;

/** 2026-07-28, SEP-2243: arguments that travel as headers as well must be the same in both; others must be sound. */
function withCheckedHeaders(
  target: ForwardTarget,
  {
    header,
    paramHeaders: sent,
    portal,
    child,
  }: Pick<Received, "header" | "paramHeaders" | "child"> & Pick<Entered, "portal">,
): ForwardTarget {
  const { paramHeaders: marks } = target.capability;
  // Who was not shown the marks cannot be held to them; what code calls has no headers: they are made of its arguments.
  const check = portal.showsHeaderMarks && !child ? assertParamHeaders : assertSentParamHeaders;
  if (marks.length > 0) check(marks, paramText(target.request, "arguments"), header);
  return { ...target, otherHeaders: unmarkedParamHeaders(marks, sent()) };
}

function capabilityOf(
  method: MethodSpec,
  params: JsonObject,
  scope: KnownScope,
  findTask: FindTask,
): Capability {
  switch (method.target) {
    case "task":
      if (!declaresTasks(params)) throw capabilityMissing("tasks");
      return ofTask(scope, params["taskId"], findTask);
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
function referenced(scope: KnownScope, ref: unknown): Capability {
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

/** The caller's own task, at the server that works on it. Throws `task_unknown`. */
function ofTask(scope: KnownScope, id: unknown, findTask: FindTask): Capability {
  if (typeof id !== "string")
    throw mcpFaults.fault("params_invalid", "params.taskId must be a string", { field: "params.taskId" });
  const task = findTask(id);
  // Tasks are of the modern era, on both hops.
  if (!task || upstreamEra(task.server, scope.era) !== "modern")
    throw callFaults.fault("task_unknown", `Unknown task: ${id.slice(0, 128)}`, { field: "params.taskId" });
  return {
    kind: "task",
    server: task.server,
    name: task.taskId,
    publicName: id,
    class: undefined,
    upstreamEra: "modern",
    paramHeaders: [],
  };
}

const maxUriLength = 8192;

function named(
  scope: KnownScope,
  kind: Exclude<TargetKind, "reference" | "task">,
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
  throw unknown(kind, name, field);
}

/** What nobody in the portal has. */
export function unknown(kind: "tool" | "prompt" | "resource", name: string, field: string): Fault {
  return callFaults.fault(`${kind}_unknown`, `Unknown ${kind}: ${name.slice(0, 128)}`, {
    field,
    ...(kind === "resource" ? { data: { uri: name.slice(0, 1024) } } : {}),
  });
}
