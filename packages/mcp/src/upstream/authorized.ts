/** Sends a request with the credentials of the moment, and again where the server wants others and there are some. */
import { isFault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import type { UpstreamTarget } from "./channel.ts";
import type { AboutRequest, CredentialsRefusal, UpstreamCredentials } from "./credentials.ts";
import { cut, discard, type Reply } from "./reply.ts";
import { toUpstreamFault } from "./upstream-fault.ts";

type SendWith = (headers: Readonly<Record<string, string>>) => Promise<Reply>;

/** So often a request is sent again: with what is newer, and with what is wider. */
const maxRetries = 2;

const none: Readonly<Record<string, string>> = Object.freeze({});

/** Sends with the credentials of the target, if it has any. Throws what they and `sendWith` throw. */
export async function sendAuthorized(
  { credentials }: { readonly credentials?: UpstreamCredentials | undefined },
  { about, signal }: { readonly about: AboutRequest; readonly signal: AbortSignal },
  sendWith: SendWith,
): Promise<Reply> {
  if (!credentials) return sendWith(none);
  for (let retries = 0; ; retries++) {
    const sent = await orFault(credentials.headers(about, signal), signal);
    const reply = await sendWith(sent);
    const refusal = refusalIn(reply);
    if (!refusal || retries === maxRetries) return reply;
    if ((await judged(reply, credentials.refused(refusal, sent, signal), signal)) === "final") return reply;
    await discard(reply.body);
  }
}

/**
 * The target for requests that fetch the rest of an answer. The server is at work on the call already, or done with it:
 * whoever is told to sign in first would make it a second time, so what is wanted then is told as an answer that is lost.
 */
export function forTheRest(target: UpstreamTarget): UpstreamTarget {
  const { credentials } = target;
  if (!credentials) return target;
  return {
    ...target,
    credentials: {
      headers: (about, signal) => asLost(credentials.headers(about, signal)),
      refused: (refusal, sent, signal) => asLost(credentials.refused(refusal, sent, signal)),
    },
  };
}

/** What passes is tried again, as whatever passes is; the rest is over. */
async function asLost<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (!isFault(cause)) throw cause;
    throw mcpFaults.fault(
      cause.retryable ? "upstream_unreachable" : "upstream_unauthorized",
      `The rest of the server's answer cannot be had, and whether the call was carried out is not known: ${cause.message}`,
      { cause },
    );
  }
}

/** 403 without a challenge is the server's word on the request itself, not on what came with it. */
function refusalIn({ statusCode: status, headers }: Reply): CredentialsRefusal | undefined {
  const given = headers["www-authenticate"];
  const challenge = Array.isArray(given) ? given.join(", ") : given;
  if (status === 401 || (status === 403 && challenge !== undefined)) return { status, challenge };
  return undefined;
}

/** The body waits meanwhile, since a refusal that stands is read: that its connection breaks is no defect. */
async function judged<T>({ body }: Reply, judging: Promise<T>, signal: AbortSignal): Promise<T> {
  body.on("error", () => undefined);
  try {
    return await orFault(judging, signal);
  } catch (error) {
    cut(body);
    throw error;
  }
}

async function orFault<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw signal.aborted ? toUpstreamFault(error, signal) : error;
  }
}
