/**
 * Reads a whole request body, up to a limit. Off a socket it collects Node's own chunks: a web
 * stream in between would cost more than the rest of the request.
 */
import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { webFaults } from "../faults.ts";
import { requestHeader, serverBindings } from "./environment.ts";

export interface ReadBodyOptions {
  /** The longest body that is taken, in bytes. */
  readonly maxBytes: number;
}

const empty = new Uint8Array(0);

/**
 * The body's bytes; empty when there is none. To be called once.
 *
 * @throws body_too_large by Content-Length or by count · body_incomplete when the connection ended
 *   first · content_encoding_unsupported for a compressed body
 */
export function readBody(c: Context, { maxBytes }: ReadBodyOptions): Promise<Uint8Array> {
  const encoding = requestHeader(c, "content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return Promise.reject(
      webFaults.fault("content_encoding_unsupported", "Send the body without Content-Encoding", {
        field: "Content-Encoding",
      }),
    );
  }
  const length = requestHeader(c, "content-length");
  if (length !== undefined && Number(length) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const incoming = serverBindings(c)?.incoming;
  return incoming === undefined ? readWebBody(c.req.raw, maxBytes) : readIncoming(incoming, maxBytes);
}

function readIncoming(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const { headers } = incoming;
  // RFC 9112 §6.3: neither header means no body.
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined)
    return Promise.resolve(empty);
  return new Promise((resolve, reject) => {
    if (incoming.readableDidRead) throw new Error("The request body has been read before");
    if (incoming.destroyed) return void reject(incomplete(incoming.errored));
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        stop();
        reject(tooLarge(maxBytes));
      } else chunks.push(chunk);
    };
    const onEnd = () => {
      stop();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size));
    };
    const onBroken = (error?: Error) => {
      stop();
      reject(incomplete(error));
    };
    // What is left after a refusal is drained, and the connection closed, by the listener.
    const stop = () => {
      incoming.off("data", onData).off("end", onEnd).off("close", onBroken);
      incoming.off("error", onBroken).on("error", ignore);
    };
    incoming.on("end", onEnd).on("error", onBroken).on("close", onBroken).on("data", onData);
  });
}

async function readWebBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.body === null) return empty;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw incomplete(error);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks, size);
}

function ignore(): void {}

function tooLarge(maxBytes: number): Error {
  return webFaults.fault("body_too_large", `The body is longer than ${maxBytes} bytes`, {
    data: { maxBytes },
  });
}

function incomplete(cause: unknown): Error {
  return webFaults.fault("body_incomplete", "The connection ended before the whole body had arrived", {
    cause,
  });
}
