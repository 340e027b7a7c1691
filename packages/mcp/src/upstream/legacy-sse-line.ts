/** The beginning of an HTTP+SSE line: the stream, and the address in it to post to (2024-11-05, transports). */
import { mcpFaults } from "../faults.ts";
import { readEvents, type ServerSentEvent } from "../sse/read.ts";
import { chunksOf } from "./body.ts";
import type { UpstreamTarget } from "./channel.ts";
import { refusalFault } from "./refusal.ts";
import { cut, isEventStream } from "./reply.ts";
import { send } from "./send.ts";
import { Silence } from "./silence.ts";
import { orAborted } from "./upstream-fault.ts";

export interface SseLine {
  /** All that follows the endpoint. */
  readonly events: AsyncGenerator<ServerSentEvent>;
  readonly endpoint: URL;
}

/** Opens a stream that stays open until `closing` aborts. Only the opening may be given up by `opening`. */
export async function openSseLine(
  target: UpstreamTarget,
  closing: AbortSignal,
  opening: AbortSignal,
): Promise<SseLine> {
  const events = await orAborted(openStream(target, closing), opening);
  return { events, endpoint: await endpointIn(events, target.url, opening) };
}

/** The stream may be silent for as long as nothing is asked; what is asked has a time of its own. */
async function openStream(
  target: UpstreamTarget,
  signal: AbortSignal,
): Promise<AsyncGenerator<ServerSentEvent>> {
  const headers = { accept: "text/event-stream" };
  const reply = await send(target, "GET", { headers, signal, isStream: true });
  if (isEventStream(reply))
    return readEvents(
      chunksOf(reply.body, { silence: new Silence(0), signal }),
      target.limits.maxMessageBytes,
    );
  cut(reply.body);
  if (reply.statusCode !== 200) throw refusalFault(reply.statusCode);
  throw mcpFaults.fault(
    "upstream_invalid",
    "The server answered GET with something other than an event stream",
  );
}

/** The first event names the address to post to; it must stay on the server's own origin. */
async function endpointIn(
  events: AsyncGenerator<ServerSentEvent>,
  base: URL,
  signal: AbortSignal,
): Promise<URL> {
  for (;;) {
    const { value, done } = await orAborted(events.next(), signal);
    if (done) throw mcpFaults.fault("upstream_invalid", "The event stream ended before it named an endpoint");
    if (value.event !== "endpoint") continue;
    const endpoint = URL.canParse(value.data, base.href) ? new URL(value.data, base) : undefined;
    if (endpoint?.origin !== base.origin)
      throw mcpFaults.fault("upstream_invalid", "The event stream names an endpoint outside its own origin");
    return endpoint;
  }
}
