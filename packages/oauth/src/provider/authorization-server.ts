/**
 * The authorization server (OAuth 2.1) of the house, on `oidc-provider`. It lies below one issuer, `{publicUrl}/oauth`,
 * whatever host or alias a request came by.
 */
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import type { Vault } from "@castellan/vault";
import { readBody, requestHeader, type OpenPath } from "@castellan/web";
import { Hono, type Context } from "hono";
import { Provider, type AdapterPayload, type JWK } from "oidc-provider";
import { hashSecret, isSecret } from "@castellan/access";
import { loadSigningKeys } from "../keys/signing-keys.ts";
import { authorizationServerMetadata, metadataPaths } from "../metadata/authorization-server-metadata.ts";
import type {
  AuthorizationRequests,
  ClientFeatures,
  ConsentPages,
  EntryPolicy,
  People,
  Portals,
  SignIn,
} from "../ports.ts";
import { wordsOf } from "../resource/asked-scopes.ts";
import { normaliseAuthorization, normaliseTokenRequest } from "../resource/normalise.ts";
import { createTargets } from "../resource/targets.ts";
import { createAdapters } from "../storage/adapter.ts";
import { Artifacts } from "../storage/artifacts.ts";
import { findRefreshToken } from "../storage/refresh-tokens.ts";
import { startSweeper } from "../storage/sweeper.ts";
import { createAuthorizationRequests } from "./authorization-requests.ts";
import { createBridge, type Bridge } from "./bridge.ts";
import { routes, toConfiguration } from "./configuration.ts";
import { createErrorRedirects, type ErrorRedirects } from "./error-redirects.ts";
import { assertNotTooMany } from "./request-limit.ts";
import { createResourceServers } from "./resource-servers.ts";
import { setTokenValues } from "./token-values.ts";

export interface AuthorizationServerOptions {
  /** An origin, as people and clients reach it: `https://mcp.example.com`. */
  readonly publicUrl: string;
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly signIn: SignIn;
  readonly portals: Portals;
  readonly people: People;
  readonly policy: EntryPolicy | undefined;
  readonly clients: ClientFeatures;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly pages: ConsentPages;
  readonly accessTokenSeconds: number;
  /** How long a client is let in, from the consent on. */
  readonly grantSeconds: number;
  /** Hears of every defect, and of what fails while nobody waits. */
  readonly onError: (error: unknown) => void;
}

export interface AuthorizationServer extends AsyncDisposable {
  /** Mounted at `/`: `/oauth/…` but for registration and consent, and `/.well-known/…` for it. */
  readonly app: Hono;
  /** RFC 8414 §2, to the letter. */
  readonly issuer: string;
  readonly requests: AuthorizationRequests;
}

const maxBodyBytes = 64 * 1024;
const formType = "application/x-www-form-urlencoded";

/** What pages of any origin may call (MCP clients in a browser); nothing where a cookie counts is among it. */
export const openOAuthPaths: readonly OpenPath[] = [
  { path: "/.well-known/oauth-authorization-server", methods: ["GET"] },
  { path: "/.well-known/openid-configuration", methods: ["GET"] },
  { path: "/oauth/.well-known", methods: ["GET"] },
  { path: "/oauth/jwks", methods: ["GET"] },
  { path: "/oauth/register", methods: ["POST"] },
  { path: "/oauth/revoke", methods: ["POST"] },
  { path: "/oauth/token", methods: ["POST"] },
];

/** Makes its keys if there are none. Throws as the database and the vault do. */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { publicUrl, database, vault, clock, signIn, portals, people, clients, pages, onError } = options;
  const { accessTokenSeconds, grantSeconds } = options;
  const issuer = `${publicUrl}/oauth`;
  const { protocol, port } = new URL(publicUrl);
  const isSecure = protocol === "https:";
  // Each goes to one path only, so that several requests can wait in one browser; cookies do not know of ports.
  const prefix = isSecure ? "__Secure-castellan" : `castellan-${port || "80"}`;
  const cookies = { interaction: `${prefix}-request`, resume: `${prefix}-answer` };
  const targets = createTargets(publicUrl, portals);
  const waiting = new Artifacts<AdapterPayload>("request", { database, vault, clock });
  const path = (uid: string) => `/oauth/consent/${uid}`;

  const provider = new Provider(
    issuer,
    toConfiguration({
      adapter: createAdapters({ database, vault, clock, targets, waiting, clients: clients.adapter }),
      jwks: { keys: (await loadSigningKeys({ database, vault, clock })) as JWK[] },
      clients,
      people,
      signIn,
      resourceServers: createResourceServers({ targets, portals, clients, database, policy: options.policy }),
      cookies,
      isSecure,
      accessTokenSeconds,
      interactionPath: path,
    }),
  );
  setTokenValues(provider);
  clients.prepare(provider);
  // Without a listener Koa, which it is made of, would write to the console.
  (provider as NodeJS.EventEmitter).on("error", onError);

  const requests = createAuthorizationRequests({
    provider,
    database,
    clock,
    targets,
    clients,
    cookie: cookies.interaction,
    path,
    settle: (uid) => waiting.consume(uid),
    grantSeconds,
  });
  pages.mount(requests);

  const bridge = createBridge({
    provider,
    issuer,
    cookies: Object.values(cookies),
    now: () => clock.now(),
    onError,
  });
  const app = new Hono();
  addMetadata(app, issuer, clients);
  addFrontChannel(app, {
    bridge,
    pages,
    normalise: (query) => normaliseAuthorization(query, targets),
    errorRedirects: createErrorRedirects({ provider, clients }),
    admit: (c) => assertNotTooMany(c, options.limiter),
  });
  addBackChannel(app, bridge, (form) =>
    normaliseTokenRequest(form, targets, (token) => scopesOfRefresh(database, token)),
  );
  const sweeper = startSweeper({ database, clock, onError });
  return { app, issuer, requests, [Symbol.asyncDispose]: () => sweeper[Symbol.asyncDispose]() };
}

