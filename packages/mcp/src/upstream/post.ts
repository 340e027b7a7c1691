/** One POST of Streamable HTTP: a message goes out, an answer or a stream of messages comes back. */
import { isFault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { parseMessage, type ErrorMessage, type RequestId, type ResponseMessage } from "../jsonrpc/message.ts";
import { answerInStream, asAnswer, type Resume } from "./answer-stream.ts";
import { readText } from "./body.ts";
import type { UpstreamTarget } from "./channel.ts";
import type { AboutRequest } from "./credentials.ts";
import type { OnMessage } from "./hand-on.ts";
import type { OpenQuestions } from "./open-questions.ts";
import { discard, isEventStream, mediaType, type Reply, type ReplyHeaders } from "./reply.ts";
import { send } from "./send.ts";
import { Silence } from "./silence.ts";
import { parseUpstream } from "./upstream-fault.ts";

/** What came back for a request: its answer, or an HTTP status that refuses it. */
export type Posted =
  | { readonly kind: "answer"; readonly message: ResponseMessage; readonly headers: ReplyHeaders }
  | Refused;

export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  readonly message: ErrorMessage | undefined;
}

interface PostOptions {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly about?: AboutRequest | undefined;
}

interface RequestOptions extends PostOptions {
  readonly id: RequestId;
  readonly onMessage?: OnMessage | undefined;
  /** The answer is a stream that stays open and may be silent for as long as it likes. */
  readonly isStream?: boolean | undefined;
  /** How to get the rest of a stream that ended before the answer (legacy). */
  readonly resume?: Resume | undefined;
  /** The questions of the session that this request is in (legacy). */
  readonly questions?: OpenQuestions | undefined;
}

const accept = "application/json, text/event-stream";

/** An error that comes with a status is short. */
const maxErrorBytes = 1024 * 1024;

/**
 * Posts a request and waits for its answer. What `onMessage` throws comes out as it is; all other faults:
 * see `Channel.request`, less `upstream_refused`.
 */
export async function postRequest(target: UpstreamTarget, options: RequestOptions): Promise<Posted> {
  const { idleTimeoutMs, maxMessageBytes } = target.limits;
  const { id, signal, onMessage, isStream = false, resume, questions } = options;
  const reply = await post(target, options);
  const { statusCode: status, headers, body } = reply;
  using silence = new Silence(isStream ? 0 : idleTimeoutMs);
  using _underWay = questions?.begin(silence);
  if (status !== 200) return await refused(reply, { target, silence, signal });
  if (isEventStream(reply)) {
    const found = { id, maxEventChars: maxMessageBytes, silence, signal, onMessage, questions, resume };
    return { kind: "answer", message: await answerInStream(body, found), headers };
  }
  const type = mediaType(headers);
  if (type === "application/json") {
    const message = parseUpstream(await readText(body, maxMessageBytes, { silence, signal }));
    return { kind: "answer", message: asAnswer(message, id), headers };
  }
  await discard(body);
  throw mcpFaults.fault("upstream_invalid", `The server answered with content type ${quote(type)}`);
}

/** Posts a notification or a response. Returns the HTTP status; only a failure to get one is thrown. */
export async function postOneWay(target: UpstreamTarget, options: PostOptions): Promise<number> {
  const { statusCode, body } = await post(target, options);
  await discard(body);
  return statusCode;
}

/** A reply whose status is no success, with the JSON-RPC error in its body, if there is one. */
export async function refused(
  { statusCode: status, headers, body }: Reply,
  from: { readonly target: UpstreamTarget; readonly silence: Silence; readonly signal: AbortSignal },
): Promise<Refused> {
  if (mediaType(headers) !== "application/json") {
    await discard(body);
    return { kind: "refused", status, message: undefined };
  }
  const { target, silence, signal } = from;
  const maxBytes = Math.min(target.limits.maxMessageBytes, maxErrorBytes);
  return { kind: "refused", status, message: toError(await readText(body, maxBytes, { silence, signal })) };
}

function toError(text: string): ErrorMessage | undefined {
  try {
    const message = parseMessage(text);
    return message.kind === "error" ? message : undefined;
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

function post(
  target: UpstreamTarget,
  { text, headers, signal, about, isStream }: PostOptions & Pick<RequestOptions, "isStream">,
): Promise<Reply> {
  const all = { accept, "content-type": "application/json", ...headers };
  return send(target, "POST", { headers: all, text, signal, about, isStream });
}

function quote(type: string): string {
  return type === "" ? "none" : JSON.stringify(type.slice(0, 80));
}
