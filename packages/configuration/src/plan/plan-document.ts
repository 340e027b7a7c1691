/** The document of an API: what a file wants of it, next to what is there. */
import { createHash } from "node:crypto";
import { invalidInput } from "@castellan/kernel";
import type { ApiDocuments, KeptDocument, NewDocument } from "@castellan/openapi";
import type { OpenapiEntry } from "../document/openapi-entry.ts";

/** As differences tell it: a digest stands for the text. */
export interface ToldDocument {
  readonly url?: string;
  readonly document?: string;
  readonly face: OpenapiEntry["face"];
}

export function toTold({ url, document, face }: OpenapiEntry): ToldDocument {
  if (url !== undefined) return { url, face };
  return {
    document: told(
      createHash("sha256")
        .update(document ?? "")
        .digest("hex"),
    ),
    face,
  };
}

export function toldOfKept(
  face: OpenapiEntry["face"] | undefined,
  kept: Pick<KeptDocument, "sourceUrl" | "digest"> | undefined,
): ToldDocument | undefined {
  if (face === undefined) return undefined;
  if (kept?.sourceUrl !== undefined) return { url: kept.sourceUrl, face };
  return { document: told(kept?.digest ?? ""), face };
}

function told(digest: string): string {
  return `sha256:${digest}`;
}

export interface PlannedDocumentOptions {
  readonly baseUrl: string;
  readonly field: string;
  readonly documents: Pick<ApiDocuments, "readText">;
}

/** Its turn included: a plan holds a transaction. */
const maxReadMs = 120_000;

/**
 * What is to be put in the place of what is there; undefined where that is the same. What has an address is fetched once it
 * is applied. Throws `document_invalid`, `document_too_large`, and `invalid_input` for a file that nobody has read.
 */
export async function plannedDocument(
  entry: OpenapiEntry,
  before: ToldDocument | undefined,
  { baseUrl, field, documents }: PlannedDocumentOptions,
): Promise<NewDocument | undefined> {
  const { url, document } = toTold(entry);
  if (entry.file !== undefined)
    throw invalidInput([
      { field: `${field}.file`, reason: "is read by whoever applies this, and sent as document" },
    ]);
  if (before && before.url === url && before.document === document) return undefined;
  if (url !== undefined) return { sourceUrl: url, read: undefined };
  const signal = AbortSignal.timeout(maxReadMs);
  return documents.readText(entry.document ?? "", { baseUrl, field: `${field}.document`, signal });
}
