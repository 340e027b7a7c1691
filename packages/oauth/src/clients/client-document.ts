/**
 * A client's own description at the URL that is its id (OAuth Client ID Metadata Document, draft-ietf-oauth-client-id-
 * metadata-document; MCP 2026-07-28, authorization). The URL is a stranger's, so it is fetched as such: public addresses
 * only, judged when the connection is made, no redirects, 5 KiB, 10 seconds.
 */
import { isFault, type Fault } from "@castellan/kernel";
import type { Outbound, OutboundResponse } from "@castellan/web";
import { oauthFaults } from "../faults.ts";
import type { ClientMetadata } from "./client.ts";
import { freshMs } from "./document-freshness.ts";
import { parseStrangerMetadata } from "./stranger-metadata.ts";

export const maxDocumentBytes = 5 * 1024;
const documentTimeoutMs = 10_000;
const maxUrlLength = 512;

/** Private networks are for nobody's documents. */
const publicOnly = Object.freeze({ allowPrivate: Object.freeze([]) });

/** Whether a client id is the URL of a document: https, with a path, in the one form that the document must repeat. */
export function isDocumentUrl(id: string): boolean {
  if (!id.startsWith("https://") || id.length > maxUrlLength || !/^[\x21-\x7e]+$/.test(id)) return false;
  const url = URL.parse(id);
  // Parsing resolves dot segments, ports, case, backslashes: who wrote any of these meant to be read differently.
  if (url === null || url.href !== id || url.hash !== "" || id.includes("#")) return false;
  return url.username === "" && url.password === "" && url.pathname !== "/" && !/[[\]]/.test(url.hostname);
}

export interface ReadDocument {
  readonly metadata: ClientMetadata;
  /** How long it need not be read again. */
  readonly freshMs: number;
}

export interface ReadDocumentOptions {
  readonly outbound: Pick<Outbound, "fetch">;
  readonly nowMs: number;
  /** For all of it. Default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * Fetches and reads it.
 *
 * @throws client_document_unavailable (nothing came; it may another time) · client_document_invalid
 */
export async function readClientDocument(url: string, options: ReadDocumentOptions): Promise<ReadDocument> {
  const answer = await fetchDocument(url, options);
  const value = parseDocument(url, answer);
  return { metadata: toMetadata(value), freshMs: freshMs(answer.headers, options.nowMs) };
}

async function fetchDocument(
  url: string,
  { outbound, timeoutMs = documentTimeoutMs }: ReadDocumentOptions,
): Promise<OutboundResponse> {
  const answer = await outbound
    .fetch(url, {
      policy: publicOnly,
      maxBytes: maxDocumentBytes,
      timeoutMs,
      headers: { accept: "application/json" },
      field: "client_id",
    })
    .catch((error: unknown) => {
      throw isFault(error) ? notFetched(error) : error;
    });
  const { status } = answer;
  if (status === 200) return answer;
  // A server in trouble may have it later; "gone" and "moved" are answers.
  if (status >= 500 || status === 429) throw unavailable(`its server answered ${status}`);
  throw invalid(
    status >= 300 && status < 400
      ? "it leads elsewhere, and no redirect is followed"
      : `its server answered ${status}`,
  );
}

/** Whether a name leads into our network or nowhere is not told: strangers could ask for all names that there are. */
function notFetched(fault: Fault): Fault {
  switch (fault.code) {
    case "outbound_too_large":
      return invalid(`it is longer than ${maxDocumentBytes} bytes`, fault);
    case "outbound_encoded":
      return invalid("it came compressed, though not asked to", fault);
    case "outbound_timeout":
      return unavailable("it did not come in time", fault);
    default:
      return unavailable("its server cannot be reached over the public Internet", fault);
  }
}

function parseDocument(url: string, { headers, body }: OutboundResponse): Record<string, unknown> {
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/(?:[a-z0-9.-]+\+)?json$/.test(mediaType)) throw invalid("it is not served as JSON");
  const value = parseObject(body);
  if (value["client_id"] !== url) throw invalid("its client_id is another address than its own");
  // Whatever is in it, everybody can read.
  if ("client_secret" in value || "client_secret_expires_at" in value)
    throw invalid("it holds a secret, and everybody can read it");
  const method = value["token_endpoint_auth_method"];
  if (typeof method === "string" && method.startsWith("client_secret"))
    throw invalid("it asks to be known by a secret, and there is nobody to agree on one with");
  return value;
}

function toMetadata(value: unknown): ClientMetadata {
  try {
    return parseStrangerMetadata(value);
  } catch (error) {
    throw isFault(error) ? invalid(error.message, error) : error;
  }
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw invalid("it is not JSON", error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("it is not a JSON object");
  return value as Record<string, unknown>;
}

function invalid(reason: string, cause?: unknown): Fault {
  return oauthFaults.fault("client_document_invalid", `The client's description is not usable: ${reason}`, {
    cause,
  });
}

function unavailable(reason: string, cause?: unknown): Fault {
  return oauthFaults.fault(
    "client_document_unavailable",
    `The client's description could not be read: ${reason}`,
    { cause },
  );
}
