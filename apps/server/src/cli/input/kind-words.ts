/** How kinds of definitions are called on the command line. The table of commands loads this, so it loads nothing. */

/** As the API calls them, by the word for one. */
export const kinds = {
  tool: "tool",
  prompt: "prompt",
  resource: "resource",
  template: "resource_template",
  instructions: "instructions",
} as const;

export type KindWord = keyof typeof kinds;

export const definitionKindWords = Object.keys(kinds) as readonly KindWord[];

/** Those that a portal can switch, call and describe as it wants. */
export const curatedKindWords = ["tool", "prompt", "resource", "template"] as const;
export type CuratedKindWord = (typeof curatedKindWords)[number];
