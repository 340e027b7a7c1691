/** What a decision on a call is good for. */
import { createHash } from "node:crypto";
import { callerOf } from "../policy/caller-of.ts";
import { bindingOf } from "../request-state/binding.ts";
import type { Admitted, ForwardTarget, Resolved } from "../call.ts";

interface BoundCall {
  readonly call: Pick<Admitted & Resolved, "principal" | "portal">;
  readonly target: ForwardTarget;
}

/**
 * The same call of the same caller by the same client, of a tool that says of itself what it said then: its arguments to
 * the letter of their JSON values, whatever `_meta` says beside them.
 */
export function callBindingOf({ call, target }: BoundCall): string {
  return digest(["call", clientOf(call), fingerprintOf(target), bindingOf({ call, target })]);
}

/** Whatever arguments: what a yes that holds for longer holds for. */
export function holdingOf({ call, target }: BoundCall): string {
  const { capability, request } = target;
  const { server, kind, name } = capability;
  return digest([
    "holds",
    call.principal.id,
    clientOf(call),
    call.portal.slug,
    server.server.id,
    request.method,
    kind,
    name,
    fingerprintOf(target),
  ]);
}

function clientOf({ principal }: BoundCall["call"]): string | null {
  return callerOf(principal).clientId ?? null;
}

/** What nobody lists (a resource by a template, a method of an extension) has none. */
function fingerprintOf({ capability: { server, kind, name } }: ForwardTarget): string | null {
  const known = server.definitions.find((one) => one.kind === kind && one.name === name);
  return known?.fingerprint ?? null;
}

/** As JSON, so that no two lists of parts are the same text. */
function digest(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
