/** Reads an API document: OpenAPI 3.0 or 3.1, in JSON or YAML. Nothing that it names is ever fetched. */
import { readOperations } from "../operations/read-operations.ts";
import { toSpecParts } from "../spec/spec-text.ts";
import type { ApiDocument, Source } from "./api-document.ts";
import { readCredentialPlaces } from "./api-keys.ts";
import { firstServer } from "./base-url.ts";
import { checkDocument } from "./check.ts";
import { bounded, member, textMember } from "./members.ts";
import { parseText } from "./parse-text.ts";
import { toPointer } from "./pointer.ts";
import { documentInvalid } from "./problems.ts";

export interface ReadDocumentOptions {
  /** Where the API is, whatever the document says. Operations at other origins are skipped. */
  readonly baseUrl?: URL | undefined;
  /** Where the document came from: what its relative servers count from. */
  readonly sourceUrl?: URL | undefined;
  /** Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

/** As many as a server may list. */
const maxOperations = 10_000;
const maxTitleChars = 200;
const maxDescriptionChars = 4_000;

/**
 * Throws `document_too_large`, and `document_invalid` with all that is wrong in `data.problems` (place and problem of each): also
 * where none of its operations can be used. Single operations that cannot be are told in `skipped`.
 */
export function readDocument(text: string, options: ReadDocumentOptions = {}): ApiDocument {
  const root = parseText(text, options.maxBytes);
  const problems = checkDocument(root);
  if (problems.length > 0) throw documentInvalid(problems);
  const openapi = textMember(root, "openapi") ?? "";
  const source: Source = { root, is30: openapi.startsWith("3.0.") };
  const declaredUrl = firstServer(member(root, "servers"), options.sourceUrl);
  const baseUrl = options.baseUrl ?? declaredUrl;
  // `//host` has the scheme of where it is read from, and of where the API is if that is not known.
  const where = { baseUrl, declaredUrl: declaredUrl ?? firstServer(member(root, "servers"), baseUrl) };
  const credentials = readCredentialPlaces(source);
  const { operations, skipped } = readOperations(source, { where, credentials, maxOperations });
  if (operations.length === 0)
    throw documentInvalid([
      { place: "/paths", problem: "has no operation that can be used" },
      ...skipped.map(({ method, path, reason }) => ({
        place: method === "*" ? toPointer("paths", path) : toPointer("paths", path, method.toLowerCase()),
        problem: reason,
      })),
    ]);

  const info = member(root, "info");
  const description = textMember(info, "description");
  return {
    title: bounded(textMember(info, "title") ?? "", maxTitleChars),
    version: bounded(textMember(info, "version") ?? "", maxTitleChars),
    description: description === undefined ? undefined : bounded(description, maxDescriptionChars),
    openapi,
    baseUrl,
    declaredUrl,
    operations,
    skipped,
    apiKeys: credentials.apiKeys,
    keyHeaders: credentials.keyHeaders,
    spec: toSpecParts(source, operations),
  };
}
