/** The composition root: from a configuration to everything that serves. No logic, only who gets what. */
import {
  challenge,
  createAuthenticator,
  createCheckedIssuers,
  createIssuers,
  createPeople,
  createSignInSessions,
} from "@castellan/access";
import { createApi } from "@castellan/api";
import { createAuditLog } from "@castellan/audit";
import {
  ListWatches,
  createCallLimiter,
  createCatalog,
  createCircuits,
  createConversations,
  createLinePool,
  createRequestStates,
  createSyncer,
  createUpstreams,
  type CallLimits,
  type CallSummary,
} from "@castellan/calls";
import { createConfiguration, createStores } from "@castellan/configuration";
import { createChangeFeed, sql, type Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";
import { createRateLimiter } from "@castellan/limits";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createCheckedEvaluators, evaluationKeysPath } from "@castellan/policy";
import {
  ResumableStreams,
  SessionRegistry,
  Subscriptions,
  UnderWay,
  createAddresses,
  createDoor,
  createPortalDirectory,
  createPortalEndpoint,
  createResourceMetadata,
  followChanges,
  mountPortals,
  serveResumptions,
} from "@castellan/portal";
import { createRegistry, toNamespace } from "@castellan/registry";
import { createRemoteStreams, createReplicas } from "@castellan/replicas";
import { createCheckedProviders } from "@castellan/sign-in";
import type { Telemetry } from "@castellan/telemetry";
import { createOutbound, createWebApp, type ClientAuthorities } from "@castellan/web";
import type { Hono } from "hono";
import type { Config } from "../config/settings.ts";
import { approvalPage, decidingPages, openDeciding } from "./deciding.ts";
import {
  callEnded,
  evaluatorFailed,
  faultHappened,
  requestRefused,
  ruleUnusable,
  serverSynced,
} from "./events.ts";
import { showGauges } from "./gauges.ts";
import { portalsForConsent } from "./portals-for-consent.ts";
import { entryPolicy, openRules } from "./rules.ts";
import { scheduleSyncs } from "./schedule-syncs.ts";
import type { Store } from "./store.ts";
import { openPaths as waysInOpenPaths, openWaysIn, pagePaths } from "./ways-in.ts";

export interface House extends AsyncDisposable {
  readonly app: Hono;
}

export interface HouseOptions {
  readonly config: Config;
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly version: string;
  /** Where clients reach it. */
  readonly publicUrl: string;
  /** Who issues the certificates by which clients may prove themselves; absent: none count. */
  readonly clientAuthorities?: ClientAuthorities | undefined;
}

