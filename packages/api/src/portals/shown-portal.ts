/** A portal as the API shows it. */
import { directories, toolClasses } from "@castellan/access";
import {
  curationModes,
  definitionKinds,
  everything,
  type Catalog,
  type Curation,
  type CurationEntry,
} from "@castellan/calls";
import { codeModeRules, defaultPortalSlug, type Portal } from "@castellan/portal";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import { kindOf } from "./curation-fields.ts";

const shownEntries = z.record(
  z.string(),
  z.object({
    enabled: z.boolean().optional(),
    alias: z.string().optional(),
    description: z.string().optional(),
  }),
);

const shownPortalServer = z
  .object({
    server: z.string(),
    mode: z.enum(curationModes),
    tools: shownEntries,
    prompts: shownEntries,
    resources: shownEntries,
    resourceTemplates: shownEntries,
    unmatched: z
      .array(z.object({ kind: z.enum(definitionKinds), name: z.string() }))
      .describe(
        "Entries whose names the server does not list: it renamed them, took them back, or was not read yet",
      ),
  })
  .meta({ id: "PortalServer" });

const shownRule = z.object({
  who: z.string(),
  classes: z.array(z.enum(toolClasses)),
  servers: z.array(z.string()).optional().describe("Absent: all of the portal, later ones too"),
  until: z.iso
    .datetime()
    .optional()
    .describe("From then on it gives nothing; absent: it does not end by itself"),
});

export const shownPortal = z
  .object({
    slug: z.string(),
    title: z.string(),
    naming: z.enum(["prefixed", "plain"]),
    instructions: z.string(),
    hostname: z.string().optional(),
    autoAccept: z.array(z.enum(definitionKinds)),
    isListed: z.boolean(),
    directory: z.enum(directories),
    access: z.array(shownRule).describe("Who may use what; nobody comes in without a rule that fits"),
    isReadOnly: z.boolean().describe("Whether nobody does more than read there"),
    codeMode: z.enum(codeModeRules).describe("Whether clients may be in Code Mode, must be, or must not"),
    publicLimits: z.object({
      requestsPerMinute: z.number(),
      requestsPerMinutePerAddress: z.number(),
    }),
    trustedIssuers: z.array(z.string()),
    servers: z.array(shownPortalServer).describe("In the order in which their tools are listed"),
    paths: z.array(z.string()).describe("Where it speaks MCP, below the public URL"),
    managedBy: z
      .string()
      .optional()
      .describe("The name of the configuration file that made it; absent: made by hand"),
    version: z.number(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "Portal" });

export type ShownPortal = z.output<typeof shownPortal>;

type Finder = Pick<Catalog, "find">;

export function toShownPortal(portal: Portal, catalog: Finder): z.input<typeof shownPortal> {
  const { slug, title, naming, instructions, hostname, isListed, managedBy, version } = portal;
  return {
    slug,
    title,
    naming,
    instructions,
    hostname,
    autoAccept: [...portal.autoAccept],
    isListed,
    directory: portal.directory,
    access: portal.access.map(({ who, classes, servers, until }) => ({
      who,
      classes: [...classes],
      ...(servers && { servers: [...servers] }),
      ...(until !== undefined && { until }),
    })),
    isReadOnly: portal.isReadOnly,
    codeMode: portal.codeMode,
    publicLimits: portal.publicLimits,
    trustedIssuers: [...portal.trustedIssuers],
    servers: portal.servers.map((server, at) => {
      const id = portal.serverIds[at] ?? "";
      const curation = portal.curations.get(id) ?? everything;
      return {
        server,
        mode: curation.mode,
        tools: shown(curation, "tools"),
        prompts: shown(curation, "prompts"),
        resources: shown(curation, "resources"),
        resourceTemplates: shown(curation, "resourceTemplates"),
        unmatched: unmatched(curation, { server, id }, catalog),
      };
    }),
    paths: [`/p/${slug}/mcp`, ...(slug === defaultPortalSlug ? ["/mcp"] : [])],
    managedBy,
    version,
    createdAt: portal.createdAt,
    updatedAt: portal.updatedAt,
  };
}

function shown({ entries }: Curation, field: keyof typeof kindOf): Record<string, CurationEntry> {
  return { ...entries[kindOf[field]] };
}

function unmatched({ entries }: Curation, { server, id }: { server: string; id: string }, catalog: Finder) {
  const known = catalog.find(server);
  // Under the same slug another server may have been, and another replica may be ahead of this one.
  const definitions = known?.server.id === id ? known.definitions : [];
  const listed = new Set(definitions.map(({ kind, name }) => JSON.stringify([kind, name])));
  return Object.values(kindOf).flatMap((kind) =>
    Object.keys(entries[kind])
      .filter((name) => !listed.has(JSON.stringify([kind, name])))
      .map((name) => ({ kind, name })),
  );
}
