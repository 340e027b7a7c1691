/** Reads a document that an admin gives, or that is fetched anew. */
import { isFault } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import type { DocumentProblem } from "../document/problems.ts";
import { openapiFaults } from "../faults.ts";
import type { NewDocument, ReadDocument } from "../store/document.ts";
import type { DocumentThreads } from "../threads/document-threads.ts";
import { fetchDocument, type DocumentAddress } from "./fetch-document.ts";

export type Summarizing = Pick<DocumentThreads, "summarize">;

export interface ReadTextOptions {
  readonly etag?: string | undefined;
  /** Where it came from. */
  readonly sourceUrl?: string | undefined;
  /** Where the API is, if that is known already. */
  readonly baseUrl?: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws `document_invalid`, `document_too_large`; the signal's reason. */
export async function readText(
  threads: Summarizing,
  text: string,
  { etag, sourceUrl, baseUrl, signal }: ReadTextOptions,
): Promise<ReadDocument> {
  // Nothing that is read has one (YAML 1.2 §5.1, RFC 8259 §7), and PostgreSQL keeps none.
  if (text.includes("\0"))
    throw openapiFaults.fault("document_invalid", "The document has a character U+0000");
  return { text, etag, ...(await threads.summarize(text, { sourceUrl, baseUrl }, signal)) };
}

export interface ReadGivenOptions extends Pick<ReadTextOptions, "baseUrl" | "signal"> {
  /** Of a request; default `openapi.document`. */
  readonly field?: string | undefined;
}

/** What an admin gives as text. Throws what `readText` does, of the field. */
export async function readGiven(
  threads: Summarizing,
  text: string,
  { field = "openapi.document", ...how }: ReadGivenOptions,
): Promise<NewDocument> {
  try {
    return { sourceUrl: undefined, read: await readText(threads, text, how) };
  } catch (error) {
    throw atField(error, field);
  }
}

/** Undefined: it is the one of this `etag` still. Throws what `fetchDocument` and `readText` do. */
export async function readAddress(
  { outbound, threads }: { readonly outbound: Pick<Outbound, "fetch">; readonly threads: Summarizing },
  address: DocumentAddress & Pick<ReadTextOptions, "baseUrl">,
): Promise<ReadDocument | undefined> {
  const fetched = await fetchDocument(outbound, address);
  if (fetched.kind === "same") return undefined;
  const { url: sourceUrl, baseUrl, signal } = address;
  return readText(threads, fetched.text, { etag: fetched.etag, sourceUrl, baseUrl, signal });
}

/** The fault as one of a field of a request: places in the document are in its message. */
export function atField(error: unknown, field: string): unknown {
  if (!isFault(error) || !ofDocument.has(error.code)) return error;
  const problems = error.data?.["problems"] as readonly DocumentProblem[] | undefined;
  return openapiFaults.fault(error.code as "document_invalid", error.message, {
    field,
    cause: error,
    ...(problems && {
      data: { problems: problems.map(({ place, problem }) => ({ field, place, reason: problem })) },
    }),
  });
}

const ofDocument: ReadonlySet<string> = new Set([
  "document_invalid",
  "document_too_large",
  "document_unreachable",
]);
