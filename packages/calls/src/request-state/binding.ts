/** What a `requestState` is good for: one caller, one portal, one server, one request. */
import { createHash } from "node:crypto";
import { memberText, objectMembers } from "@castellan/mcp";
import type { CellCall } from "../cells/cell.ts";
import { canonicalJson } from "../canonical-json.ts";

/** A SHA-256 in base64url over all that a state is bound to. */
export type StateBinding = string;

/** 2026-07-28, SEP-2322: a retry is the same request, with answers and the state added. */
export function bindingOf({
  call,
  target,
}: {
  readonly call: Pick<CellCall["call"], "principal" | "portal">;
  readonly target: CellCall["target"];
}): StateBinding {
  const { request, capability } = target;
  return bind({
    principalId: call.principal.id,
    portal: call.portal.slug,
    serverId: capability.server.server.id,
    method: request.method,
    params: memberText(request, "params"),
  });
}

export interface Bound {
  readonly principalId: string;
  readonly portal: string;
  readonly serverId: string;
  readonly method: string;
  /** The raw `params` of the first request or of a retry. */
  readonly params: string | undefined;
}

export function bind({ principalId, portal, serverId, method, params }: Bound): StateBinding {
  const parts = [principalId, portal, serverId, method, argumentsOf(params)];
  // As JSON, so that no two lists of parts are the same text.
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** Of `params` all that a retry must repeat. */
function argumentsOf(params: string | undefined): string {
  if (params === undefined) return "{}";
  const repeated = [...objectMembers(params)].filter(([name]) => !isOfOneRound.has(name));
  const members = repeated.map(
    ([name, { start, end }]) => `${JSON.stringify(name)}:${params.slice(start, end)}`,
  );
  return canonicalJson(`{${members.join(",")}}`);
}

/** Members of `params` that are another one in each round of a request. */
export const isOfOneRound: ReadonlySet<string> = new Set(["_meta", "inputResponses", "requestState"]);
