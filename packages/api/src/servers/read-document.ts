import { invalidInput } from "@castellan/kernel";
import type { NewDocument } from "@castellan/openapi";
import type { ApiPorts } from "../ports.ts";

interface GivenDocument {
  readonly url?: string | undefined;
  readonly document?: string | undefined;
}

/** Of an operation that reads one. */
export const documentErrors = ["document_invalid", "document_too_large", "document_unreachable"];

/**
 * What an admin gives, read; undefined where they give none. Throws `document_invalid`, `document_too_large`,
 * `document_unreachable`, `outbound_refused`, `outbound_policy_invalid`.
 */
export async function readDocument(
  given: GivenDocument | undefined,
  how: {
    readonly allowPrivate: readonly string[];
    readonly baseUrl: string | undefined;
    readonly signal: AbortSignal;
  },
  { apiDocuments }: Pick<ApiPorts, "apiDocuments">,
): Promise<NewDocument | undefined> {
  if (given?.document !== undefined) return apiDocuments.readText(given.document, how);
  if (given?.url !== undefined) return apiDocuments.readAddress(given.url, how);
  return undefined;
}

/** Where the API is, by its own document. Throws `invalid_input` where that cannot be told. */
export function declaredUrlOf({ read }: NewDocument): string {
  if (read?.declaredUrl !== undefined) return read.declaredUrl;
  throw invalidInput([
    { field: "url", reason: "must say where the API is: no server of the document can be told from it" },
  ]);
}
