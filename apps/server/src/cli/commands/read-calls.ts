import type { ShownCall } from "@castellan/api";
import type { ApiClient, Query } from "../client/api-client.ts";

const maxPage = 500;

/** The newest calls, at most so many; goes on from page to page as long as one holds any that is wanted. */
export async function readCalls(
  api: ApiClient,
  query: Query,
  limit: number,
  isWanted: (call: ShownCall) => boolean = () => true,
): Promise<ShownCall[]> {
  const calls: ShownCall[] = [];
  let cursor: string | undefined;
  do {
    const page: { items: ShownCall[]; nextCursor?: string } = await api.get("/calls", {
      ...query,
      limit: String(Math.min(limit - calls.length, maxPage)),
      cursor,
    });
    const wanted = page.items.filter(isWanted);
    calls.push(...wanted);
    cursor = wanted.length === 0 ? undefined : page.nextCursor;
  } while (cursor !== undefined && calls.length < limit);
  return calls;
}