function addMetadata(app: Hono, issuer: string, { configuration }: ClientFeatures): void {
  const { features, enabledJWA, discovery, clientAuthMethods } = configuration;
  const metadata = JSON.stringify(
    authorizationServerMetadata({
      issuer,
      authMethods: [...(clientAuthMethods ?? ["none"])],
      authAlgorithms: enabledJWA?.clientAuthSigningAlgValues ?? [],
      takesRegistrations: discovery?.["registration_endpoint"] !== undefined,
      takesDocuments: features?.clientIdMetadataDocument?.enabled === true,
    }),
  );
  for (const path of metadataPaths(issuer))
    app.get(path, (c) =>
      c.body(metadata, 200, { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" }),
    );
}

/** Where browsers come, with their cookies (RFC 6749 §3.1). */
function addFrontChannel(
  app: Hono,
  options: {
    bridge: Bridge;
    pages: Pick<ConsentPages, "refused">;
    normalise: (query: URLSearchParams) => URLSearchParams;
    errorRedirects: ErrorRedirects;
    admit: (c: Context) => Promise<void>;
  },
): void {
  const { bridge, pages, normalise, errorRedirects, admit } = options;
  app.get(`/oauth${routes.authorization}`, async (c) => {
    await admit(c);
    const query = normalise(new URL(c.req.url).searchParams);
    const { response, refused } = await bridge(c, { path: routes.authorization, method: "GET", query });
    if (refused !== undefined) return pages.refused(c, refused);
    const toStranger = await errorRedirects(response, query.get("client_id"));
    return toStranger === undefined ? response : pages.refused(c, toStranger.error, toStranger.back);
  });
  app.get(`/oauth${routes.authorization}/:uid`, async (c) => {
    const path = `${routes.authorization}/${encodeURIComponent(c.req.param("uid"))}`;
    const { response, refused } = await bridge(c, { path, method: "GET" });
    return refused === undefined ? response : pages.refused(c, refused);
  });
}

/** Where clients come (RFC 6749 §3.2, RFC 7009, RFC 7662, RFC 7517). */
function addBackChannel(
  app: Hono,
  bridge: Bridge,
  normaliseToken: (form: URLSearchParams) => Promise<URLSearchParams>,
): void {
  const post = async (
    c: Context,
    path: string,
    normalise?: (form: URLSearchParams) => Promise<URLSearchParams>,
  ) => {
    const text = Buffer.from(await readBody(c, { maxBytes: maxBodyBytes })).toString("utf8");
    const type = requestHeader(c, "content-type") ?? "";
    const isForm = type.split(";")[0]?.trim().toLowerCase() === formType;
    const form = isForm && normalise ? (await normalise(new URLSearchParams(text))).toString() : text;
    const body = { type: isForm ? formType : type, text: form };
    return (await bridge(c, { path, method: "POST", ...(type !== "" && { body }) })).response;
  };
  app.post(`/oauth${routes.token}`, (c) => post(c, routes.token, normaliseToken));
  app.post(`/oauth${routes.revocation}`, (c) => post(c, routes.revocation));
  app.post(`/oauth${routes.introspection}`, (c) => post(c, routes.introspection));
  app.get(
    `/oauth${routes.jwks}`,
    async (c) => (await bridge(c, { path: routes.jwks, method: "GET" })).response,
  );
}

async function scopesOfRefresh(database: Database, token: string): Promise<readonly string[] | undefined> {
  if (!isSecret(token, "refresh")) return undefined;
  const found = await findRefreshToken(database, hashSecret(token));
  const scope = found?.payload["scope"];
  return typeof scope === "string" ? wordsOf(scope) : undefined;
}
