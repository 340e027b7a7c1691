import type { Client, ListDefinitionsAnswer, RequestOf } from "@castellan/client";

export type DefinitionsQuery = NonNullable<RequestOf<"listDefinitions">["query"]>;

/** All pages as one answer; fingerprint and counts are those of the last. */
export async function readDefinitions(
  api: Client,
  slug: string,
  query: DefinitionsQuery,
): Promise<Omit<ListDefinitionsAnswer, "nextCursor">> {
  const items: ListDefinitionsAnswer["items"][number][] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await api.listDefinitions({ params: { slug }, query: { ...query, limit: 200, cursor } });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return { items, fingerprint: page.fingerprint, counts: page.counts };
  }
}
