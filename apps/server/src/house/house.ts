/**
 * The composition root: from a configuration to everything that serves. No logic, only who gets what: each area of the house is made in a
 * file of its own, and all of them on the same ground.
 */
import { createCatalog, targetOf, type Catalog } from "@castellan/calls";
import { createStores } from "@castellan/configuration";
import type { CredentialsOptions } from "@castellan/credentials";
import type { Database } from "@castellan/database";
import { evaluationKeysPath } from "@castellan/policy";
import { createResourceMetadata, mountPortals } from "@castellan/portal";
import type { ClientAuthorities } from "@castellan/web";
import type { Hono } from "hono";
import { tellOfRefusedSecrets, tellOfSharedAccounts } from "./account-notices.ts";
import { openApi, openRegistry } from "./api.ts";
import { openCallers } from "./callers.ts";
import { decidingPages, openDeciding } from "./deciding.ts";
import { openEndpoint } from "./endpoint.ts";
import { showGauges } from "./gauges.ts";
import { openGround, type GroundOptions } from "./ground.ts";
import { linkPages, openLinking } from "./linking.ts";
import { portalsForConsent } from "./portals-for-consent.ts";
import { openPortals } from "./portals.ts";
import { openReading } from "./reading.ts";
import { entryPolicy, openRules } from "./rules.ts";
import { openRunning } from "./running.ts";
import { openWaysIn } from "./ways-in.ts";
import { openWeb } from "./web.ts";

export interface House extends AsyncDisposable {
  readonly app: Hono;
}

export interface HouseOptions extends GroundOptions {
  /** Who issues the certificates by which clients may prove themselves; absent: none count. */
  readonly clientAuthorities?: ClientAuthorities | undefined;
  /** See `CredentialsOptions`; for tests. */
  readonly clientMetadataUrl?: CredentialsOptions["clientMetadataUrl"];
}

export async function createHouse(options: HouseOptions): Promise<House> {
  const { clientAuthorities, clientMetadataUrl, ...given } = options;
  await using opened = new AsyncDisposableStack();
  const ground = opened.use(await openGround(given));
  const { telemetry, database, vault, clock, publicUrl, changes, onError } = ground;

  const callers = opened.use(await openCallers(ground));
  const deciding = opened.use(openDeciding(ground));

  // Accounts are at servers, and servers are kept with the accounts at them: whoever comes first is told of the other later.
  const late: { catalog?: Catalog } = {};
  const targetById = (id: string) => {
    const server = late.catalog?.findById(id);
    return server && targetOf(server);
  };
  const { notices } = deciding;
  const linking = opened.use(
    openLinking(ground, {
      targetOf: targetById,
      onSharedFailing: tellOfSharedAccounts({ notices, publicUrl, targetOf: targetById }),
      onSecretRefused: tellOfRefusedSecrets({ notices, publicUrl }),
      ...(clientMetadataUrl && { clientMetadataUrl }),
    }),
  );
  const { credentials, choices } = linking;

  const storesOn = (on: Database) =>
    createStores(on, {
      vault,
      clock,
      publicHost: new URL(publicUrl).host,
      knowsCountries: true,
      checksCertificates: clientAuthorities !== undefined,
      accounts: credentials.accounts,
    });
  const stores = storesOn(database);
  const { servers, definitions } = stores;
  const catalog = opened.use(await createCatalog({ servers, definitions, changes, onError }));
  late.catalog = catalog;
  const reading = opened.use(openReading(ground, { catalog, servers, definitions, credentials }));
  const rules = opened.use(await openRules(ground, stores.policies));
  const portals = opened.use(
    await openPortals(ground, { catalog, store: stores.portals, callers, reading, rules, choices }),
  );
  const { directory, addresses } = portals;
  const { signIn, oauth, forms } = opened.use(
    await openWaysIn(ground, {
      people: callers.people,
      sessions: callers.signInSessions,
      portals: portalsForConsent(directory, addresses),
      policy: entryPolicy(rules, directory, clock),
    }),
  );
  const { codemode, isolates } = opened.use(openRunning(ground, reading.apiDocuments.code));
  opened.use(showGauges({ ...portals, lines: reading.lines, isolates }, telemetry));

  const areas = {
    callers,
    deciding,
    linking,
    stores,
    storesOn,
    catalog,
    reading,
    rules,
    portals,
    codemode,
  };
  const endpoint = openEndpoint(ground, areas);
  codemode.serve(endpoint.ports);

  const app = openWeb(ground, { portals, clientAuthorities });
  mountPortals(app, endpoint);
  const { issuersOf } = callers.issuers;
  app.route("/", createResourceMetadata({ addresses, issuer: oauth.issuer, issuersOf }));
  app.route("/", oauth.app);
  app.route("/", signIn.app);
  app.route("/", decidingPages(ground, deciding, { signIn, forms }));
  app.route("/", linkPages(ground, linking, { targetOf: targetById, directory, rules, signIn, forms }));
  app.get(evaluationKeysPath, (c) => c.json(rules.postures.keySet));
  app.route("/api/v1", openApi(ground, areas));
  app.route("/v0.1", openRegistry(ground, areas));

  const owned = opened.move();
  return { app, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
