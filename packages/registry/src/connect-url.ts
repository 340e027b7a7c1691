/** Where a client reaches a portal, or one server through it (`?servers=`). */
export function connectUrl(publicUrl: string, portal: string, server?: string): string {
  const url = new URL(`/p/${portal}/mcp`, publicUrl);
  if (server !== undefined) url.searchParams.set("servers", server);
  return url.href;
}
