/** A portal as a document describes it: its servers in their order, and what it makes of each one's offer. */
import { curationModes } from "@castellan/calls";
import { directories } from "@castellan/access";
import { codeModeRules, defaultPublicLimits, hostnameRule, toHostname } from "@castellan/portal";
import { z } from "zod";
import { accessRule } from "./access-rule.ts";
import { compact } from "./compact.ts";
import { alias, autoAccept, byName, prose, slug, title } from "./fields.ts";

const switched = { enabled: z.boolean().optional() };
const described = { ...switched, description: prose(1, 10_000).optional() };
const renamed = { ...described, alias: alias.optional() };

const entriesOf = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  byName(z.strictObject(shape)).transform(compact);

const portalServer = z
  .strictObject({
    server: slug,
    mode: z.enum(curationModes).default("all").meta({
      description: "all: on unless switched off. allowlist: off unless switched on",
    }),
    tools: entriesOf(renamed),
    prompts: entriesOf(renamed),
    resources: entriesOf(described),
    resourceTemplates: entriesOf(described),
  })
  .meta({ description: "By the names that the server itself uses" });

const hostname = z
  .string()
  .max(512)
  .transform((text, context) => {
    const known = toHostname(text);
    if (known !== undefined) return known;
    context.addIssue({ code: "custom", message: `must be ${hostnameRule}` });
    return z.NEVER;
  })
  .meta({ description: "A host name of its own, at which it is /mcp" });

const everythingOf = slug.transform((server) => portalServer.parse({ server }));

const perMinute = z.int().min(1).max(1_000_000);

export const portalEntry = z
  .strictObject({
    title: title.optional().meta({ description: "Absent: the slug" }),
    naming: z.enum(["prefixed", "plain"]).default("prefixed"),
    instructions: prose(0, 10_000)
      .default("")
      .meta({ description: "Told to models ahead of what its servers say" }),
    hostname: hostname.optional(),
    autoAccept,
    isListed: z.boolean().default(false).meta({
      description: "Whether the registry names it to callers that nobody knows",
    }),
    directory: z.enum(directories).default("workforce").meta({ description: "Whose people come in" }),
    access: z
      .array(accessRule)
      .max(500)
      .default([])
      .meta({ description: "Who may use what; nobody comes in without a rule that fits" }),
    isReadOnly: z.boolean().default(false).meta({
      description: "Whether nobody does more than read there, whatever rules and tokens say",
    }),
    codeMode: z.enum(codeModeRules).default("allowed").meta({
      description: "Code Mode: allowed to clients that ask for it, forced on all, or forbidden",
    }),
    publicLimits: z
      .strictObject({
        requestsPerMinute: perMinute.default(defaultPublicLimits.requestsPerMinute),
        requestsPerMinutePerAddress: perMinute.default(defaultPublicLimits.requestsPerMinutePerAddress),
      })
      .prefault({})
      .meta({ description: "How much is done for those who come without a token" }),
    trustedIssuers: z
      .array(slug)
      .max(20)
      .transform((slugs) => [...new Set(slugs)].toSorted())
      .default([])
      .meta({ description: "Authorization servers whose tokens it takes beside those of this installation" }),
    servers: z
      .array(z.union([everythingOf, portalServer]))
      .max(1000)
      .superRefine((servers, context) => {
        const seen = new Set<string>();
        for (const [index, { server }] of servers.entries()) {
          if (seen.has(server))
            context.addIssue({ code: "custom", path: [index], message: "is there twice" });
          seen.add(server);
        }
      })
      .default([])
      .meta({ description: "In the order in which their tools are listed" }),
  })
  .superRefine(({ access, servers }, context) => {
    const listed = new Set<string>(servers.map(({ server }) => server));
    for (const [index, rule] of access.entries())
      for (const [at, server] of (rule.servers ?? []).entries())
        if (!listed.has(server)) {
          const path = ["access", index, "servers", at];
          context.addIssue({ code: "custom", path, message: "is no server of this portal" });
        }
  });

export type PortalServerEntry = z.output<typeof portalServer>;
