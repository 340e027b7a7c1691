/**
 * How a connection is told of a portal's tools. `full`: with all that their servers say of them. `minimize_tools`:
 * by name, without descriptions and schemas. `search_and_execute`: by two tools of the portal's own, one that finds
 * tools and one that calls them. `code`: by two others, that take programs; what is listed is the same whatever is behind.
 */
export const optimizedListings = ["minimize_tools", "search_and_execute"] as const;

export const toolListings = ["full", ...optimizedListings, "code"] as const;

export type ToolListing = (typeof toolListings)[number];
