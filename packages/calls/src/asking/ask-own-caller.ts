/**
 * A tool of the portal's own waits for people, for any number of errands at once: its caller hears of them by what their client
 * can do, as of those of a call that goes to a server (`ask-caller.ts`).
 */
import { isFault, type Id } from "@castellan/kernel";
import { declares, inputRequiredText, memberText, requestStateOf, type RequestMessage } from "@castellan/mcp";
import type { Answer, OwnToolCall } from "../call.ts";
import { declaredIn } from "../cells/request.ts";
import { bind, type StateBinding } from "../request-state/binding.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askOnStream, sessionToAsk } from "./ask-on-stream.ts";
import { questionOf, type AskedErrand, type ErrandState } from "./errand.ts";
import { hearAnswers } from "./hear-retry.ts";

export interface OwnAsking {
  readonly call: OwnToolCall;
  readonly request: RequestMessage;
  readonly errands: readonly AskedErrand[];
}

export type OwnAsked =
  /** A modern client sends its request again with the answers; what the tool answers meanwhile. */
  | { readonly kind: "question"; readonly answer: Answer }
  /** The client was asked on the stream: what became of each errand, in their order. Some may still be `pending`. */
  | { readonly kind: "heard"; readonly states: readonly ErrandState[] }
  /** The client opens no pages: the tool has to say where they are. */
  | { readonly kind: "unasked" };

type Ports = Pick<CallPorts, "limiter" | "states">;

/** A legacy client waits without a place. Throws `calls_limited`, and why the call ended. `run`: what waits. */
export async function askOwnCaller(
  { call, request, errands, run }: OwnAsking & { readonly run: Id<"run"> },
  { states, limiter }: Ports,
): Promise<OwnAsked> {
  if (call.protocol.era === "modern") {
    if (!declares(declaredIn({ request }), "elicitation_url")) return unasked;
    const state = JSON.stringify(states.seal({ kind: "run", id: run }, bindingOf(call, request)));
    const text = inputRequiredText(errands.map(questionOf), state);
    return { kind: "question", answer: { kind: "result", text, outcome: "ok", code: "input_required" } };
  }
  const session = sessionToAsk(call);
  if (!session) return unasked;
  try {
    const heard = await waiting(call, () => askOnStream(errands, session, call, { limiter }));
    return { kind: "heard", states: heard };
  } catch (error) {
    if (isFault(error, "client_unanswered")) return unasked;
    throw error;
  }
}

const unasked: OwnAsked = Object.freeze({ kind: "unasked" });

/** What a modern caller's request goes on with; undefined for a first one. Throws `request_state_invalid`. */
export function openOwnState(
  call: OwnToolCall,
  request: RequestMessage,
  { states }: Pick<Ports, "states">,
): Id<"run"> | undefined {
  if (call.protocol.era !== "modern") return undefined;
  const state = requestStateOf(memberText(request, "params"));
  if (state === undefined) return undefined;
  return states.open(String(JSON.parse(state)), bindingOf(call, request), "run").id;
}

/**
 * Of such a request: what became of each errand, in their order, declined ones included; some may still be `pending`. It waits a
 * while for them, without a place. Throws `calls_limited`, and why the call ended.
 */
export function hearOwnRetry(
  { call, request, errands }: OwnAsking,
  { limiter }: Pick<Ports, "limiter">,
): Promise<readonly ErrandState[]> {
  return waiting(call, () => hearAnswers(errands, call, request, { limiter }));
}

/** The same tool with the same arguments, of the same caller. */
function bindingOf({ principal, portal }: OwnToolCall, request: RequestMessage): StateBinding {
  const { method } = request;
  const params = memberText(request, "params");
  return bind({ principalId: principal.id, portal: portal.slug, serverId: ofPortal, method, params });
}

/** In the place of a server's id, and none. */
const ofPortal = "portal";

async function waiting<Value>({ place }: OwnToolCall, wait: () => Promise<Value>): Promise<Value> {
  place.leave();
  const value = await wait();
  place.takeAgain();
  return value;
}
