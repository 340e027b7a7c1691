/**
 * Writes a `Response` to a socket. The adapter has a writer too, but tells the client the message of
 * an error in the answer's stream or headers, and the console the rest; ours tells whom it should.
 */
import type { ServerResponse } from "node:http";
import { createId } from "@castellan/kernel";
import { problemBody, problemMediaType, toFault } from "../inbound/problem.ts";

/** What a `Response` is made of. */
interface Parts {
  readonly status: number;
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  readonly headers: Iterable<readonly [name: string, value: string]>;
}

export type AnswerWriter = (answer: Response, outgoing: ServerResponse) => Promise<void>;
export type OnError = (error: unknown, requestId: string) => void;

/**
 * To be called when the adapter has put its own `Response` into place: that one keeps what it was
 * made of under a symbol, and a web `Headers` and stream need not be made of a plain string. Should
 * a release keep it elsewhere, answers are read as any `Response` is: slower, and as right.
 */
export function createAnswerWriter(onError: OnError): AnswerWriter {
  const made = Object.getOwnPropertySymbols(new Response("probe")).find(
    ({ description }) => description === "cache",
  );
  return async (answer, outgoing) => {
    // The handler wrote by itself, or nobody is there any more.
    if (outgoing.headersSent || outgoing.destroyed) return void (await answer.body?.cancel());
    let parts: Parts;
    try {
      parts = (made === undefined ? undefined : partsMade(answer, made)) ?? answer;
      setHeaders(outgoing, parts);
    } catch (error) {
      return writeFailure(error, outgoing, onError);
    }
    const { body } = parts;
    if (body === null || typeof body === "string" || body instanceof Uint8Array) outgoing.end(body);
    else await writeStream(body, outgoing, onError);
  };
}

/** Answers 500 in place of what could not be made into an answer. */
export function writeFailure(error: unknown, outgoing: ServerResponse, onError: OnError): void {
  const fault = toFault(error);
  const requestId = idOf(outgoing);
  if (fault.status === 500) onError(error, requestId);
  if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
  outgoing.statusCode = fault.status;
  outgoing.removeHeader("Content-Length");
  outgoing.setHeader("Content-Type", problemMediaType);
  outgoing.setHeader("X-Request-Id", requestId);
  outgoing.end(problemBody(fault, requestId));
}

/** Undefined when the answer has been looked into since it was made, or was made by somebody else. */
function partsMade(answer: Response, made: symbol): Parts | undefined {
  const parts = (
    answer as unknown as Record<
      symbol,
      [number, Parts["body"] | Blob, ConstructorParameters<typeof Headers>[0]?] | undefined
    >
  )[made];
  if (parts === undefined) return undefined;
  const [status, body, init] = parts;
  if (body instanceof Blob) return undefined;
  if (init instanceof Headers) return { status, body, headers: init };
  const isList = init === undefined || Symbol.iterator in init;
  const headers = isList ? new Headers(init) : Object.entries(init as Record<string, string>);
  return { status, body, headers };
}

function setHeaders(outgoing: ServerResponse, { status, body, headers }: Parts): void {
  outgoing.statusCode = status;
  for (const [name, value] of headers) {
    if (name === "set-cookie") outgoing.appendHeader(name, value);
    else outgoing.setHeader(name, value);
  }
  // Fetch §2.2.5: what a Response of a string says when nothing else is said.
  if (typeof body === "string" && !outgoing.hasHeader("content-type"))
    outgoing.setHeader("Content-Type", "text/plain;charset=UTF-8");
}

async function writeStream(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  onError: OnError,
): Promise<void> {
  // A client that waits for the head of a quiet stream must not think that it hangs.
  outgoing.flushHeaders();
  const reader = body.getReader();
  let isTold = false;
  const fail = (error: unknown) => {
    if (!isTold && toFault(error).status === 500) onError(error, idOf(outgoing));
    isTold = true;
  };
  // A stream that fails while its client does not read must not wait for the client.
  reader.closed.catch(() => outgoing.destroy());
  // Node's pipeline would notice a client that left only when the stream says something next.
  const leave = () => void reader.cancel("the client disconnected").catch(fail);
  outgoing.once("close", leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await drained(outgoing);
    }
    outgoing.off("close", leave).end();
  } catch (error) {
    outgoing.off("close", leave).destroy();
    fail(error);
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}

function idOf(outgoing: ServerResponse): string {
  return String(outgoing.getHeader("x-request-id") ?? createId("request"));
}
