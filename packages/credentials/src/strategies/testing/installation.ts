/** Replicas of an installation's credentials over one database, with their keys published over real HTTP. */
import { createTestDatabase } from "@castellan/database/testing";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createId, systemClock, type Clock, type Id } from "@castellan/kernel";
import { generateMasterKey, loadVault, vaultMigrations } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { serveApp } from "@castellan/web/testing";
import { Hono } from "hono";
import type { AuthSecrets, UpstreamAuth } from "../../auth/upstream-auth.ts";
import { createCredentials, type CredentialsOptions } from "../../create-credentials.ts";
import type { Credentials } from "../../credentials.ts";
import { createIdentityMetadata, openIdentityPaths } from "../../identity/metadata.ts";
import { credentialMigrations } from "../../migrations.ts";
import type { PersonOwner } from "../../owner.ts";
import type { Target } from "../../target.ts";

export interface Installation extends AsyncDisposable {
  readonly database: Database;
  readonly credentials: Credentials;
  readonly changes: ChangeFeed;
  readonly errors: unknown[];
  /** Registers what is called; another one with the same id takes its place. */
  target(settings: NewTarget): Target;
  replica(): Promise<{ readonly credentials: Credentials; readonly changes: ChangeFeed }>;
}

export interface NewTarget {
  /** Default: one of its own. */
  readonly id?: string;
  readonly slug?: string;
  readonly url?: string;
  readonly auth: UpstreamAuth;
  readonly secrets?: AuthSecrets;
  readonly asksForOAuth?: boolean;
}

export async function openInstallation(
  options: { readonly clock?: Clock } & Pick<CredentialsOptions, "onSecretRefused"> = {},
): Promise<Installation> {
  const { clock = systemClock, onSecretRefused } = options;
  const owned = new AsyncDisposableStack();
  const database = owned.use(
    await createTestDatabase([vaultMigrations, changeMigrations, credentialMigrations]),
  );
  const vault = await loadVault(database, { current: generateMasterKey().key, older: [] });
  const outbound = owned.use(createOutbound());
  const errors: unknown[] = [];
  const targets = new Map<string, Target>();
  const pages = new Hono();
  const served = owned.use(
    await serveApp((app) => void app.all("*", (c) => pages.fetch(c.req.raw)), {
      openPaths: openIdentityPaths,
    }),
  );

  async function replica() {
    const changes = owned.use(await createChangeFeed({ database }));
    const credentials = owned.use(
      createCredentials({
        database,
        vault,
        clock,
        changes,
        outbound,
        publicUrl: new URL(served.server.url),
        replica: createId("replica"),
        targetOf: (id) => targets.get(id),
        people: { activeAmong: async (ids) => new Set(ids) },
        onError: (error) => void errors.push(error),
        ...(onSecretRefused && { onSecretRefused }),
      }),
    );
    return { credentials, changes };
  }

  const { credentials, changes } = await replica();
  pages.route("/", createIdentityMetadata(credentials.identity));
  return {
    database,
    credentials,
    changes,
    errors,
    replica,
    target: ({
      id = createId("server"),
      slug = "tools",
      url = "https://tools.example.com/mcp",
      auth,
      secrets = {},
      asksForOAuth = false,
    }) => {
      const target: Target = {
        id,
        slug,
        title: "Tools",
        url,
        auth,
        secrets,
        asksForOAuth,
        allowPrivate: ["127.0.0.1"],
      };
      targets.set(target.id, target);
      return target;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function person(name: string, more: Partial<PersonOwner> = {}): PersonOwner {
  return {
    kind: "person",
    id: `usr_${name}` as Id<"user">,
    name,
    email: `${name}@example.com`,
    groups: ["staff"],
    client: "https://client.example/metadata.json",
    portal: "main",
    ...more,
  };
}
