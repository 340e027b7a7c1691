/** How long until a client with a stream hears that a list has changed. */
import { openSpeaker } from "./speaker.ts";

const patienceMs = 30_000;

/** Listens, makes the change, and resolves to the time from its beginning to `list_changed`, milliseconds. */
export async function hearChange(
  { url, token }: { url: URL; token: string },
  change: () => Promise<unknown>,
): Promise<number> {
  const speaker = await openSpeaker({ url, headers: { authorization: `Bearer ${token}` } }, "legacy");
  const closing = new AbortController();
  const stream = await fetch(url, {
    headers: { ...speaker.headers(""), accept: "text/event-stream" },
    signal: AbortSignal.any([closing.signal, AbortSignal.timeout(patienceMs)]),
  });
  if (!stream.ok || !stream.body) throw new Error(`No stream: ${stream.status}`);
  const startedMs = performance.now();
  const changed = change();
  let heardMs = 0;
  let text = "";
  for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!text.includes("notifications/tools/list_changed")) continue;
    heardMs = performance.now() - startedMs;
    break;
  }
  await changed;
  closing.abort();
  await speaker.end();
  return heardMs;
}
