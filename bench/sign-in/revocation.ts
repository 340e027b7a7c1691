/**
 * How long after a person's grant was ended at one replica another one still lets its token in. The clock starts when
 * the request to end it is sent, so its own way is in every figure.
 */
import type { MeasuredCastellan } from "../load/castellan.ts";
import { spread, type Spread } from "../load/figures.ts";
import { openSpeaker, type Speaker } from "../load/speaker.ts";

export interface RevocationFigure {
  readonly name: string;
  /** Milliseconds. */
  readonly took: Spread;
}

/** What was given for one try. */
export interface Given {
  readonly token: string;
  readonly grantId: string;
}

const patienceMs = 20_000;

export async function measureRevocation(
  { ending, serving }: { ending: MeasuredCastellan; serving: MeasuredCastellan },
  give: () => Promise<Given>,
  tries: number,
): Promise<RevocationFigure[]> {
  const took = {
    ended: [] as number[],
    call: [] as number[],
    stream: [] as number[],
    running: [] as number[],
  };
  for (let n = 0; n < tries; n++) {
    const { token, grantId } = await give();
    const door = { url: serving.portalUrl("bench"), headers: { authorization: `Bearer ${token}` } };
    const asking = await openSpeaker(door, "legacy", { elicitation: { form: {} } });
    const calling = await openSpeaker(door, "modern");
    const streamClosed = await openStream(asking);
    const callEnded = await beginCall(asking);
    await assertTaken(calling);

    const startedMs = performance.now();
    const since = () => performance.now() - startedMs;
    const [ended, call, stream, running] = await Promise.all([
      ending.api("DELETE", `/grants/${grantId}`).then(since),
      callUntilRefused(calling).then(since),
      streamClosed().then(since),
      callEnded().then(since),
    ]);
    took.ended.push(ended);
    took.call.push(call);
    took.stream.push(stream);
    took.running.push(running);
  }
  return [
    { name: "the ending is answered, there", took: spread(took.ended) },
    { name: "a next call is refused, elsewhere", took: spread(took.call) },
    { name: "an open stream is closed, elsewhere", took: spread(took.stream) },
    { name: "a call under way is ended, elsewhere", took: spread(took.running) },
  ];
}

/** The session's own stream; resolves to a wait for its end. */
async function openStream(speaker: Speaker): Promise<() => Promise<void>> {
  const response = await fetch(speaker.url, {
    headers: { ...speaker.headers(""), accept: "text/event-stream" },
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!response.ok || !response.body) throw new Error(`No stream: ${response.status}`);
  return () => readToEnd(response).then(() => undefined);
}

/** A call in whose course the server asks the client, who never answers; resolves, once it asks, to a wait for the call's end. */
async function beginCall(speaker: Speaker): Promise<() => Promise<void>> {
  const response = await fetch(speaker.url, {
    method: "POST",
    headers: speaker.headers("tools/call"),
    body: speaker.call(1, "asking_ask", {}),
    signal: AbortSignal.timeout(patienceMs),
  });
  const asked = Promise.withResolvers<void>();
  const all = readToEnd(response, (text) => {
    if (text.includes("elicitation/create")) asked.resolve();
  });
  await Promise.race([
    asked.promise,
    all.then((text) => Promise.reject(new Error(`It did not ask: ${text}`))),
  ]);
  return async () => {
    const text = await all;
    if (!text.includes('"error"')) throw new Error(`The call was answered: ${text}`);
  };
}

async function readToEnd(response: Response, onText: (all: string) => void = () => {}): Promise<string> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    onText(text);
  }
  return text;
}

/** One call after the other, until one is refused. */
async function callUntilRefused(speaker: Speaker): Promise<void> {
  const endsMs = performance.now() + patienceMs;
  while (performance.now() < endsMs) if ((await listTools(speaker)) === 401) return;
  throw new Error(`Calls were let in for ${patienceMs} ms`);
}

async function assertTaken(speaker: Speaker): Promise<void> {
  const status = await listTools(speaker);
  if (status !== 200) throw new Error(`A call with a good token: ${status}`);
}

async function listTools(speaker: Speaker): Promise<number> {
  const response = await fetch(speaker.url, {
    method: "POST",
    headers: speaker.headers("tools/list"),
    body: speaker.list(1),
    signal: AbortSignal.timeout(patienceMs),
  });
  await response.arrayBuffer();
  return response.status;
}
