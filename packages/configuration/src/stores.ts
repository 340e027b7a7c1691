/**
 * The stores of all that admins keep, on one database or within one transaction. What one of them names of another
 * goes along: who is removed leaves the portals, a new name is carried over, and what rules name cannot go.
 */
import {
  createGroups,
  createTrustedIssuerStore,
  knownGroups,
  knownIssuers,
  knownPeople,
  knownTokens,
  type Groups,
  type TrustedIssuerStore,
  type TrustedIssuerStoreOptions,
} from "@castellan/access";
import { renameDeciderGroup } from "@castellan/approvals";
import {
  createDefinitionReviews,
  createDefinitionStore,
  createServerStore,
  holdServers,
  knownTools,
  slugOfServer,
  type DefinitionReviews,
  type DefinitionStore,
  type DefinitionStoreOptions,
  type ServerStore,
} from "@castellan/calls";
import type { Accounts } from "@castellan/credentials";
import type { Database, Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { createWebhookStore, type WebhookStore } from "@castellan/notices";
import { commandLineClientId, createClientStore, knownClients, type ClientStore } from "@castellan/oauth";
import {
  assertClaimsKept,
  assertNotNamed,
  createEvaluatorStore,
  createPolicyStore,
  type EvaluatorStore,
  type PolicyStore,
  type World,
} from "@castellan/policy";
import { createDocumentStore, type DocumentStore } from "@castellan/openapi";
import { createPortalStore, knownPortals, type PortalStore } from "@castellan/portal";
import {
  createProviderStore,
  knownProviders,
  type ProviderStore,
  type ProviderStoreOptions,
} from "@castellan/sign-in";
import type { Vault } from "@castellan/vault";

export interface StoresOptions {
  readonly vault: Vault;
  readonly clock: Clock;
  /** The host (with its port) of the installation itself, which no portal may have. */
  readonly publicHost?: string | undefined;
  /** Whether an address tells a country here. */
  readonly knowsCountries: boolean;
  /** Whether client certificates are checked here. */
  readonly checksCertificates: boolean;
  /** What people are signed in to at servers: it ends with the server, and where a server becomes another one. */
  readonly accounts?: Pick<Accounts, "forgetTarget"> | undefined;
}

export interface Stores {
  readonly portals: PortalStore;
  readonly servers: ServerStore;
  /** The documents of those that are APIs. */
  readonly documents: DocumentStore;
  readonly reviews: DefinitionReviews;
  readonly definitions: DefinitionStore;
  readonly groups: Groups;
  readonly providers: ProviderStore;
  readonly trustedIssuers: TrustedIssuerStore;
  readonly clients: ClientStore;
  readonly evaluators: EvaluatorStore;
  readonly webhooks: WebhookStore;
  readonly policies: PolicyStore;
  /** For who wraps one of them in checks of its own (`createCheckedProviders`, `createCheckedIssuers`). */
  readonly hooks: {
    readonly providers: Pick<ProviderStoreOptions, "onRemoved" | "onClaimsKept">;
    readonly trustedIssuers: Pick<TrustedIssuerStoreOptions, "onRemoved" | "onClaimsKept">;
  };
}

export function createStores(database: Database, options: StoresOptions): Stores {
  const { vault, clock, publicHost } = options;
  const policies = createPolicyStore({ database, clock, world: createWorld(options) });
  const keeps = (kind: Parameters<typeof assertNotNamed>[1]) => (tx: Queryable, name: string) =>
    assertNotNamed(tx, kind, name);
  const portals = createPortalStore(database, {
    ...(publicHost !== undefined && { publicHost }),
    onRemoved: keeps("portal"),
  });
  const onRenamed: NonNullable<DefinitionStoreOptions["onRenamed"]> = async (tx, serverId, renames) => {
    await portals.renameCuration(tx, serverId, renames);
    const tools = renames.filter(({ kind }) => kind === "tool");
    const server = tools.length === 0 ? undefined : await slugOfServer(tx, serverId);
    if (server !== undefined) await policies.renameTools(tx, server, tools);
  };
  const hooks: Stores["hooks"] = {
    providers: { onRemoved: keeps("login_method"), onClaimsKept: assertClaimsKept },
    trustedIssuers: {
      async onRemoved(tx, slug) {
        await assertNotNamed(tx, "login_method", slug);
        await portals.withdrawIssuer(tx, slug);
      },
      onClaimsKept: assertClaimsKept,
    },
  };
  return {
    portals,
    servers: createServerStore({
      database,
      vault,
      onRenamed,
      async onRemoved(tx, slug, id) {
        await assertNotNamed(tx, "server", slug);
        await options.accounts?.forgetTarget(tx, id);
      },
      onAccountsEnded: async (tx, id, ended) => options.accounts?.forgetTarget(tx, id, ended),
    }),
    documents: createDocumentStore(database, clock),
    reviews: createDefinitionReviews({ database, onRenamed }),
    definitions: createDefinitionStore(database, { onRenamed }),
    groups: createGroups({
      database,
      clock,
      async onRenamed(tx, group, name) {
        await policies.renameGroup(tx, group, name);
        if (group.directory === "workforce") await renameDeciderGroup(tx, group.name, name);
        await portals.renameGroup(tx, group, name);
      },
    }),
    providers: createProviderStore({ database, vault, clock, ...hooks.providers }),
    trustedIssuers: createTrustedIssuerStore({ database, clock, ...hooks.trustedIssuers }),
    clients: createClientStore({ database, clock, onRemoved: keeps("client") }),
    evaluators: createEvaluatorStore({ database, clock }),
    webhooks: createWebhookStore({ database, vault, clock }),
    policies,
    hooks,
  };
}

/** What rules can refer to, as the tables of all packages have it. */
function createWorld({ clock, knowsCountries, checksCertificates }: StoresOptions): World {
  return {
    portals: (tx, slugs) => knownPortals(tx, slugs, clock.now()),
    servers: async (tx, slugs) => [...(await holdServers(tx, slugs))],
    tools: knownTools,
    groups: knownGroups,
    loginMethods: async (tx, slugs) => [
      ...(await knownProviders(tx, slugs)),
      ...(await knownIssuers(tx, slugs)),
    ],
    serviceTokens: knownTokens,
    // The house's own client has no row.
    clients: async (tx, ids) => [commandLineClientId, ...(await knownClients(tx, ids))],
    people: knownPeople,
    knowsCountries,
    checksCertificates,
  };
}
