/** Where people decide. */
import type { Id } from "@castellan/kernel";

/** What is below this path is for people: `WebAppSettings.pagePaths`. */
export const approvalPagePath = "/approvals";

/**
 * The page of one request, as a local path. The id is no secret, and opens nothing: whoever comes has to sign in and be
 * somebody whom it is for.
 *
 * @param directory of whoever the link is for; who is not signed in is asked for an account of it. Default: the company's.
 */
export function approvalPath(
  id: Id<"approval">,
  { directory = "workforce" }: { readonly directory?: string } = {},
): string {
  return `${approvalPagePath}/${id}${queryOf(directory)}`;
}

/** What is sent by a form of that page. */
export type FormStep = "decision" | "continue" | "withdraw";

/** Where it is sent. The directory goes along for whoever is not signed in any more. */
export function formPath(id: Id<"approval">, step: FormStep, directory: string): string {
  return `${approvalPagePath}/${id}/${step}${queryOf(directory)}`;
}

function queryOf(directory: string): string {
  return directory === "workforce" ? "" : `?${new URLSearchParams({ directory })}`;
}
