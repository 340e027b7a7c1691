/** What a use of a tool may do, from least to most. Prompts, resources and completion are reading. */
export const toolClasses = ["read", "write", "destructive"] as const;

export type ToolClass = (typeof toolClasses)[number];
