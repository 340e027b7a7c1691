/** How the claims of a provider or a trusted issuer are read, as a document gives it. */
import { defaultClaimNames, directories, maxKeptClaims } from "@castellan/access";
import { z } from "zod";
import { line } from "./fields.ts";

const maxGroups = 1000;
const claimName = line(1, 200);
const domainPattern = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

const claims = z
  .strictObject({
    subject: claimName.default(defaultClaimNames.subject).meta({
      description: "What it never gives to anybody else",
    }),
    email: claimName.default(defaultClaimNames.email),
    name: claimName.default(defaultClaimNames.name),
    groups: claimName.exactOptional().meta({ description: "Absent: it says nothing of groups" }),
  })
  .prefault({})
  .meta({ description: "Each a claim's name, or a path into it: realm_access.roles" });

const domain = z
  .string()
  .max(253)
  .transform((text, context) => {
    const known = text.toLowerCase();
    if (domainPattern.test(known)) return known;
    context.addIssue({ code: "custom", message: "must be a domain, such as example.com" });
    return z.NEVER;
  });

/** Never another one afterwards: elsewhere the same subject is somebody else. */
export const issuer = z
  .string()
  .min(1)
  .max(2048)
  .meta({ description: "As it calls itself, to the letter; it stays" });

export const claimFields = {
  directory: z.enum(directories).default("workforce").meta({ description: "Where its people are; it stays" }),
  claims,
  groupMap: z
    .record(z.string().min(1).max(255), line(1, 128))
    .refine((map) => Object.keys(map).length <= maxGroups, `must have at most ${maxGroups} entries`)
    .exactOptional()
    .meta({
      description: "What it calls a group, and what that is called here. Absent: all are taken as they are",
    }),
  groupPrefix: line(0, 64).default("").meta({
    description: "Put before the names of groups that groupMap does not give",
  }),
  allowedDomains: z.array(domain).max(100).default([]).meta({
    description: "Domains of e-mail addresses that let people in; none: all",
  }),
  requiresVerifiedEmail: z.boolean().default(true),
  keptClaims: z
    .array(claimName)
    .max(maxKeptClaims)
    .transform((names) => [...new Set(names)])
    .prefault([])
    .meta({ description: "Claims that are kept of people at each sign-in, for rules to look at" }),
  createsUsers: z.boolean().default(false).meta({
    description: "Whether somebody whom nobody knows becomes a person here",
  }),
  linksByEmail: z.boolean().default(false).meta({
    description: "Whether somebody is whoever has their address here already",
  }),
  allowPrivate: z.array(z.string().max(255)).max(50).default([]).meta({
    description: "Hosts, host:port, addresses or CIDRs that it may be at although they are not public",
  }),
  isEnabled: z.boolean().default(true),
};
