/** Puts a modern server's questions to a legacy client, all at once, and gathers the answers. */
import { createId } from "@castellan/kernel";
import {
  abortable,
  declares,
  featureOf,
  memberText,
  notificationText,
  withElicitationId,
  type InputRequest,
  type JsonObject,
  type ResponseMessage,
} from "@castellan/mcp";
import type { AskedQuestion, CallerSession } from "../call.ts";
import { callFaults } from "../faults.ts";

interface Asking {
  readonly session: Pick<CallerSession, "ask" | "client">;
  readonly say: (text: string) => boolean | Promise<boolean>;
  readonly signal: AbortSignal;
  /** Told of each page that the client answered for, by the id that it knows (2025-11-25, "URL Mode"). */
  readonly onPage: (elicitationId: string) => void;
}

/** How long a person may take, milliseconds. */
const answerTimeoutMs = 10 * 60_000;

/**
 * The answers by the server's keys, as raw JSON. Throws `client_unanswered` when the client cannot be
 * asked, answers with an error, takes too long or leaves, and the signal's reason.
 */
export async function askClient(
  requests: readonly InputRequest[],
  { session, say, signal, onPage }: Asking,
): Promise<ReadonlyMap<string, string>> {
  const patience = AbortSignal.timeout(answerTimeoutMs);
  using open = new DisposableStack();
  const unsettled = new Set<string>();
  const answers = requests.map(async (request): Promise<[string, string]> => {
    const question = toLegacyQuestion(request, session.client.capabilities);
    const { promise, resolve, reject } = Promise.withResolvers<ResponseMessage>();
    const asked: AskedQuestion = session.ask({
      method: question.method,
      params: question.params,
      onAnswer: resolve,
      onGone: () => reject(unanswered("The client will not answer any more")),
    });
    open.use(asked);
    unsettled.add(asked.id);
    if (!(await say(asked.text))) throw unanswered("The client cannot be asked on this call");
    const response = await abortable(promise, AbortSignal.any([signal, patience]));
    unsettled.delete(asked.id);
    if (question.elicitationId !== undefined) onPage(question.elicitationId);
    return [request.key, answerText(response, request)];
  });
  // One that fails ends all; the others must not be failures that nobody heard of.
  void Promise.allSettled(answers);
  try {
    return new Map(await Promise.all(answers));
  } catch (error) {
    // Whoever is still shown a question would answer it to nobody.
    for (const requestId of unsettled) void say(withdrawal(requestId));
    if (patience.aborted && !signal.aborted) throw unanswered("The client did not answer in time");
    throw error;
  }
}

interface LegacyQuestion {
  readonly method: string;
  readonly params: string | undefined;
  readonly elicitationId: string | undefined;
}

/** 2025-11-25 knows a page to open by an id (elicitation, "URL Mode"); 2026-07-28 took that away. */
function toLegacyQuestion({ method, params = "{}" }: InputRequest, capabilities: string): LegacyQuestion {
  const feature = featureOf(method, JSON.parse(params) as JsonObject);
  if (feature === undefined || !declares(capabilities, feature))
    throw unanswered(`The server asked for ${feature ?? method}, which the client did not declare`);
  if (feature !== "elicitation_url") return { method, params, elicitationId: undefined };
  const elicitationId = createId("request");
  return { method, params: withElicitationId(params, elicitationId), elicitationId };
}

/** An elicitation that the client could not carry out was not accepted; of other questions nothing can be made up. */
function answerText(response: ResponseMessage, { method }: InputRequest): string {
  if (response.kind === "result") return memberText(response, "result") ?? "{}";
  if (method === "elicitation/create") return JSON.stringify({ action: "cancel" });
  throw unanswered(`The client answered ${method} with an error: ${response.error.message.slice(0, 200)}`);
}

function withdrawal(requestId: string): string {
  return notificationText("notifications/cancelled", JSON.stringify({ requestId }));
}

function unanswered(message: string) {
  return callFaults.fault("client_unanswered", message);
}
