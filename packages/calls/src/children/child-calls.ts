/**
 * Calls that code makes on behalf of a call: each goes through the whole table of stages as the same caller, from the same place, and
 * is recorded as a child. There is no second way to a server.
 */
import { standingOf, type Standing, type ToolClass } from "@castellan/access";
import type { Fault, Id } from "@castellan/kernel";
import type { ForwardTarget, OwnToolCall, Received } from "../call.ts";
import { clientOf, type ToldIdentity } from "../client-identity.ts";

/** Who calls, and whence. Where there is no request any more: of the one that began it, without its header. */
export interface ChildOrigin extends Pick<
  Received,
  "portalSlug" | "ownHost" | "requestId" | "address" | "connection" | "draining"
> {
  /** The call that the code runs for. */
  readonly callId: Id<"call">;
  /** The run of the code, for people who are asked: by it they find it again. */
  readonly runId: Id<"run">;
  /** What its client says of itself: on record, and for people who are asked. */
  readonly client: ToldIdentity;
  /** Slugs of the servers that the connection holds; undefined: all that the caller may use. */
  readonly narrowedTo: readonly string[] | undefined;
  /** The header, where there is one: who they are is asked again by it with each call. It stays here. */
  readonly authorization: string | undefined;
  /** By which it is asked where there is no header, or its token has run out meanwhile. */
  readonly standing: Standing | undefined;
}

export interface ChildRequest {
  readonly id: Id<"call">;
  readonly method: "tools/call" | "resources/read" | "prompts/get";
  /** Raw JSON of `params`: `name` and `arguments`, or `uri`, and nothing else. */
  readonly params: string;
  readonly signal: AbortSignal;
  /**
   * Told once, right before the call goes to its server, when nothing of ours refuses it any more; it goes when the promise has
   * resolved, and not at all where that rejects. What changes something goes when all calls before it are on record as well.
   */
  readonly onDispatch?: ((about: DispatchedChild) => void | Promise<void>) | undefined;
}

export interface DispatchedChild {
  readonly target: ForwardTarget;
  readonly class: ToolClass | undefined;
}

export interface ChildOutcome {
  /** Raw JSON of `result` or `error`; undefined with a fault of ours. */
  readonly answer:
    | { readonly kind: "result" | "error"; readonly text: string; readonly code?: string | undefined }
    | undefined;
  /**
   * What refused it, or failed on the way. `approval_required` and `link_required` that name a page (`waitOf`): it waits for a
   * person, and was not carried out, also where it had gone to its server.
   */
  readonly fault: Fault | undefined;
  readonly class: ToolClass | undefined;
  readonly durationMs: number;
}

export interface ChildCalls {
  /** Never rejects but for defects: what refused or failed is in the outcome. Some are under way at a time, others wait. */
  call(request: ChildRequest): Promise<ChildOutcome>;
  /** Resolves when every call so far is on record; throws `audit_unavailable`, `audit_overloaded`. No answer may leave before. */
  recorded(): Promise<void>;
}

/** Of code that a call of a portal's own tool runs. */
export function childOriginOf(
  call: OwnToolCall,
  narrowedTo: readonly string[] | undefined,
): Omit<ChildOrigin, "runId"> {
  const { id: callId, requestId, address, connection, portalSlug, ownHost, draining, authorization } = call;
  const standing = standingOf(call.principal, call.receivedAtMs);
  const client = clientOf(call.session, call.message);
  return {
    callId,
    requestId,
    address,
    connection,
    portalSlug,
    ownHost,
    draining,
    authorization,
    standing,
    client,
    narrowedTo,
  };
}
