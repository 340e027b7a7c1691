/**
 * How somebody's client is asked to open a page on the way of a call that does not wait for it (2025-11-25 and 2026-07-28,
 * elicitation, "URL Mode"). Whatever comes of it, the call goes on.
 */
import type { Admitted, CallerSession } from "@castellan/calls";
import { createId } from "@castellan/kernel";
import {
  declares,
  isObjectText,
  memberOf,
  metaKeys,
  paramText,
  withElicitationId,
  type InputRequest,
  type RequestMessage,
} from "@castellan/mcp";

export interface AskedCall {
  readonly call: Pick<Admitted, "protocol" | "acceptsStream" | "relay">;
  readonly request: RequestMessage;
  readonly session: Pick<CallerSession, "client" | "ask"> | undefined;
}

export interface Page {
  /** Under which a modern client answers. */
  readonly key: string;
  readonly url: string;
  /** For the person, who decides whether the client opens it. */
  readonly message: string;
}

/** Whether the client opens pages and can be asked to on this call. A modern call that answers a question is not met with one. */
export function canAskToOpen({ call, request, session }: AskedCall): boolean {
  const feature = "elicitation_url";
  if (call.protocol.era === "legacy")
    return call.acceptsStream && session !== undefined && declares(session.client.capabilities, feature);
  const { inputResponses, requestState } = request.params ?? {};
  return inputResponses === undefined && requestState === undefined && declares(declaredIn(request), feature);
}

/** Of a modern client: the question that its call is to be answered with. A legacy one is asked on the stream of its call. */
export async function askToOpen(
  { key, url, message }: Page,
  asked: AskedCall,
): Promise<InputRequest | undefined> {
  const { call, session } = asked;
  if (!canAskToOpen(asked)) return undefined;
  const params = JSON.stringify({ mode: "url", message, url });
  const method = "elicitation/create";
  if (call.protocol.era === "modern") return { key, method, params };
  // Nobody waits for what the client says to it, which goes nowhere when it comes.
  using question = session?.ask({
    method,
    params: withElicitationId(params, createId("request")),
    onAnswer() {},
  });
  if (question) await call.relay(question.text);
  return undefined;
}

/** Raw JSON of the capabilities that a modern client declares. */
function declaredIn(request: RequestMessage): string {
  const meta = paramText(request, "_meta");
  return (isObjectText(meta) && memberOf(meta, metaKeys.clientCapabilities)) || "{}";
}
