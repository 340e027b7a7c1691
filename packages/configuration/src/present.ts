/** The installation as it is, read at once: a handful of statements, however many resources there are. */
import {
  readServerDecisions,
  readServerSecrets,
  type DefinitionReviews,
  type Server,
  type ServerStore,
  type ServerDecisions,
  type ServerSecrets,
} from "@castellan/calls";
import type { Queryable } from "@castellan/database";
import type { DocumentStore, KeptDocument } from "@castellan/openapi";
import type { Portal, PortalStore } from "@castellan/portal";
import type { Vault } from "@castellan/vault";
import type { ConfigurationDocument } from "./document/document.ts";
import { managementKey, readManagement, type Management } from "./kinds/managed.ts";
import type { PlainResourceKind, PlainStores, PresentPlain } from "./kinds/plain-kind.ts";
import { plainKinds } from "./kinds/plain-kinds.ts";

/** The stores of resources, all of them on one database, or within one transaction. */
export interface ConfigurationStores extends PlainStores {
  readonly servers: ServerStore;
  readonly documents: DocumentStore;
  readonly portals: PortalStore;
  readonly reviews: DefinitionReviews;
}

/** What is sealed is undefined when it was not asked for, too. */
export interface PresentServer extends ServerDecisions, ServerSecrets {
  readonly server: Server;
  /** Of an API. */
  readonly document: KeptDocument | undefined;
  /** Of a document that was given as text, where it was asked for. */
  readonly documentText: string | undefined;
}

/** One of the plain kinds, whose it is, and what its secret is where that was asked for. */
export interface ManagedPlain extends PresentPlain {
  readonly managed: Management | undefined;
  readonly secret: string | undefined;
}

/** By slug, in the order of slugs. */
export interface Present {
  /** By kind and key, in the order of keys. */
  readonly plain: ReadonlyMap<PlainResourceKind, ReadonlyMap<string, ManagedPlain>>;
  readonly servers: ReadonlyMap<string, PresentServer>;
  readonly portals: ReadonlyMap<string, Portal>;
}

export interface ReadPresentOptions {
  readonly database: Queryable;
  readonly vault: Vault;
  readonly stores: Omit<ConfigurationStores, "reviews">;
  /** The secrets are wanted of what it describes; undefined: of nothing. */
  readonly secretsFor: ConfigurationDocument | undefined;
  /** Whether the texts are wanted of documents that have no address. */
  readonly withTexts: boolean;
}

export async function readPresent(options: ReadPresentOptions): Promise<Present> {
  const { database, vault, stores, secretsFor } = options;
  const servers = (await stores.servers.list()).map(({ server }) => server);
  const portals = await stores.portals.list();
  const documents = await stores.documents.findAll();
  const texts = options.withTexts ? await readTexts(stores, documents) : none;
  const decisions = await readServerDecisions(database);
  const described = secretsFor?.servers ?? {};
  const wanted = servers.filter(
    ({ slug, headerNames, authSecretNames }) =>
      Object.hasOwn(described, slug) && headerNames.length + authSecretNames.length > 0,
  );
  const sealed = await readServerSecrets(
    database,
    vault,
    wanted.map(({ id }) => id),
  );
  return {
    plain: await readPlain(options),
    servers: new Map(
      servers.map((server) => [
        server.slug,
        {
          server,
          document: documents.get(server.id),
          documentText: texts.get(server.id),
          ...(decisions.get(server.id) ?? nothing),
          ...(sealed.get(server.id) ?? unasked),
        },
      ]),
    ),
    portals: new Map(portals.map((portal) => [portal.slug, portal])),
  };
}

const none: ReadonlyMap<string, string> = new Map();

async function readTexts(
  { documents }: Pick<ConfigurationStores, "documents">,
  all: ReadonlyMap<string, KeptDocument>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { serverId, sourceUrl } of all.values()) {
    const known = sourceUrl === undefined ? await documents.textOf(serverId) : undefined;
    if (known) texts.set(serverId, known.text);
  }
  return texts;
}

const nothing: ServerDecisions = { approvals: [], rejections: [] };
const unasked: ServerSecrets = { headers: undefined, authSecrets: undefined };

async function readPlain({ database, stores, secretsFor }: ReadPresentOptions): Promise<Present["plain"]> {
  const managed = await readManagement(database);
  const all = new Map<PlainResourceKind, Map<string, ManagedPlain>>();
  for (const of of plainKinds) {
    const present = (await of.list(stores)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const described = new Set(secretsFor && of.wantedIn(secretsFor).map(([key]) => key));
    const wanted = present.filter(({ key, hasSecret }) => hasSecret === true && described.has(key));
    const secrets =
      wanted.length > 0
        ? await of.secretsOf?.(
            stores,
            wanted.map(({ key }) => key),
          )
        : undefined;
    const known = present.map((one): [string, ManagedPlain] => [
      one.key,
      {
        ...one,
        managed: managed.get(managementKey({ kind: of.kind, identity: one.identity })),
        secret: secrets?.get(one.key),
      },
    ]);
    all.set(of.kind, new Map(known));
  }
  return all;
}