export async function createHouse(options: HouseOptions): Promise<House> {
  const { config, store, telemetry, version, publicUrl, clientAuthorities } = options;
  const { database, recordDatabase, vault } = store;
  const clock = systemClock;
  const identity = { name: "castellan", version };
  const onError = (error: unknown) => telemetry.emit(faultHappened, { error });
  await using opened = new AsyncDisposableStack();

  const changes = opened.use(await createChangeFeed({ database, clock, onError }));
  const replicas = opened.use(await createReplicas({ database, vault, clock, onError }));
  const remote = opened.use(createRemoteStreams({ replicas, onError }));
  const replica = replicas.id;
  const audit = opened.use(
    createAuditLog({ database: recordDatabase, mac: (data) => vault.mac("audit", data), onError }),
  );
  const outbound = opened.use(createOutbound(outboundSettings(config)));
  const people = createPeople({ database, clock });
  const signInSessions = createSignInSessions({ database, clock });
  const issuers = opened.use(await createIssuers({ database, changes, outbound, people, clock }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock, issuers, onError }));

  const publicHost = new URL(publicUrl).host;
  const storesOn = (on: Database) =>
    createStores(on, {
      vault,
      clock,
      publicHost,
      knowsCountries: true,
      checksCertificates: clientAuthorities !== undefined,
    });
  const { servers, portals, reviews, definitions, groups, ...stores } = storesOn(database);
  const catalog = opened.use(await createCatalog({ servers, definitions, changes, onError }));
  const limits = { ...defaultUpstreamLimits, idleTimeoutMs: config.upstreamIdleSeconds * 1000 };
  const upstreams = opened.use(createUpstreams({ catalog, outbound, identity, limits }));
  const syncer = createSyncer({
    servers,
    definitions,
    upstreams,
    identity,
    clock,
    timeoutMs: config.syncTimeoutSeconds * 1000,
    onSync: ({ server, state }) =>
      telemetry.emit(serverSynced, {
        server: server.slug,
        status: state.status,
        code: state.error?.code,
        latencyMs: state.latencyMs,
      }),
  });
  const intervalSeconds = config.syncIntervalSeconds;
  const syncs = opened.use(scheduleSyncs({ catalog, syncer, clock, intervalSeconds, onError }));
  const onListChanged = (serverId: string) => syncs.request(serverId, "list_changed");
  const lines = opened.use(createLinePool({ upstreams, catalog }));
  const maxMessageBytes = limits.maxMessageBytes;
  const conversations = opened.use(createConversations({ replicas, streams: remote, maxMessageBytes }));
  const clientInfo = JSON.stringify(identity);
  const lists = opened.use(new ListWatches({ catalog, upstreams, clientInfo, onListChanged, onError }));

  const rules = opened.use(
    await openRules({
      database,
      store: stores.policies,
      changes,
      vault,
      outbound,
      clock,
      publicUrl,
      countryDatabaseFile: config.countryDatabaseFile,
      onEvaluatorFailed: (evaluator, reason) => telemetry.emit(evaluatorFailed, { evaluator, reason }),
      onUnusable: (unusable) => telemetry.emit(ruleUnusable, { ...unusable }),
    }),
  );
  const { policies, policy, connectionOf } = rules;
  const deciding = opened.use(
    openDeciding({ config, database, vault, clock, changes, outbound, publicUrl, onError }),
  );
  const { approvals, notices } = deciding;
  const directory = opened.use(await createPortalDirectory({ portals, catalog, changes, clock }));
  const hearing = { audit, clock, replica, onListChanged };
  const sessions = opened.use(
    new SessionRegistry({
      database,
      vault,
      changes,
      replicas,
      catalog,
      directory,
      upstreams,
      lists,
      hearing,
      clock,
      onError,
    }),
  );
  const resumable = opened.use(new ResumableStreams({ vault, clock, replica }));
  opened.use(serveResumptions(remote, resumable));
  const subscriptions = new Subscriptions();
  const rates = opened.use(createRateLimiter({ database, clock, onError }));
  const addresses = createAddresses({ publicUrl, directory });
  const door = createDoor({ authenticator, directory, changes, rates });
  const underWay = opened.use(new UnderWay({ door, directory, changes, policy, policies, clock }));
  opened.use(followChanges({ directory, sessions, subscriptions, onError }));

  const limiter = createCallLimiter({
    rates,
    livingReplicas: () => replicas.living,
    perPerson: personLimits(config),
  });
  const circuits = opened.use(createCircuits({ catalog, clock }));

  const { signIn, oauth, forms } = opened.use(
    await openWaysIn({
      config,
      database,
      vault,
      clock,
      outbound,
      rates,
      people,
      sessions: signInSessions,
      portals: portalsForConsent(directory, addresses),
      policy: entryPolicy(rules, directory, clock),
      publicUrl,
      telemetry,
      onError,
    }),
  );
  opened.use(showGauges({ sessions, underWay, lines, conversations, limiter, circuits }, telemetry));

  const app = createWebApp({
    publicUrl,
    isLoopback: config.isLoopback,
    openPaths: [
      { path: "/v0.1", methods: ["GET"] },
      { path: "/.well-known/oauth-protected-resource", methods: ["GET"] },
      { path: evaluationKeysPath, methods: ["GET"] },
      ...waysInOpenPaths,
    ],
    pagePaths,
    isOwnHost: (host) => directory.findByHost(host) !== undefined,
    clock,
    healthChecks: { database: () => database.query(sql`select 1`).then(() => undefined) },
    onError: (error, requestId) => telemetry.emit(faultHappened, { error, requestId }),
    onRefused: (refused) => telemetry.emit(requestRefused, refused),
    faultHeaders(fault, c) {
      const way = c.req.path.startsWith("/api/") ? challenge(fault, addresses.api) : undefined;
      const told = way ?? (fault.status === 401 ? "Bearer" : undefined);
      return told === undefined ? {} : { "www-authenticate": told };
    },
    ...(config.allowedOrigins && { allowedOrigins: config.allowedOrigins }),
    ...(config.trustedProxies && { trustedProxies: config.trustedProxies }),
    ...(clientAuthorities && {
      clientCertificates: { authorities: clientAuthorities, header: config.clientCertHeader },
    }),
    ...(config.addressRate && {
      addressLimit: { perSecond: config.addressRate, burst: config.addressRate * 10 },
    }),
  });
  mountPortals(
    app,
    createPortalEndpoint({
      door,
      addresses,
      directory,
      connectionOf,
      policy,
      approvals: { ...approvals, pageOf: approvalPage(publicUrl) },
      sessions,
      subscriptions,
      underWay,
      upstreams,
      lines,
      lists,
      conversations,
      states: createRequestStates({ vault, clock }),
      replicas,
      remote,
      resumable,
      vault,
      mac: (purpose, data) => vault.mac(purpose, data),
      limiter,
      circuits,
      identity,
      audit,
      clock,
      replica,
      maxBodyBytes: config.maxBodyBytes,
      onListChanged,
      onServerFailed: (serverId) => syncs.request(serverId, "call_failed"),
      onCall: (call) => reportCall(telemetry, call),
      onFault: (error, requestId) => telemetry.emit(faultHappened, { error, requestId }),
      onRefused: (refused) => telemetry.emit(requestRefused, refused),
      onError,
    }),
  );
  app.route("/", createResourceMetadata({ addresses, issuer: oauth.issuer, issuersOf: issuers.issuersOf }));
  app.route("/", oauth.app);
  app.route("/", signIn.app);
  app.route("/", decidingPages(deciding, { database, clock, publicUrl, signIn, forms }));
  app.get(evaluationKeysPath, (c) => c.json(rules.postures.keySet));
  app.route(
    "/api/v1",
    createApi({
      authenticate: (bearer) => authenticator.authenticate(bearer, { kind: "api" }),
      servers,
      syncer,
      catalog,
      circuits,
      reviews,
      portals,
      openPortals: () => directory.list(),
      configuration: createConfiguration({ database, vault, outbound, storesOn }),
      requestSync: (serverId) => syncs.request(serverId, "changed"),
      clients: stores.clients,
      providers: createCheckedProviders({ database, vault, outbound, clock, ...stores.hooks.providers }),
      trustedIssuers: createCheckedIssuers({ database, outbound, clock, ...stores.hooks.trustedIssuers }),
      policy,
      connectionOf,
      policies: stores.policies,
      evaluators: createCheckedEvaluators({ database, outbound, clock }),
      countryOf: (address) => rules.countries.of(address),
      approvals,
      webhooks: stores.webhooks,
      notices,
      people,
      groups,
      signInSessions,
      audit,
      outbound,
      changes,
      database,
      vault,
      clock,
      publicUrl,
      version,
      replica,
    }),
  );

  app.route(
    "/v0.1",
    createRegistry({
      authenticate: (bearer) => authenticator.authenticate(bearer, { kind: "registry" }),
      portals: () => directory.list(),
      policy,
      connectionOf,
      clock,
      publicUrl,
      namespace: config.registryNamespace ?? toNamespace(publicUrl),
    }),
  );

  const owned = opened.move();
  return { app, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** One call as a log line, in the metrics, and as a span of the caller's trace. */
function reportCall(telemetry: Telemetry, { trace, startedAtMs, ...call }: CallSummary): void {
  telemetry.emit(callEnded, call);
  using span = telemetry.startSpan({
    name: call.method,
    kind: "server",
    parent: trace,
    startedAtMs,
    attributes: {
      "mcp.method.name": call.method,
      "castellan.portal": call.portal,
      "castellan.outcome": call.outcome,
      "castellan.request_id": call.requestId,
      ...(call.server !== undefined && { "castellan.server": call.server }),
    },
  });
  if (call.outcome === "error" || call.outcome === "refused") span.fail(call.code);
}

function personLimits({ personCallsPerMinute, personConcurrency }: Config): CallLimits {
  return {
    ...(personCallsPerMinute !== undefined && { callsPerMinute: personCallsPerMinute }),
    ...(personConcurrency !== undefined && { concurrency: personConcurrency }),
  };
}

function outboundSettings({ proxyUrl, noProxy, caFile }: Config) {
  return {
    ...(proxyUrl !== undefined && { proxyUrl }),
    ...(noProxy !== undefined && { noProxy }),
    ...(caFile !== undefined && { caFile }),
  };
}
