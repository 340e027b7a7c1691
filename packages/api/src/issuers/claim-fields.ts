/** How the claims of a provider or a trusted issuer are read, as an admin gives it for a new one or for a change. */
import { directories, maxKeptClaims } from "@castellan/access";
import { z } from "zod";
import { printable } from "../fields.ts";

const maxGroups = 1000;
const claimName = printable(200);
const domainPattern = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

const domain = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .refine((text) => domainPattern.test(text), "must be a domain, such as example.com");

const groupMap = z
  .record(z.string().min(1).max(255), printable(128))
  .refine((map) => Object.keys(map).length <= maxGroups, `must have at most ${maxGroups} entries`);

export const issuer = z.string().max(2048).meta({
  description:
    "As it calls itself, to the letter. It never changes: elsewhere the same subject is somebody else",
});

export const directory = z.enum(directories).meta({ description: "Where its people are. It never changes" });

const path = "the claim's name, or a path into it: `realm_access.roles`";

export const newClaims = z
  .strictObject({
    subject: claimName.default("sub").meta({ description: `What it never gives to anybody else; ${path}` }),
    email: claimName.default("email"),
    name: claimName.default("name"),
    groups: claimName.optional().meta({ description: "Absent: it says nothing of groups" }),
  })
  .meta({ id: "ClaimNames" });

export const changedClaims = z
  .strictObject({
    subject: claimName.optional().meta({ description: "By another claim everybody is somebody new" }),
    email: claimName.optional(),
    name: claimName.optional(),
    groups: claimName.nullable().optional(),
  })
  .meta({ id: "ClaimNamesChange" });

export const claimFields = {
  groupMap: groupMap.meta({
    description:
      "What it calls a group → what that is called here; others are left out. Absent: all are taken",
  }),
  groupPrefix: printable(64, 0).meta({
    description: "Put before the names of groups that `groupMap` does not give",
  }),
  allowedDomains: z.array(domain).max(100).meta({
    description:
      "Domains of e-mail addresses that let people in; none: all. With Google `hd` must be one, too",
  }),
  requiresVerifiedEmail: z.boolean().meta({
    description: "Whether an address counts only with `email_verified`. False: its admin gives the addresses",
  }),
  keptClaims: z
    .array(claimName)
    .max(maxKeptClaims)
    .transform((names) => [...new Set(names)])
    .meta({
      description: `Claims that are kept of people at each sign-in, for rules to look at; each ${path}`,
    }),
  createsUsers: z.boolean().meta({ description: "Whether somebody whom nobody knows becomes a person here" }),
  linksByEmail: z.boolean().meta({
    description:
      "Whether somebody is whoever has their address here already: then it can say that they are an owner",
  }),
  allowPrivate: z.array(z.string().max(255)).max(50).meta({
    description: "Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public",
  }),
  isEnabled: z.boolean(),
};

/** What of it is shown. */
export const shownClaimFields = {
  claims: z.object({
    subject: z.string(),
    email: z.string(),
    name: z.string(),
    groups: z.string().optional(),
  }),
  groupMap: z.record(z.string(), z.string()).optional(),
  groupPrefix: z.string(),
  allowedDomains: z.array(z.string()),
  requiresVerifiedEmail: z.boolean(),
  keptClaims: z.array(z.string()),
  createsUsers: z.boolean(),
  linksByEmail: z.boolean(),
  allowPrivate: z.array(z.string()),
  isEnabled: z.boolean(),
};
