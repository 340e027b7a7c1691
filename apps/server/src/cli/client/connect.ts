/** The server's API as commands use it: the typed client, whose problems are faults here. */
import { ApiProblem, createClient, UnexpectedAnswer, type Client } from "@castellan/client";
import { Fault, isFault } from "@castellan/kernel";
import type { TokenSource } from "../access/credential.ts";
import { cliFaults } from "../faults.ts";

/** Reading a large server's lists, or verifying a long record, takes its time. */
const longestMs = 10 * 60_000;

export interface ConnectOptions {
  readonly url: string;
  readonly token: TokenSource;
  /** For one request. Default: ten minutes. */
  readonly timeoutMs?: number;
}

/**
 * Its functions throw what the server answers under the server's own codes, and `server_unreachable`,
 * `server_answer_invalid`.
 */
export function connect({ url, token, timeoutMs = longestMs }: ConnectOptions): Client {
  const client = createClient({
    url,
    token,
    fetch: (target, init) => request(target, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
  });
  const entries = Object.entries(client).map(([id, operation]) => [
    id,
    async (asked?: never) => {
      try {
        return await operation(asked as never);
      } catch (error) {
        throw toFault(error, url);
      }
    },
  ]);
  return Object.fromEntries(entries) as Client;
}

/** One request that is not redirected: the token is for this URL. Fault: `server_unreachable`. */
export async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "manual" });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function toFault(error: unknown, url: string): Fault {
  if (isFault(error)) return error;
  if (error instanceof ApiProblem) return fromProblem(error);
  if (error instanceof UnexpectedAnswer) return notCastellan(error, url);
  // The answer began and did not end.
  return unreachable(new URL(url), error);
}

/** A problem document (RFC 9457) as the fault that it was. */
function fromProblem({ code, status, message, field, data }: ApiProblem): Fault {
  const owner = status < 500 ? "caller" : status === 502 || status === 504 ? "upstream" : "system";
  return new Fault(code, { owner, status, help: "" }, message, {
    data,
    ...(field !== undefined && { field }),
  });
}

function notCastellan({ status, location }: UnexpectedAnswer, url: string): Fault {
  const where = status >= 300 && status < 400 ? `, a redirect to ${location ?? "nowhere"}` : "";
  return cliFaults.fault(
    "server_answer_invalid",
    `What answers at ${url} does not do so as Castellan (HTTP ${status}${where})`,
  );
}

function unreachable({ origin }: URL, cause: unknown): Fault {
  return cliFaults.fault("server_unreachable", `No answer from ${origin}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(error: unknown): string {
  const { cause = error, name } = error as { cause?: { code?: string; message?: string }; name?: string };
  if (name === "TimeoutError") return "it took too long";
  const { code, message } = cause as { code?: string; message?: string };
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such host",
    ECONNRESET: "the connection was closed",
  };
  return known[code ?? ""] ?? code ?? message ?? "unknown reason";
}
