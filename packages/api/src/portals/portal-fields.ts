/** Fields of a portal, as an admin gives them for a new one or for a change. */
import {
  directories,
  isSoundRule,
  momentRule,
  toMoment,
  toWho,
  toolClasses,
  whoRule,
} from "@castellan/access";
import { definitionKinds } from "@castellan/calls";
import { codeModeRules, defaultPublicLimits, hostnameRule, toHostname } from "@castellan/portal";
import { z } from "zod";
import { prose, slug, title } from "../fields.ts";

const maxServers = 1000;
const maxInstructions = 10_000;
const maxRules = 500;
const maxIssuers = 20;

function isEachOnce(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

const perMinute = z.int().min(1).max(1_000_000);

const moment = z
  .string()
  .refine((text) => toMoment(text) !== undefined, `must be ${momentRule}`)
  .transform((text) => toMoment(text) ?? text)
  .meta({ format: "date-time" });

const accessRule = z
  .strictObject({
    who: z
      .string()
      .max(300)
      .refine((text) => toWho(text) !== undefined, `must be ${whoRule}`)
      .transform((text) => toWho(text) ?? text)
      .meta({ description: whoRule }),
    classes: z
      .array(z.enum(toolClasses))
      .min(1)
      .refine(isEachOnce, "must not name a class twice")
      .meta({ description: "What they may use; prompts and resources are `read`" }),
    servers: z
      .array(slug)
      .min(1)
      .max(maxServers)
      .refine(isEachOnce, "must not name a server twice")
      .optional()
      .meta({ description: "Servers of the portal that it is about; absent: all, later ones too" }),
    until: moment.optional().meta({
      description:
        "From then on it gives nothing, without anybody doing anything; absent: it does not end by itself",
    }),
  })
  .refine(isSoundRule, "must be about read only, where it is about the public")
  .meta({ id: "AccessRule" });

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
  directory: z.enum(directories).meta({
    description: "Whose people come in: those of the company, or the customers of its public products",
  }),
  access: z.array(accessRule).max(maxRules).meta({
    description:
      "Who may use what: rules that only add up. Without one that fits nobody comes in but programs, whose tokens say it themselves",
  }),
  isReadOnly: z.boolean().meta({
    description: "Whether nobody does more than read there, whatever the rules and tokens say",
  }),
  codeMode: z.enum(codeModeRules).meta({
    description:
      "Code Mode, where clients see two tools that take programs instead of all tools: `allowed` for those who ask for it, `forced` on everybody, or `forbidden`",
  }),
  publicLimits: z
    .strictObject({
      requestsPerMinute: perMinute.default(defaultPublicLimits.requestsPerMinute),
      requestsPerMinutePerAddress: perMinute.default(defaultPublicLimits.requestsPerMinutePerAddress),
    })
    .meta({ description: "How much is done for those who come without a token, where a rule lets them in" }),
  trustedIssuers: z.array(slug).max(maxIssuers).refine(isEachOnce, "must not name an issuer twice").meta({
    description: "Authorization servers whose tokens it takes beside those of this installation",
  }),
};

/** In the order in which their tools are listed. */
export function serversOf<One extends z.ZodType>(one: One, slugOf: (value: z.output<One>) => string) {
  return z
    .array(one)
    .max(maxServers)
    .refine((servers) => isEachOnce(servers.map(slugOf)), "must not name a server twice");
}

export const portalServerParams = z.strictObject({ slug, server: slug });
