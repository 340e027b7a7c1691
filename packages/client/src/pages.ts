interface Listed<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

interface PageRequest {
  readonly query?: (object & { readonly cursor?: string | undefined }) | undefined;
}

/**
 * Every entry of a list, page after page: `for await (const token of pages(client.listTokens, {}))`.
 * Throws what the operation throws.
 */
export async function* pages<Request extends PageRequest, Item>(
  list: (request: Request) => Promise<Listed<Item>>,
  request: Request,
): AsyncGenerator<Item, void, undefined> {
  let cursor = request.query?.cursor;
  do {
    const page = await list({ ...request, query: { ...request.query, cursor } });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
