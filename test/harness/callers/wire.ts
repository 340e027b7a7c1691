/** HTTP as a caller speaks it: each exchange on undici, its messages as they come, its end as it is. */
import { Agent, request, type Dispatcher } from "undici";
import { readEvents, type StreamEvent } from "./event-source.ts";

export interface Exchange {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly isStream: boolean;
  /** Id of the last event that had one. */
  readonly lastEventId: string | undefined;
  /** How the answer ended: whole, or with its connection. */
  readonly ended: Promise<"complete" | "broken">;
  /** Hangs up. */
  leave(): void;
}

export interface Sent {
  readonly httpMethod?: "POST" | "GET" | "DELETE";
  /** Empty: none. */
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Called with the text of each message, and with the text of a body that is none. */
  readonly onText: (text: string) => void;
}

const agent = new Agent({ connections: null, bodyTimeout: 0, headersTimeout: 60_000, pipelining: 0 });

/** Resolves when the head of the answer is there. */
export async function send(url: string, sent: Sent): Promise<Exchange> {
  const { httpMethod = "POST", token, headers, body, onText } = sent;
  const leaving = new AbortController();
  const response = await request(url, {
    dispatcher: agent,
    method: httpMethod,
    signal: leaving.signal,
    headers: {
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      accept: httpMethod === "GET" ? "text/event-stream" : "application/json, text/event-stream",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body ?? null,
  });
  const isStream = String(response.headers["content-type"]).startsWith("text/event-stream");
  const seen: { lastEventId?: string | undefined } = {};
  const onEvent = (event: StreamEvent) => {
    seen.lastEventId = event.id;
    if (event.data !== "") onText(event.data);
  };
  const read = async (): Promise<"complete" | "broken"> => {
    try {
      if (isStream) for await (const event of readEvents(response.body)) onEvent(event);
      else {
        const text = await response.body.text();
        if (text !== "") onText(text);
      }
      return "complete";
    } catch {
      return "broken";
    }
  };
  const ended = read();
  return {
    status: response.statusCode,
    headers: response.headers,
    isStream,
    get lastEventId() {
      return seen.lastEventId;
    },
    ended,
    leave: () => leaving.abort(),
  };
}
