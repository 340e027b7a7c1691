import type { Call, Client, RequestOf } from "@castellan/client";

export type CallsQuery = NonNullable<RequestOf<"listCalls">["query"]>;

const maxPage = 500;

/** The newest calls, at most so many; goes on from page to page as long as one holds any that is wanted. */
export async function readCalls(
  api: Client,
  query: CallsQuery,
  limit: number,
  isWanted: (call: Call) => boolean = () => true,
): Promise<Call[]> {
  const calls: Call[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listCalls({
      query: { ...query, limit: Math.min(limit - calls.length, maxPage), cursor },
    });
    const wanted = page.items.filter(isWanted);
    calls.push(...wanted);
    cursor = wanted.length === 0 ? undefined : page.nextCursor;
  } while (cursor !== undefined && calls.length < limit);
  return calls;
}
