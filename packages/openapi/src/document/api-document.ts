/** An API document as it is used: operations that can be carried out, and why others cannot. */
import type { JsonObject } from "@castellan/mcp";
import type { Operation } from "../operations/operation.ts";
import type { SpecParts } from "../spec/spec-text.ts";

export interface ApiDocument {
  /** `info.title` and `info.version`. */
  readonly title: string;
  readonly version: string;
  /** `info.description`, as long as it may be. */
  readonly description: string | undefined;
  /** As the document says it: `3.0.3`. */
  readonly openapi: string;
  /** Where its operations are: as given, or the first of its servers that can be told. Without credentials, query and fragment. */
  readonly baseUrl: URL | undefined;
  /** The first of its servers that can be told, whatever was given. */
  readonly declaredUrl: URL | undefined;
  /** In the order of the document. */
  readonly operations: readonly Operation[];
  /** What of it cannot be used. */
  readonly skipped: readonly SkippedOperation[];
  /** Keys that this API takes in a query or a cookie. */
  readonly apiKeys: readonly ApiKey[];
  /** Headers that it takes keys in, names in lower case. */
  readonly keyHeaders: readonly string[];
  /** What code can look at: only the operations that can be used, and what they refer to; see `specText`. */
  readonly spec: SpecParts;
}

export interface SkippedOperation {
  /** `GET`; `*` for all of a path. */
  readonly method: string;
  readonly path: string;
  readonly reason: string;
}

/** `securitySchemes` of `type: apiKey` that are no headers (OpenAPI 3.1.1 §4.8.27). */
export interface ApiKey {
  readonly in: "query" | "cookie";
  readonly name: string;
}

/** The document's parsed text and what is known of all of it. */
export interface Source {
  readonly root: JsonObject;
  /** OpenAPI 3.0 has a JSON Schema of its own; 3.1 has that of 2020-12. */
  readonly is30: boolean;
}
