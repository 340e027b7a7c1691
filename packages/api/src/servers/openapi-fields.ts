/** The document of a server that is an API: how it is given, and how it is shown. */
import { apiFaces } from "@castellan/calls";
import { maxDocumentBytes, type KeptDocument } from "@castellan/openapi";
import { z } from "zod";
import { isoTime } from "../fields.ts";

/** A text that is as long as it may be, as JSON writes it. */
export const maxBodyWithDocument = 2 * maxDocumentBytes;

const face = z.enum(apiFaces).meta({
  description: "`tools`: one for each operation. `code`: two, which take code over the document",
});

const place = {
  url: z.string().max(2048).optional().meta({
    description:
      "Where the document is fetched, now and daily; https, or http to an address in `allowPrivate`",
  }),
  document: z.string().min(1).optional().meta({ description: "Its text, JSON or YAML" }),
};

/** Of a new server. */
export const newOpenapi = z
  .strictObject({ ...place, face: face.default("tools") })
  .refine(({ url, document }) => (url === undefined) !== (document === undefined), {
    message: "must have either url or document",
  })
  .meta({ description: "The server is an API that this document describes (OpenAPI 3.0 or 3.1)" });

/** Of one that is there. */
export const changedOpenapi = z
  .strictObject({ ...place, face: face.optional() })
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .refine(({ url, document }) => url === undefined || document === undefined, {
    message: "must have either url or document",
  })
  .meta({
    description: "Of an API only. Another document, or the same one looked at anew; or how portals list it",
  });

export const shownOpenapi = z
  .object({
    face: z.enum(apiFaces),
    url: z.string().optional().describe("Where the document is fetched; absent: it was given as text"),
    digest: z.string().optional().describe("SHA-256 of its text; absent as long as none was fetched"),
    operations: z.int().optional().describe("How many of its operations are tools"),
    skipped: z.int().describe("How many are not"),
    declaredUrl: z.string().optional().describe("Where the document says that the API is"),
    fetchedAt: isoTime
      .optional()
      .describe("When it was last known to be what its address serves, or was given"),
    attemptedAt: isoTime.optional(),
    error: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .describe("Why it could not be fetched anew; the one before it is in use"),
  })
  .meta({ id: "ServerDocument" });

export function toShownOpenapi(
  face: z.output<typeof shownOpenapi>["face"] | undefined,
  kept: KeptDocument | undefined,
): z.input<typeof shownOpenapi> | undefined {
  if (face === undefined) return undefined;
  return {
    face,
    url: kept?.sourceUrl,
    digest: kept?.digest,
    operations: kept?.operations,
    skipped: kept?.skipped.length ?? 0,
    declaredUrl: kept?.declaredUrl,
    fetchedAt: kept?.fetchedAt,
    attemptedAt: kept?.attemptedAt,
    error: kept?.error,
  };
}
