/** What of a document an admin should look at: the API goes on as it was until somebody does. */
import type { Attention } from "@castellan/calls";
import type { KeptDocument } from "./document.ts";

/** Fewer failures in a row may pass by themselves: with back-off this is about half an hour. */
const manyFailures = 3;

/** `url`: where the server is called, pinned when it was registered. */
export function attentionOfDocument(
  { error, failures, digest, declaredUrl, knownUrl }: KeptDocument,
  url: string,
): readonly Attention[] {
  const isWorthTelling =
    error && (error.code !== "document_unreachable" || failures >= manyFailures || digest === undefined);
  const serves = digest === undefined ? "There is none yet" : "The one before it is in use";
  return [
    ...(isWorthTelling
      ? [{ code: error.code, message: `The API's document cannot be read anew: ${error.message}. ${serves}` }]
      : []),
    ...(declaredUrl !== undefined && declaredUrl !== knownUrl && !isAt(url, declaredUrl)
      ? [
          {
            code: "document_moved",
            message: `The document says now that the API is at ${declaredUrl}. It is called at ${url} as before, until its URL is changed or its document is given anew`,
          },
        ]
      : []),
  ];
}

function isAt(url: string, declared: string): boolean {
  return url.replace(/\/+$/, "") === declared.replace(/\/+$/, "");
}
