/** Fetches an API document from the address that an admin gave: through the safe fetch, bounded, and without any credentials. */
import { isFault, type Fault } from "@castellan/kernel";
import type { Outbound, OutboundResponse } from "@castellan/web";
import { maxDocumentBytes } from "../document/parse-text.ts";
import { openapiFaults } from "../faults.ts";

export interface DocumentAddress {
  readonly url: string;
  /** As the server's own: where a document may be although that is not public. */
  readonly allowPrivate: readonly string[];
  /** Of the text that is known: then that it is the same is enough. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
}

export type Fetched =
  | { readonly kind: "same" }
  | { readonly kind: "text"; readonly text: string; readonly etag: string | undefined };

const timeoutMs = 60_000;
const maxRedirects = 3;
const accept = "application/json, application/yaml, application/vnd.oai.openapi, text/yaml, */*;q=0.5";
/** A longer one is not kept: it is a header that has to be sent again. */
const maxEtagLength = 256;

/** Throws `document_unreachable`, `document_too_large`, `document_invalid`, `outbound_refused`, `outbound_policy_invalid`, `cancelled`. */
export async function fetchDocument(
  outbound: Pick<Outbound, "fetch">,
  { url, allowPrivate, etag, signal }: DocumentAddress,
): Promise<Fetched> {
  const response = await outbound
    .fetch(url, {
      policy: { allowPrivate },
      maxBytes: maxDocumentBytes,
      timeoutMs,
      maxRedirects,
      headers: { accept, ...(etag !== undefined && { "if-none-match": etag }) },
      signal,
      field: "openapi.url",
    })
    .catch((error: unknown) => {
      throw toDocumentFault(error);
    });
  if (etag !== undefined && response.status === 304) return { kind: "same" };
  if (response.status !== 200)
    throw unreachable(`The address of the document answered with status ${response.status}`);
  return { kind: "text", text: decode(response.body), etag: etagOf(response) };
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw openapiFaults.fault("document_invalid", "The document is not UTF-8", { cause });
  }
}

function etagOf({ headers }: OutboundResponse): string | undefined {
  const etag = headers.get("etag") ?? "";
  return etag !== "" && etag.length <= maxEtagLength ? etag : undefined;
}

/** That an address may not be called, and that the caller left, is told as it is. */
function toDocumentFault(error: unknown): unknown {
  if (!isFault(error)) return error;
  if (error.code === "outbound_too_large")
    return openapiFaults.fault(
      "document_too_large",
      `The document is larger than ${maxDocumentBytes} bytes`,
      {
        cause: error,
      },
    );
  return unreachableCodes.has(error.code) ? unreachable(error.message, error) : error;
}

const unreachableCodes: ReadonlySet<string> = new Set([
  "outbound_unreachable",
  "outbound_timeout",
  "outbound_redirected",
  "outbound_encoded",
]);

function unreachable(message: string, cause?: Fault) {
  return openapiFaults.fault("document_unreachable", message, { ...(cause && { cause }) });
}
