/** The thread in which documents are read. */
import { createHash } from "node:crypto";
import { isFault, serveThread } from "@castellan/kernel";
import type { ApiDocument, SkippedOperation } from "../document/api-document.ts";
import { bounded } from "../document/members.ts";
import { readDocument } from "../document/read-document.ts";
import type { AskedDocument, SentDocument, Summary, ToldDocument } from "./messages.ts";

serveThread<AskedDocument, ToldDocument>((asked) => {
  const { kind, text } = asked;
  try {
    const document = readDocument(text, {
      baseUrl: toUrl(asked.baseUrl),
      sourceUrl: toUrl(asked.sourceUrl),
    });
    return kind === "summary"
      ? { kind, summary: summaryOf(text, document) }
      : { kind, document: toSent(document) };
  } catch (error) {
    if (!isFault(error) || (error.code !== "document_invalid" && error.code !== "document_too_large"))
      throw error;
    const { code, message, field, data } = error;
    return { kind: "refused", code, message, field, data };
  }
});

const maxSkipped = 1_000;
const maxReasonChars = 400;

function summaryOf(text: string, { operations, skipped, declaredUrl }: ApiDocument): Summary {
  const more = skipped.length - maxSkipped;
  return {
    digest: createHash("sha256").update(text).digest("hex"),
    operations: operations.length,
    skipped: [...skipped.slice(0, maxSkipped).map(inWords), ...(more > 0 ? [`and ${more} more`] : [])],
    declaredUrl: declaredUrl?.href,
  };
}

function inWords({ method, path, reason }: SkippedOperation): string {
  return bounded(`${method} ${bounded(path, maxReasonChars / 2)}: ${reason}`, maxReasonChars);
}

function toSent({ baseUrl, declaredUrl, ...rest }: ApiDocument): SentDocument {
  return { ...rest, baseUrl: baseUrl?.href, declaredUrl: declaredUrl?.href };
}

function toUrl(text: string | undefined): URL | undefined {
  return text === undefined ? undefined : new URL(text);
}
