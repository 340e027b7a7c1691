/** What the tests of this package share: an empty installation on a database of its own. */
import { randomBytes } from "node:crypto";
import { accessMigrations } from "@castellan/access";
import { approvalMigrations } from "@castellan/approvals";
import { callMigrations } from "@castellan/calls";
import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { isFault, systemClock as clock, type Fault } from "@castellan/kernel";
import { noticeMigrations } from "@castellan/notices";
import { oauthMigrations } from "@castellan/oauth";
import { openapiMigrations } from "@castellan/openapi";
import { openDocumentReader } from "@castellan/openapi/testing";
import { policyMigrations } from "@castellan/policy";
import { portalMigrations } from "@castellan/portal";
import { signInMigrations } from "@castellan/sign-in";
import { createVault, generateMasterKey, vaultMigrations, type Vault } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { createConfiguration, type ApplyOptions, type Configuration } from "./configuration.ts";
import { configurationDocument, type ConfigurationDocument } from "./document/document.ts";
import { configurationMigrations } from "./kinds/managed.ts";
import type { ConfigurationStores } from "./present.ts";
import { createStores, type Stores } from "./stores.ts";

export interface TestInstallation extends AsyncDisposable, Stores {
  readonly database: Database;
  readonly vault: Vault;
  readonly configuration: Configuration;
  configurationOn(database: Database): Configuration;
  storesOn(database: Database): ConfigurationStores;
  /** Removes every resource. */
  empty(): Promise<void>;
}

const migrations = [
  changeMigrations,
  vaultMigrations,
  accessMigrations,
  callMigrations,
  openapiMigrations,
  portalMigrations,
  oauthMigrations,
  signInMigrations,
  policyMigrations,
  approvalMigrations,
  noticeMigrations,
  configurationMigrations,
];

export async function openInstallation(): Promise<TestInstallation> {
  const opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase(migrations));
  const outbound = opened.use(createOutbound());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const storesOn = (on: Database) =>
    createStores(on, { vault, clock, knowsCountries: true, checksCertificates: true });
  const documents = opened.use(openDocumentReader());
  const configurationOn = (on: Database) =>
    createConfiguration({ database: on, vault, outbound, documents, storesOn });
  return {
    ...storesOn(database),
    database,
    vault,
    configuration: configurationOn(database),
    configurationOn,
    storesOn,
    async empty() {
      await database.query(sql`
        truncate servers, portals, groups, sign_in_providers, trusted_issuers, client_scopes, policy_rules,
          policy_evaluators, webhooks, managed_resources cascade`);
      await database.query(sql`delete from oauth_clients`);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A document from what is written in it. */
export function toDocument(rest: object): ConfigurationDocument {
  return configurationDocument.parse({ apiVersion: "castellan/v1", name: "main", ...rest });
}

export const plainly: ApplyOptions = {
  secrets: {},
  prune: false,
  adopt: false,
  by: "someone",
  isOwner: true,
};

/** A secret, where documents say that it comes from, and a server that is sent it. */
export const token = "t0p-s3cret";
export const secrets = { "env:TOKEN": token };
export const weather = {
  url: "https://weather.example/mcp",
  headers: { Authorization: { secretRef: "env:TOKEN", prefix: "Bearer " } },
};
export const maps = { url: "https://maps.example/mcp" };

/** A fingerprint that nothing has. */
export const print = (digit: string) => `sha256:${digit.repeat(64)}`;

export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("it succeeded");
}

/** Every resource with its version, of servers the revision too. */
export async function versionsOf({ database }: Pick<TestInstallation, "database">): Promise<string[]> {
  const rows = await database.query<{ what: string }>(sql`
    select 'server ' || slug || ' ' || version || ' ' || revision as what from servers
    union all select 'portal ' || slug || ' ' || version from portals order by 1`);
  return rows.map(({ what }) => what);
}
