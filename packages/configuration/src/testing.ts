/** What the tests of this package share: an empty installation on a database of its own. */
import { randomBytes } from "node:crypto";
import { accessMigrations } from "@castellan/access";
import {
  callMigrations,
  createDefinitionReviews,
  createDefinitionStore,
  createServerStore,
  type DefinitionStore,
} from "@castellan/calls";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createPortalStore, portalMigrations } from "@castellan/portal";
import { createVault, generateMasterKey, vaultMigrations, type Vault } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { createConfiguration, type ApplyOptions, type Configuration } from "./configuration.ts";
import { configurationDocument, type ConfigurationDocument } from "./document/document.ts";
import type { ConfigurationStores } from "./present.ts";

export interface TestInstallation extends AsyncDisposable, ConfigurationStores {
  readonly database: Database;
  readonly vault: Vault;
  readonly definitions: DefinitionStore;
  readonly configuration: Configuration;
  configurationOn(database: Database): Configuration;
  storesOn(database: Database): ConfigurationStores;
}

const migrations = [changeMigrations, vaultMigrations, accessMigrations, callMigrations, portalMigrations];

export async function openInstallation(): Promise<TestInstallation> {
  const opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase(migrations));
  const outbound = opened.use(createOutbound());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const storesOn = (on: Database): ConfigurationStores => {
    const portals = createPortalStore(on);
    const onRenamed = portals.renameCuration;
    return {
      portals,
      servers: createServerStore({ database: on, vault, onRenamed }),
      reviews: createDefinitionReviews({ database: on, onRenamed }),
    };
  };
  const configurationOn = (on: Database) => createConfiguration({ database: on, vault, outbound, storesOn });
  return {
    ...storesOn(database),
    database,
    vault,
    definitions: createDefinitionStore(database),
    configuration: configurationOn(database),
    configurationOn,
    storesOn,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A document from what is written in it. */
export function toDocument(rest: object): ConfigurationDocument {
  return configurationDocument.parse({ apiVersion: "castellan/v1", name: "main", ...rest });
}

export const plainly: ApplyOptions = { secrets: {}, prune: false, adopt: false, by: "someone" };
