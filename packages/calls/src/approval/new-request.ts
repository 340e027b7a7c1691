/** A call as people are asked about it. */
import type { Principal } from "@castellan/access";
import type { Need, NewApproval } from "@castellan/approvals";
import { memberText, objectMembers } from "@castellan/mcp";
import type { Demand } from "@castellan/policy";
import type { Admitted, ForwardTarget, Resolved } from "../call.ts";
import { clientOf } from "../client-identity.ts";
import { callerOf } from "../policy/caller-of.ts";
import { isOfOneRound } from "../request-state/binding.ts";
import { callBindingOf, holdingOf } from "./call-binding.ts";

export interface AskedCall {
  readonly call: Admitted & Resolved;
  readonly target: ForwardTarget;
  /** All that rules want of it. */
  readonly demands: readonly Demand[];
  /** What of that is still to be done. */
  readonly needs: readonly Need[];
}

const defaultExpirySeconds = 24 * 60 * 60;

export function newRequest({ call, target, demands, needs }: AskedCall, nowMs: number): NewApproval {
  const { principal, portal, session, message, address, child } = call;
  const { capability, request } = target;
  const terms = demands.filter((demand) => demand.kind === "approval");
  const waits = terms.map(({ expiresSeconds }) => expiresSeconds ?? defaultExpirySeconds);
  const reminders = terms.flatMap(({ remindSeconds }) => remindSeconds ?? []);
  const expiresMs = nowMs + Math.min(...(waits.length > 0 ? waits : [defaultExpirySeconds])) * 1000;
  return {
    kind: "call",
    asker: {
      id: principal.id,
      kind: principal.kind,
      name: principal.name,
      email: principal.kind === "user" ? principal.email : undefined,
      grantId: principal.kind === "user" ? principal.grantId : undefined,
      client: clientWords(principal, clientOf(session, message).name),
    },
    subject: {
      portal: portal.slug,
      server: capability.server.server.slug,
      method: request.method,
      target: capability.publicName,
      name: capability.name,
      class: capability.class ?? "read",
      address,
      ...(child && { runId: child.runId }),
    },
    binding: callBindingOf({ call, target }),
    holdsFor: holdingOf({ call, target }),
    needs,
    arguments: argumentsText(target),
    expiresAt: new Date(expiresMs),
    ...(reminders.length > 0 && { remindAt: new Date(nowMs + Math.min(...reminders) * 1000) }),
  };
}

/**
 * As the person knew it when they let it in; otherwise as it says of itself, which may be as long as it likes. Either may be
 * somebody else's name: its id stands beside it.
 */
export function clientWords(principal: Principal, saysOfItself: string | undefined): string | undefined {
  const known = principal.kind === "user" ? principal.clientName : undefined;
  const id = callerOf(principal).clientId;
  const said = (known ?? saysOfItself)?.slice(0, maxClientChars);
  return said !== undefined && id !== undefined ? `${said} (${id})` : (said ?? id);
}

const maxClientChars = 128;

/**
 * All that the server is sent beside the name of what is called, as it was written; nothing of it is in the decision's
 * binding in another way (`call-binding.ts`).
 */
function argumentsText({ request, method, capability }: ForwardTarget): string {
  const params = memberText(request, "params");
  if (params === undefined) return "{}";
  const isShown = (name: string) =>
    !isOfOneRound.has(name) && (capability.kind === "server" || name !== method.nameParam);
  const shown = [...objectMembers(params)].filter(([name]) => isShown(name));
  const textOf = ({ start, end }: { start: number; end: number }) => params.slice(start, end);
  const [first] = shown;
  // What people call the arguments; with anything beside them, all of it.
  if (first?.[0] === "arguments" && shown.length === 1) return textOf(first[1]);
  return `{${shown.map(([name, span]) => `${JSON.stringify(name)}:${textOf(span)}`).join(",")}}`;
}
