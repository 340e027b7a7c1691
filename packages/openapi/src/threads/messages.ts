/** What crosses between a thread and the rest: what the structured clone algorithm can carry, which an address is not. */
import type { ApiDocument } from "../document/api-document.ts";

export interface AskedDocument {
  readonly kind: "summary" | "document";
  readonly text: string;
  readonly baseUrl?: string | undefined;
  readonly sourceUrl?: string | undefined;
}

export type SentDocument = Omit<ApiDocument, "baseUrl" | "declaredUrl"> & {
  readonly baseUrl: string | undefined;
  readonly declaredUrl: string | undefined;
};

/** What is kept of a document beside its text. */
export interface Summary {
  /** SHA-256 of the text, 64 hexadecimal digits. */
  readonly digest: string;
  /** How many of its operations are tools. */
  readonly operations: number;
  /** The others, each with the reason: the first of them, and how many more there are. */
  readonly skipped: readonly string[];
  readonly declaredUrl: string | undefined;
}

export type ToldDocument =
  | { readonly kind: "summary"; readonly summary: Summary }
  | { readonly kind: "document"; readonly document: SentDocument }
  | {
      readonly kind: "refused";
      readonly code: "document_invalid" | "document_too_large";
      readonly message: string;
      readonly field: string | undefined;
      readonly data: Readonly<Record<string, unknown>> | undefined;
    };
