/**
 * A call in whose course the client is asked something, from the call to its answer: on the stream of the
 * call in the legacy era (2025-11-25, elicitation), by `input_required` and a retry in the modern one
 * (2026-07-28, multi round-trip requests).
 */
import type { Speaker } from "./speaker.ts";

const callTimeoutMs = 10_000;
const answer = { action: "accept", content: { yes: true } };

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: { readonly resultType?: string; readonly content?: unknown } & InputRequired;
}

interface InputRequired {
  readonly inputRequests?: Readonly<Record<string, unknown>>;
  readonly requestState?: string;
}

/** Milliseconds. Throws when it was not asked exactly once, or not answered. */
export async function timeQuestion(speaker: Speaker, tool: string, id: number): Promise<number> {
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(callTimeoutMs);
  const asked = await (speaker.era === "legacy" ? askedOnStream : askedByResult)(speaker, tool, id, signal);
  if (asked !== 1) throw new Error(`${tool} asked ${asked} times`);
  return performance.now() - startedMs;
}

async function askedByResult(
  speaker: Speaker,
  tool: string,
  id: number,
  signal: AbortSignal,
): Promise<number> {
  const first = await lastMessage(await post(speaker, tool, speaker.call(id, tool, {}), signal));
  const { inputRequests = {}, requestState } = first.result ?? {};
  const keys = Object.keys(inputRequests);
  const inputResponses = Object.fromEntries(keys.map((key) => [key, answer]));
  const retry = speaker.call(
    id + 1,
    tool,
    {},
    { inputResponses, ...(requestState !== undefined && { requestState }) },
  );
  assertAnswered(await lastMessage(await post(speaker, tool, retry, signal)));
  return keys.length;
}

async function askedOnStream(
  speaker: Speaker,
  tool: string,
  id: number,
  signal: AbortSignal,
): Promise<number> {
  let asked = 0;
  let last: Message = {};
  for await (const message of messages(await post(speaker, tool, speaker.call(id, tool, {}), signal))) {
    last = message;
    if (message.method !== "elicitation/create") continue;
    asked++;
    const body = JSON.stringify({ jsonrpc: "2.0", id: message.id, result: answer });
    await (await post(speaker, tool, body, signal)).text();
  }
  assertAnswered(last);
  return asked;
}

async function post(speaker: Speaker, tool: string, body: string, signal: AbortSignal): Promise<Response> {
  const headers = speaker.headers("tools/call", tool);
  const response = await fetch(speaker.url, { method: "POST", headers, body, signal });
  if (!response.ok) throw new Error(`${tool}: ${response.status} ${await response.text()}`);
  return response;
}

async function lastMessage(response: Response): Promise<Message> {
  let last: Message = {};
  for await (const message of messages(response)) last = message;
  return last;
}

/** As they come: of an event stream, or the one of a JSON body. */
async function* messages(response: Response): AsyncGenerator<Message> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield (await response.json()) as Message;
    return;
  }
  let pending = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    pending += chunk;
    const events = pending.split("\n\n");
    pending = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Message;
    }
  }
}

function assertAnswered(message: Message): void {
  if (message.result?.content === undefined) throw new Error(`No answer: ${JSON.stringify(message)}`);
}
