/**
 * A configuration document: servers and portals as they are to be. It is the whole truth of what it names: a field
 * that is absent has its default. It says nothing about what it does not name.
 */
import { z } from "zod";
import { slug } from "./fields.ts";
import { portalEntry } from "./portal-entry.ts";
import { serverEntry } from "./server-entry.ts";

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

function titled<Entry extends { title?: string | undefined }>([name, entry]: [string, Entry]) {
  return [name, { ...entry, title: entry.title ?? name }] as const;
}

export const configurationDocument = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    name: slug.meta({ description: "The file's own name: what it makes is managed by it" }),
    servers: bySlug(serverEntry),
    portals: bySlug(portalEntry),
  })
  .meta({ title: "Castellan configuration" });

/** A document as it is written. */
export type ConfigurationInput = z.input<typeof configurationDocument>;
/** A document with every default in its place, and every value in its one spelling. */
export type ConfigurationDocument = z.output<typeof configurationDocument>;
export type ServerEntry = ConfigurationDocument["servers"][string];
export type PortalEntry = ConfigurationDocument["portals"][string];
