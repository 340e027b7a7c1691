/**
 * Documents are read in threads, one document per thread at a time: one that is large, or made to be slow to read, holds up nothing but
 * other documents, and that not for long.
 */
import { createThreads } from "@castellan/kernel";
import { abortable } from "@castellan/mcp";
import type { ApiDocument } from "../document/api-document.ts";
import { openapiFaults } from "../faults.ts";
import type { AskedDocument, SentDocument, Summary, ToldDocument } from "./messages.ts";

/** Where it is from and where the API is, as `ReadDocumentOptions` has it. */
export type DocumentPlaces = Pick<AskedDocument, "baseUrl" | "sourceUrl">;

export interface DocumentThreads extends AsyncDisposable {
  /** Throws `document_invalid`, `document_too_large`; the signal's reason. */
  summarize(text: string, places: DocumentPlaces, signal: AbortSignal): Promise<Summary>;
  /** Throws the same. */
  compile(text: string, places: DocumentPlaces, signal: AbortSignal): Promise<ApiDocument>;
}

export interface DocumentThreadsOptions {
  /** For one document, its waiting not counted. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** Threads begin with the first document that needs them, and end some time after the last. */
export function createDocumentThreads({ timeoutMs = 30_000 }: DocumentThreadsOptions = {}): DocumentThreads {
  const threads = createThreads<AskedDocument, ToldDocument>({
    script: new URL("thread.ts", import.meta.url),
    maxThreads: 2,
    timeoutMs,
    // The largest document that may be, in the wordiest of ways, needs about half of it.
    resourceLimits: { maxOldGenerationSizeMb: 1024, stackSizeMb: 4 },
    idleMs: 60_000,
  });

  async function ask<Kind extends AskedDocument["kind"]>(
    asked: AskedDocument & { readonly kind: Kind },
    signal: AbortSignal,
  ): Promise<Extract<ToldDocument, { kind: Kind }>> {
    const told = await abortable(threads.ask(asked, signal), signal);
    if (told?.kind === asked.kind) return told as Extract<ToldDocument, { kind: Kind }>;
    if (told?.kind !== "refused")
      throw openapiFaults.fault("document_invalid", "The document takes too long or too much memory to read");
    const { code, message, field, data } = told;
    throw openapiFaults.fault(code, message, {
      ...(field !== undefined && { field }),
      ...(data && { data }),
    });
  }

  return {
    async summarize(text, places, signal) {
      const { summary } = await ask({ ...places, kind: "summary", text }, signal);
      return summary;
    },
    async compile(text, places, signal) {
      const { document } = await ask({ ...places, kind: "document", text }, signal);
      return toDocument(document);
    },
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  };
}

function toDocument({ baseUrl, declaredUrl, ...rest }: SentDocument): ApiDocument {
  return { ...rest, baseUrl: toUrl(baseUrl), declaredUrl: toUrl(declaredUrl) };
}

function toUrl(text: string | undefined): URL | undefined {
  return text === undefined ? undefined : new URL(text);
}
