/** What admins and people do over HTTP, and what is on offer as a registry. Who gets what, no logic. */
import { createCheckedIssuers } from "@castellan/access";
import { createApi } from "@castellan/api";
import type { Catalog } from "@castellan/calls";
import type { Codemode } from "@castellan/codemode";
import { createConfiguration, type Stores } from "@castellan/configuration";
import type { Database } from "@castellan/database";
import { createCheckedEvaluators } from "@castellan/policy";
import { createRegistry, toNamespace } from "@castellan/registry";
import { createCheckedProviders } from "@castellan/sign-in";
import type { Hono } from "hono";
import type { Callers } from "./callers.ts";
import type { Deciding } from "./deciding.ts";
import type { Ground } from "./ground.ts";
import type { Linking } from "./linking.ts";
import type { Portals } from "./portals.ts";
import type { Reading } from "./reading.ts";
import type { Rules } from "./rules.ts";

export interface ApiParts {
  readonly callers: Callers;
  readonly deciding: Deciding;
  readonly linking: Linking;
  readonly stores: Stores;
  readonly storesOn: (database: Database) => Stores;
  readonly catalog: Catalog;
  readonly reading: Reading;
  readonly rules: Rules;
  readonly portals: Portals;
  readonly codemode: Codemode;
}

export function openApi(ground: Ground, parts: ApiParts): Hono {
  const { database, vault, clock, changes, outbound, publicUrl, version, replica, audit } = ground;
  const { callers, deciding, linking, stores, storesOn, catalog, reading, rules, portals, codemode } = parts;
  const { accounts, links, refusedSecrets, oauth } = linking.credentials;
  const { apiDocuments, syncer, syncs } = reading;
  return createApi({
    authenticate: (bearer) => callers.authenticator.authenticate(bearer, { kind: "api" }),
    servers: stores.servers,
    documents: stores.documents,
    apiDocuments,
    runs: codemode.runs,
    syncer,
    catalog,
    circuits: portals.circuits,
    reviews: stores.reviews,
    portals: stores.portals,
    accounts,
    refusedSecrets,
    links,
    oauthClient: oauth,
    openPortals: () => portals.directory.list(),
    configuration: createConfiguration({ database, vault, outbound, documents: apiDocuments, storesOn }),
    requestSync: (serverId) => syncs.request(serverId, "changed"),
    clients: stores.clients,
    providers: createCheckedProviders({ database, vault, outbound, clock, ...stores.hooks.providers }),
    trustedIssuers: createCheckedIssuers({ database, outbound, clock, ...stores.hooks.trustedIssuers }),
    policy: rules.policy,
    connectionOf: rules.connectionOf,
    policies: stores.policies,
    evaluators: createCheckedEvaluators({ database, outbound, clock }),
    countryOf: (address) => rules.countries.of(address),
    approvals: deciding.approvals,
    webhooks: stores.webhooks,
    notices: deciding.notices,
    people: callers.people,
    groups: stores.groups,
    signInSessions: callers.signInSessions,
    audit,
    outbound,
    changes,
    database,
    vault,
    clock,
    publicUrl,
    version,
    replica,
  });
}

export function openRegistry(
  { config, clock, publicUrl }: Ground,
  { callers, rules, portals }: Pick<ApiParts, "callers" | "rules" | "portals">,
): Hono {
  return createRegistry({
    authenticate: (bearer) => callers.authenticator.authenticate(bearer, { kind: "registry" }),
    portals: () => portals.directory.list(),
    policy: rules.policy,
    connectionOf: rules.connectionOf,
    clock,
    publicUrl,
    namespace: config.registryNamespace ?? toNamespace(publicUrl),
  });
}
