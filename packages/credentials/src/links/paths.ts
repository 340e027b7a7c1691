/** Addresses of pages, as local paths. An id is no secret and opens nothing: whoever comes has to be whom it is for. */
import type { Id } from "@castellan/kernel";

/** What is below this path is for people: `WebAppSettings.pagePaths`. */
export const linksPath = "/links";

/** The page on which a request is met. */
export function linkPath(id: Id<"link">): string {
  return `${linksPath}/requests/${id}`;
}

/** The same as an address: what a client is given to open. */
export function linkPage(publicUrl: string | URL, id: Id<"link">): string {
  return new URL(linkPath(id), publicUrl).href;
}

/** The list of somebody's servers; `client`: what it has switched on stands open. */
export function serversPath(client?: string): string {
  return client === undefined ? linksPath : `${linksPath}?${new URLSearchParams({ client })}#clients`;
}
