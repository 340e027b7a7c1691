import type { StoredServer } from "@castellan/calls";
import type { ApiPorts } from "../ports.ts";

/**
 * Has the server read, and what is known of it then. It goes on when the client leaves, since nobody would come
 * back to finish it; a house that stops answers with what it has.
 */
export async function readAnew(
  slug: string,
  { servers, syncer, changes }: Pick<ApiPorts, "servers" | "syncer" | "changes">,
  draining: AbortSignal,
): Promise<StoredServer> {
  try {
    await syncer.sync(slug, draining);
  } catch (error) {
    if (!draining.aborted) throw error;
  }
  await changes.flush();
  return servers.get(slug);
}
