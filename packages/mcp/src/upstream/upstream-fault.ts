/** What goes wrong on the way to a server and back, as a fault with an owner. */
import { setTimeout } from "node:timers/promises";
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { errors } from "undici";
import { mcpFaults } from "../faults.ts";
import { parseMessage, type ErrorMessage, type Message } from "../jsonrpc/message.ts";
import { abortable } from "./abortable.ts";

/** Any failure of an exchange with a server; `signal` is the one that the exchange was given. */
export function toUpstreamFault(error: unknown, signal: AbortSignal): Fault {
  if (isFault(error)) return error;
  const isLate = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  if (isLate || (signal.aborted && isTimeout(signal.reason)))
    return mcpFaults.fault("upstream_timeout", "The server did not answer in time", { cause: error });
  if (signal.aborted)
    return isFault(signal.reason)
      ? signal.reason
      : kernelFaults.fault("cancelled", "The request was cancelled", { cause: error });
  // A refused address reaches us as the cause of a connection error.
  if (error instanceof Error && isFault(error.cause)) return error.cause;
  return mcpFaults.fault("upstream_unreachable", `The server cannot be reached: ${reason(error)}`, {
    cause: error,
  });
}

/** A server's own words are told in full; no sentence is longer. */
const maxWordsChars = 4_000;

/** A JSON-RPC error where nothing but a result helps: in the server's words, with its code in `data.rpcCode`. */
export function rpcErrorFault(what: string, { code, message }: ErrorMessage["error"]): Fault {
  return mcpFaults.fault("upstream_invalid", `${what}: ${message.slice(0, maxWordsChars)}`, {
    data: { rpcCode: code },
  });
}

/** Whether a request failed in a way after which the server has nothing left to do for it. */
export function isOfTheServer(error: unknown): boolean {
  return isFault(error) && error.owner === "upstream" && error.code !== "upstream_timeout";
}

/** The promise, or the signal's abort as a fault. What the promise itself fails with stays what it is. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await abortable(promise, signal);
  } catch (error) {
    throw signal.aborted && error === signal.reason ? toUpstreamFault(error, signal) : error;
  }
}

/** Waits. Throws what the signal's abort is as a fault. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    throw toUpstreamFault(error, signal);
  }
}

/** Reads a message that a server sent; what is wrong with it is the server's fault, not the caller's. */
export function parseUpstream(text: string): Message {
  try {
    return parseMessage(text);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw mcpFaults.fault("upstream_invalid", `The server's message was refused: ${error.message}`, {
      cause: error,
    });
  }
}

/** What `AbortSignal.timeout` gives as its reason. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return code ?? (error instanceof Error ? error.message : "unknown error");
}
