/**
 * How a connection is told of a portal's tools. `full`: with all that their servers say of them. `minimize_tools`:
 * by name, without descriptions and schemas. `search_and_execute`: by two tools of the portal's own, one that finds
 * tools and one that calls them.
 */
export const toolListings = ["full", "minimize_tools", "search_and_execute"] as const;

export type ToolListing = (typeof toolListings)[number];
