/** OAuth clients that admins write down. Their secrets are in no document: one is made by hand, and shown once. */
import {
  assertRegistrable,
  clientGrantTypes,
  commandLineClientId,
  type Client,
  type RegisteredClientInput,
} from "@castellan/oauth";
import { clientEntry } from "../document/client-entry.ts";
import type { ClientEntry } from "../document/document.ts";
import { said, type PlainKind, type PlainStores } from "./plain-kind.ts";

const pageSize = 1000;

export const clientKind: PlainKind<ClientEntry> = {
  kind: "client",
  wantedIn: ({ clients }) => Object.entries(clients),
  pathOf: (id) => ["clients", id],
  defaultsFor: (id) => {
    const { authMethod: _, ...rest } = clientEntry.parse({ authMethod: "none" });
    return { ...rest, name: id };
  },
  fixed: ["authMethod"],
  isOwners: false,
  calls: ({ jwksUri }) =>
    jwksUri === undefined ? [] : [{ url: jwksUri, field: "jwksUri", allowPrivate: [] }],
  assertSound: (entry) => assertRegistrable(toInput(entry)),
  list: async ({ clients }) =>
    (await allClients(clients)).map((client) => ({
      key: client.id,
      identity: `${client.id} ${client.createdAt.toISOString()}`,
      version: client.version,
      entry: entryOf(client),
    })),
  async add({ clients }, { key, entry, by }) {
    const { id, createdAt } = await clients.addKnown(key, toInput(entry), by);
    return `${id} ${createdAt.toISOString()}`;
  },
  async change({ clients }, { key, entry }, { version }) {
    const { authMethod: _, ...rest } = toInput(entry);
    await clients.change(key, { ...rest, uri: rest.uri ?? null }, version);
  },
  remove: ({ clients }, { key, version }) => clients.remove(key, version),
};

function toInput(entry: ClientEntry): RegisteredClientInput {
  return entry;
}

function entryOf(client: Client): ClientEntry {
  const { name, uri, authMethod, redirectUris, scopes, mayIntrospect, jwks, jwksUri } = client;
  const grantTypes = clientGrantTypes.filter((one) => client.grantTypes.includes(one));
  return said({
    name,
    uri,
    authMethod,
    grantTypes,
    redirectUris,
    scopes,
    mayIntrospect,
    jwks,
    jwksUri,
  }) as ClientEntry;
}

/** The command line's own is there from the beginning, and is no part of what an installation was made into. */
async function allClients(clients: PlainStores["clients"]): Promise<Client[]> {
  const all: Client[] = [];
  let after: string | undefined;
  do {
    const page = await clients.page({ kind: "registered", limit: pageSize, after });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all.filter(({ id }) => id !== commandLineClientId);
}
