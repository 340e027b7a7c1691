/** Asks a server for each of its lists. What is wrong with one of them costs nobody the others. */
import { isFault, type Fault, type Slug } from "@castellan/kernel";
import { listAll, type CapabilityKind, type Channel, type ClientIdentity } from "@castellan/mcp";
import { capabilityKinds, kinds, nameOf, type FoundDefinition } from "../catalog/definition.ts";
import { toPublicName } from "../catalog/public-name.ts";

export interface ReadLists {
  /** Of the lists that were read to their end. */
  readonly definitions: readonly FoundDefinition[];
  /** Definitions that were left out, each with the reason. */
  readonly skipped: readonly string[];
  /** Lists that the server could not give: nothing is known of what is on them now. */
  readonly failed: readonly UnreadList[];
  /** Lists of which the server says that it knows none, although it says that it has such a capability. */
  readonly unknown: readonly CapabilityKind[];
}

export interface UnreadList {
  readonly kind: CapabilityKind;
  /** The server's: nothing of this system. */
  readonly fault: Fault;
}

/**
 * Every list that the server says it has, all at once: one that hangs until `signal` aborts delays none.
 * Where not one could be read, throws why the first could not. Throws at once what is no server's fault.
 */
export async function readLists(
  line: Channel,
  slug: Slug,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<ReadLists> {
  const asked = capabilityKinds.filter((kind) => kinds[kind].capability in line.hello.capabilities);
  const lists = await Promise.all(
    asked.map(async (kind): Promise<Asked> => {
      try {
        const texts = await listAll(line, kinds[kind].list, identity, signal);
        return texts ? { kind, ...toDefinitions(kind, slug, texts) } : { kind };
      } catch (error) {
        if (!isFault(error) || error.owner !== "upstream") throw error;
        return { kind, fault: error };
      }
    }),
  );
  const failed = lists.flatMap(({ kind, fault }) => (fault ? [{ kind, fault }] : []));
  const read = lists.filter((list): list is Asked & Listed => list.definitions !== undefined);
  const [first] = failed;
  if (first && read.length === 0) throw first.fault;
  return {
    definitions: read.flatMap(({ definitions }) => definitions),
    skipped: atMost(
      maxSkipped,
      read.flatMap(({ skipped }) => skipped),
    ),
    failed,
    unknown: lists.flatMap(({ kind, definitions, fault }) => (definitions || fault ? [] : [kind])),
  };
}

/** Neither of the two: the server knows no such list. */
interface Asked extends Partial<Listed> {
  readonly kind: CapabilityKind;
  readonly fault?: Fault;
}

interface Listed {
  readonly definitions: readonly FoundDefinition[];
  readonly skipped: readonly string[];
}

/** A URI that no list names is compared with each of them. */
const maxTemplates = 500;

function toDefinitions(kind: CapabilityKind, slug: Slug, texts: readonly string[]): Listed {
  const definitions: FoundDefinition[] = [];
  const skipped: string[] = [];
  const taken = { name: new Set<string>(), publicName: new Set<string>() };
  for (const text of texts) {
    try {
      const name = nameOf(kind, text);
      const publicName = kinds[kind].key === "name" ? toPublicName(slug, name) : name;
      if (taken.name.has(name) || taken.publicName.has(publicName)) {
        skipped.push(`${kind} ${JSON.stringify(name.slice(0, 80))} is listed twice`);
        continue;
      }
      if (kind === "resource_template" && taken.name.size >= maxTemplates) {
        skipped.push(`${kind} ${JSON.stringify(name.slice(0, 80))} is beyond the first ${maxTemplates}`);
        continue;
      }
      taken.name.add(name);
      taken.publicName.add(publicName);
      definitions.push({ kind, name, publicName, text });
    } catch (error) {
      if (!isFault(error)) throw error;
      skipped.push(`${kind} ${JSON.stringify(text.slice(0, 80))}: ${error.message}`);
    }
  }
  return { definitions, skipped };
}

/** Reasons that are kept; a server that gets everything wrong gets it wrong in the same way. */
const maxSkipped = 100;

function atMost(limit: number, reasons: readonly string[]): readonly string[] {
  const more = reasons.length - limit;
  return more <= 0 ? reasons : [...reasons.slice(0, limit), `and ${more} more`];
}
