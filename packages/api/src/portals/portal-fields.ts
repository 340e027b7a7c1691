/** Fields of a portal, as an admin gives them for a new one or for a change. */
import { definitionKinds } from "@castellan/calls";
import { hostnameRule, toHostname } from "@castellan/portal";
import { z } from "zod";
import { prose, slug, title } from "../fields.ts";

const maxServers = 1000;
const maxInstructions = 10_000;

function isEachOnce(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

export const portalFields = {
  title,
  naming: z.enum(["prefixed", "plain"]).meta({
    description:
      "How tools and prompts are called. `prefixed`: `{server}_{name}`; `plain`: as the server calls them, where no two call theirs the same",
  }),
  instructions: prose(maxInstructions, 0).meta({
    description: "Told to models ahead of what its servers say",
  }),
  hostname: z
    .string()
    .max(512)
    .refine((value) => toHostname(value) !== undefined, `must be ${hostnameRule}`)
    .transform((value) => toHostname(value) ?? value)
    .meta({ description: "A host name of its own, at which it is `/mcp`" }),
  autoAccept: z
    .array(z.enum(definitionKinds))
    .max(definitionKinds.length)
    .refine(isEachOnce, "must not name a kind twice")
    .meta({ description: "Kinds that it offers although nobody has approved them" }),
  isListed: z.boolean().meta({ description: "Whether the registry names it to callers that nobody knows" }),
};

/** In the order in which their tools are listed. */
export function serversOf<One extends z.ZodType>(one: One, slugOf: (value: z.output<One>) => string) {
  return z
    .array(one)
    .max(maxServers)
    .refine((servers) => isEachOnce(servers.map(slugOf)), "must not name a server twice");
}

export const portalServerParams = z.strictObject({ slug, server: slug });
