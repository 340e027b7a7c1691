import type { Portal } from "@castellan/portal";
import type { PortalEntry } from "../document/document.ts";
import { portalEntry, type PortalServerEntry } from "../document/portal-entry.ts";
import { portalEntryOf } from "../entries.ts";
import { differences, type FieldChange } from "./difference.ts";

/** In which fields a portal is another one afterwards; of its servers the order, then what each is made of. */
export function portalDifferences(
  slug: string,
  entry: PortalEntry,
  present: Portal | undefined,
): FieldChange[] {
  const before = present ? portalEntryOf(present) : { ...portalEntry.parse({}), title: slug };
  return [
    ...differences(withOrder(before), withOrder(entry)),
    ...differences(curationsOf(before, entry), curationsOf(entry), ["servers"]),
  ];
}

function withOrder({ servers, ...rest }: PortalEntry) {
  return { ...rest, servers: servers.map(({ server }) => server) };
}

/** By slug; with `like` those of its servers only, with everything of a server that comes as the start. */
function curationsOf(
  entry: PortalEntry,
  like: PortalEntry = entry,
): Record<string, Omit<PortalServerEntry, "server">> {
  const known = new Map(entry.servers.map(({ server, ...curation }) => [server, curation]));
  return Object.fromEntries(like.servers.map(({ server }) => [server, known.get(server) ?? uncurated]));
}

const uncurated: Omit<PortalServerEntry, "server"> = {
  mode: "all",
  tools: {},
  prompts: {},
  resources: {},
  resourceTemplates: {},
};
