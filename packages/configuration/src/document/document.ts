/**
 * A configuration document: an installation's servers and portals, and who comes in, as they are to be. It is the whole truth of what it names: a field
 * that is absent has its default. It says nothing about what it does not name.
 */
import { z } from "zod";
import { clientEntry, clientId } from "./client-entry.ts";
import { line, slug } from "./fields.ts";
import { evaluatorEntry } from "./evaluator-entry.ts";
import { issuerEntry } from "./issuer-entry.ts";
import { policyEntry } from "./policy-entry.ts";
import { portalEntry } from "./portal-entry.ts";
import { providerEntry } from "./provider-entry.ts";
import { serverEntry } from "./server-entry.ts";
import { webhookEntry } from "./webhook-entry.ts";

export const apiVersion = "castellan/v1";

/** Documents beyond are better written as several. */
const maxResources = 2_000;

function bySlug<Entry extends z.ZodType<{ title?: string | undefined }>>(entry: Entry) {
  return z
    .record(slug, entry)
    .refine((all) => Object.keys(all).length <= maxResources, `must have at most ${maxResources} entries`)
    .transform((all) => Object.fromEntries(Object.entries(all).map(titled)))
    .prefault({});
}

/** An account of the house is of no provider, and sessions say so by this word. */
const providers = bySlug(providerEntry).refine(
  (all) => !Object.hasOwn(all, "local"),
  "must not have an entry local",
);

const clients = z
  .record(clientId, clientEntry)
  .refine((all) => Object.keys(all).length <= maxResources, `must have at most ${maxResources} entries`)
  .transform((all) =>
    Object.fromEntries(
      Object.entries(all).map(([id, entry]) => [id, { ...entry, name: entry.name ?? id }] as const),
    ),
  )
  .prefault({});

function bySlugUntitled<Entry extends z.ZodType>(entry: Entry) {
  return z
    .record(slug, entry)
    .refine((all) => Object.keys(all).length <= maxResources, `must have at most ${maxResources} entries`)
    .transform((all): Record<string, z.output<Entry>> => all)
    .prefault({});
}

/** Groups that providers name are made by themselves, and there may be many. */
const maxGroups = 20_000;

const groupEntry = z.strictObject({ description: line(0, 1000).default("") });

const groupsByName = z
  .record(line(1, 128), groupEntry)
  .refine((all) => Object.keys(all).length <= maxGroups, `must have at most ${maxGroups} entries`)
  .prefault({});

const groups = z
  .strictObject({ workforce: groupsByName, customers: groupsByName })
  .prefault({})
  .meta({ description: "By directory and name" });

function titled<Entry extends { title?: string | undefined }>([name, entry]: [string, Entry]) {
  return [name, { ...entry, title: entry.title ?? name }] as const;
}

export const configurationDocument = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    name: slug.meta({ description: "The file's own name: what it makes is managed by it" }),
    groups,
    providers: providers.meta({ description: "Identity providers that people sign in with" }),
    trustedIssuers: bySlug(issuerEntry).meta({
      description: "Authorization servers whose tokens portals take, where they name them",
    }),
    servers: bySlug(serverEntry),
    portals: bySlug(portalEntry),
    clients: clients.meta({ description: "OAuth clients, by their ids" }),
    evaluators: bySlug(evaluatorEntry).meta({
      description: "External evaluations of devices and sessions, for rules to ask",
    }),
    webhooks: bySlugUntitled(webhookEntry).meta({ description: "Where programs are told of things" }),
    policies: bySlugUntitled(policyEntry).meta({ description: "Rules of what each may do, by name" }),
  })
  .meta({ title: "Castellan configuration" });

/** A document as it is written. */
export type ConfigurationInput = z.input<typeof configurationDocument>;
/** A document with every default in its place, and every value in its one spelling. */
export type ConfigurationDocument = z.output<typeof configurationDocument>;
export type ServerEntry = ConfigurationDocument["servers"][string];
export type PortalEntry = ConfigurationDocument["portals"][string];
export type GroupEntry = ConfigurationDocument["groups"]["workforce"][string];
export type ProviderEntry = ConfigurationDocument["providers"][string];
export type IssuerEntry = ConfigurationDocument["trustedIssuers"][string];
export type EvaluatorEntry = ConfigurationDocument["evaluators"][string];
export type WebhookEntry = ConfigurationDocument["webhooks"][string];
export type PolicyEntry = ConfigurationDocument["policies"][string];
export type ClientEntry = ConfigurationDocument["clients"][string];
