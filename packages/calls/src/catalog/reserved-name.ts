/**
 * Tool names that are the portals' own, to whoever does not look at case: no server's tool may stand in the place of one. (A server with
 * the slug `portal` has names like these; its tools' public names end in a hash, and so are others.)
 */
export function isReservedName(publicName: string): boolean {
  return /^portal_/i.test(publicName);
}
