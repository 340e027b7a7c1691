/** Asks a target without credentials what it wants: only its refusal says where its metadata are and which scopes are needed. */
import { isFault } from "@castellan/kernel";
import type { OAuthTarget } from "./oauth.ts";
import type { Way } from "./wire.ts";

const timeoutMs = 5000;
const maxBytes = 64 * 1024;
/** A request that changes nothing and that no era answers without a look at who asks. */
const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });

/** The `WWW-Authenticate` of its 401; undefined: it wants nothing, or does not answer. */
export async function probe(way: Way, { url, allowPrivate }: OAuthTarget): Promise<string | undefined> {
  try {
    const { status, headers } = await way.fetch(url, {
      policy: { allowPrivate },
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: request,
      timeoutMs,
      maxBytes,
    });
    return status === 401 ? (headers.get("www-authenticate") ?? undefined) : undefined;
  } catch (error) {
    // An answer that goes on and on is no refusal; who cannot be reached is found out by the next request.
    if (isFault(error)) return undefined;
    throw error;
  }
}
