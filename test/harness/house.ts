/** A whole house in the test's own process: real PostgreSQL, a real socket, the real composition. */
import { createTestDatabase } from "@castellan/database/testing";
import { createId } from "@castellan/kernel";
import { createTelemetry } from "@castellan/telemetry";
import { generateMasterKey, loadVault } from "@castellan/vault";
import { loadClientAuthorities, loadServerTls, startHttpServer } from "@castellan/web";
import { createToken, toolClasses } from "@castellan/access";
import type { Database } from "@castellan/database";
import { readConfig, type Config } from "../../apps/server/src/config/settings.ts";
import { createHouse } from "../../apps/server/src/house/house.ts";
import { allMigrations } from "../../apps/server/src/house/store.ts";
import { apiAt, type Api } from "./api.ts";
import { type RegisteredServer, toRegistration } from "./registration.ts";

export interface TestHouse extends AsyncDisposable {
  readonly url: string;
  /** Of its own socket, whatever stands before it. */
  readonly socketUrl: string;
  readonly database: Database;
  readonly adminToken: string;
  /** Everything that it answers on its socket, as patterns: `/api/v1/servers/:slug`. `ALL` stands for every method. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  /** By what it finds them, once it has been asked for one. */
  readonly router: () => string;
  /** What was logged, one JSON object a line. */
  readonly log: readonly string[];
  /** Calls the API as the admin; throws when the answer is no success. */
  readonly api: Api;
  /** Registers servers, by slug, and makes a portal over them and a token for it. */
  addPortal(
    slug: string,
    servers: Readonly<Record<string, string | RegisteredServer>>,
    options?: { naming?: string },
  ): Promise<TestPortal>;
  metrics(): Promise<string>;
  /** Sends what telemetry has not sent yet. */
  flush(): Promise<void>;
}

export interface TestPortal {
  readonly url: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TestHouseOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** In the place of what `env` says, also what no admin could set: tokens that are good for a moment. */
  readonly config?: Partial<Config>;
  /** What people and clients call it: `localhost`, since passkeys need a name. Default `127.0.0.1`. */
  readonly hostname?: string;
  /** What people and clients call it, where something stands before it: a relay over several replicas. */
  readonly publicUrl?: string;
  /** By which the admin reaches it, where its certificate is of the test's own. Default: as everybody does. */
  readonly fetch?: typeof globalThis.fetch;
  /** Where this installation's document for authorization servers is, if not here (`CredentialsOptions`). */
  readonly clientMetadataUrl?: (issuerKey: string) => string;
  /** A database that another house of the test made: one more replica of it. */
  readonly beside?: TestHouse & { readonly shared: Shared };
}

interface Shared {
  readonly database: Database;
  readonly key: ReturnType<typeof generateMasterKey>["key"];
}

export async function startTestHouse(
  options: TestHouseOptions = {},
): Promise<TestHouse & { readonly shared: Shared }> {
  await using opened = new AsyncDisposableStack();
  const config = { ...readConfig({ CASTELLAN_LOG_LEVEL: "debug", ...options.env }), ...options.config };
  const log: string[] = [];
  const telemetry = opened.use(
    await createTelemetry({
      service: { name: "castellan", version: "0.0.0-test", instanceId: createId("replica") },
      log: { destination: { write: (line) => log.push(line) }, level: "debug", format: "json" },
      ...(config.otlpEndpoint !== undefined && { otlp: { endpoint: config.otlpEndpoint } }),
    }),
  );
  const shared = options.beside?.shared ?? {
    database: opened.use(await createTestDatabase(allMigrations)),
    key: generateMasterKey().key,
  };
  const { database } = shared;
  const vault = await loadVault(database, { current: shared.key, older: [] });
  const store = { database, recordDatabase: database, vault, [Symbol.asyncDispose]: () => Promise.resolve() };

  const { tlsCertFile: certFile, tlsKeyFile: keyFile, clientCaFile } = config;
  const clientAuthorities = clientCaFile === undefined ? undefined : loadClientAuthorities(clientCaFile);
  const late: { fetch?: Parameters<typeof startHttpServer>[0]["app"]["fetch"] } = {};
  const server = await startHttpServer({
    app: { fetch: (request, env) => late.fetch?.(request, env) ?? new Response(null, { status: 503 }) },
    host: "127.0.0.1",
    port: 0,
    tls: certFile === undefined || keyFile === undefined ? undefined : loadServerTls({ certFile, keyFile }),
    clientAuthorities,
    onError: (error) => log.push(String(error)),
  });
  const publicUrl = options.publicUrl ?? server.url.replace("127.0.0.1", options.hostname ?? "127.0.0.1");
  const house = opened.use(
    await createHouse({
      config,
      store,
      telemetry,
      version: "0.0.0-test",
      publicUrl,
      clientAuthorities,
      ...(options.clientMetadataUrl && { clientMetadataUrl: options.clientMetadataUrl }),
    }),
  );
  late.fetch = house.app.fetch;
  opened.use(server);

  const admin = await createToken(
    database,
    { name: `admin-${createId("token").slice(-8)}`, role: "admin", portals: [], createdBy: "test" },
    Date.now(),
  );
  const owned = opened.move();

  const api = apiAt(publicUrl, admin.secret, options.fetch);

  return {
    url: publicUrl,
    socketUrl: server.url,
    database,
    shared,
    adminToken: admin.secret,
    routes: house.app.routes.map(({ method, path }) => ({ method, path })),
    router: () => house.app.router.name,
    log,
    api,
    metrics: () => telemetry.metricsText(),
    flush: async () => telemetry[Symbol.asyncDispose](),
    async addPortal(slug, servers, { naming } = {}) {
      for (const [name, server] of Object.entries(servers))
        await api("POST", "/servers", toRegistration(name, server));
      await api("POST", "/portals", { slug, servers: Object.keys(servers), ...(naming && { naming }) });
      const { secret } = await api<{ secret: string }>("POST", "/tokens", {
        name: slug,
        role: "member",
        portals: [slug],
        allow: toolClasses,
      });
      return {
        url: `${publicUrl}/p/${slug}/mcp`,
        token: secret,
        headers: { authorization: `Bearer ${secret}` },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
