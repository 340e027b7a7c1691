/** What a server lists to one caller, read as that caller. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { latestLegacyVersion, type Channel, type ClientIdentity } from "@castellan/mcp";
import { speaks, type CatalogServer } from "../catalog/catalog.ts";
import type { DefinitionKind, FoundDefinition } from "../catalog/definition.ts";
import { fingerprintOf } from "../catalog/fingerprint.ts";
import type { Acting } from "../credentials/acting.ts";
import { readLists, type ReadLists } from "../upstreams/read-lists.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";

export interface OwnLists {
  /** Lists that could not be read: on these is what was read before with the same account, or nothing is known of them. */
  readonly unread: ReadonlyMap<DefinitionKind, "as_before" | "unknown">;
  readonly resources: readonly (FoundDefinition & { readonly fingerprint: string })[];
  /** Of all that is listed, by `listKey`. Of what is no resource nothing else is kept: the catalog has it. */
  readonly fingerprints: ReadonlyMap<string, string>;
  /** Equal for equal lists. */
  readonly digest: string;
  /** How much is kept of them. */
  readonly chars: number;
}

export function listKey({ kind, name }: Pick<FoundDefinition, "kind" | "name">): string {
  return `${kind} ${name}`;
}

/** A few milliseconds' work at a time: others have their turn. */
const atOnce = 256;

/**
 * In the era in which the catalog was read. Throws what `readLists` does.
 * `before`: what was read with the same account.
 */
export async function readOwnLists(
  server: CatalogServer,
  acting: Acting,
  { upstreams, identity }: { readonly upstreams: Upstreams; readonly identity: ClientIdentity },
  before: OwnLists | undefined,
  signal: AbortSignal,
): Promise<OwnLists> {
  const { slug, transport } = server.server;
  const read = (line: Channel) => readLists(line, slug, identity, signal);
  if (speaks(server, "modern") && transport !== "sse")
    return digested(await read(upstreams.modern(server, acting.owner)), before);
  const client = {
    version: latestLegacyVersion,
    capabilities: "{}",
    clientInfo: JSON.stringify(identity),
  } as const;
  const line = await upstreams.openLegacy(server, client, acting, signal);
  try {
    return await digested(await read(line), before);
  } finally {
    await line[Symbol.asyncDispose]();
  }
}

async function digested(found: ReadLists, before: OwnLists | undefined): Promise<OwnLists> {
  const resources: OwnLists["resources"][number][] = [];
  const fingerprints = new Map<string, string>();
  const hash = createHash("sha256");
  const unread = new Map(found.failed.map(({ kind }) => [kind, keptOf(kind, before)]));
  hash.update(JSON.stringify([...unread]));
  let chars = 0;
  const add = (key: string, fingerprint: string) => {
    fingerprints.set(key, fingerprint);
    chars += key.length + fingerprint.length;
    hash.update(JSON.stringify([key, fingerprint]));
  };
  const addResource = (resource: OwnLists["resources"][number]) => {
    resources.push(resource);
    chars += resource.text.length;
    // All of it is shown as it came, how long it is as well.
    hash.update(JSON.stringify(resource.text));
  };
  for (const [at, definition] of found.definitions.entries()) {
    if (at % atOnce === atOnce - 1) await setImmediate();
    const fingerprint = fingerprintOf(definition);
    add(listKey(definition), fingerprint);
    if (definition.kind === "resource") addResource({ ...definition, fingerprint });
  }
  for (const [key, fingerprint] of before?.fingerprints ?? [])
    if ([...unread.keys()].some((kind) => key.startsWith(listKey({ kind, name: "" })))) add(key, fingerprint);
  if (unread.has("resource")) before?.resources.forEach(addResource);
  return { unread, resources, fingerprints, digest: hash.digest("base64url"), chars };
}

function keptOf(kind: DefinitionKind, before: OwnLists | undefined): "as_before" | "unknown" {
  return before && before.unread.get(kind) !== "unknown" ? "as_before" : "unknown";
}
