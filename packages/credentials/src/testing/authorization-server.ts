/**
 * An authorization server out there, for tests: a real one (`oidc-provider`) on a loopback port, of whatever kind, with a
 * hand on what it does next. Whoever is sent there says who they are by one click, and has agreed with it.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RedirectBrowser } from "@castellan/web/testing";
import { exportJWK, generateKeyPair, type JWTPayload } from "jose";
import { Provider, type ClientMetadata, type JWK, type KoaContextWithOIDC } from "oidc-provider";
import {
  pickPath,
  toConfiguration,
  type AuthorizationServerOptions,
  type Policy,
} from "./authorization-server-settings.ts";
import { registerAssertionGrants, type jwtBearer, type tokenExchange } from "./assertion-grants.ts";
import { createGate, type Gate, type OwnedGate } from "./gate.ts";
import { createRecords, type Records } from "./records.ts";

export interface AuthorizationServer extends Policy, AsyncDisposable {
  /** `http://127.0.0.1:{port}`, and its path if it has one. */
  readonly issuer: string;
  /** Who has an account there: the names on its sign-in page. Default `ada` and `bob`. */
  readonly users: Set<string>;
  /** Every exchange that the provider answered, in order. */
  readonly exchanges: readonly Exchange[];
  /** Every secret that it ever gave out: codes, access and refresh tokens, secrets of clients. */
  readonly given: ReadonlySet<string>;
  /** Everything that it was told: lines of heads and parsed bodies. */
  readonly heard: readonly string[];
  /** The claims of each JWT that it gave a token for. */
  readonly taken: readonly JWTPayload[];
  /** What answers at a path in its place: `/token`, `/reg`, `/.well-known/openid-configuration`. */
  readonly instead: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Its metadata, on their way out. */
  metadata: ((said: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** How often a path was asked for; `instead` counts too. */
  asked(path: string): number;
  /** Token requests of one kind that were answered with tokens. */
  grants(grantType: GrantType): number;
  /** Lets a client be known that was registered by hand. */
  register(client: RegisteredClient): void;
  /**
   * What a person does who was sent there: follows the redirects and says who they are. Resolves with where they are sent
   * back to. Without a user they say no.
   */
  signIn(authorizationUrl: string | URL, user: string | undefined, browser?: RedirectBrowser): Promise<URL>;
  /** What a token is good for, as the server knows that it was given for; undefined: for nothing. */
  factsOf(accessToken: string): Promise<TokenFacts | undefined>;
  /** Access tokens are good for nothing from now on; refresh tokens stay. */
  forgetAccessTokens(user?: string): void;
  /** Whatever was granted is over: a refresh is answered with `invalid_grant`. */
  forgetGrants(user?: string): void;
  /** Nobody is a client any more: `invalid_client`. */
  forgetClients(): void;
  /** Requests for a path wait: before anything happens, or (`answer`) after it happened and before anybody hears of it. */
  hold(path: string, what?: "request" | "answer"): Gate;
}

export type GrantType =
  | "authorization_code"
  | "refresh_token"
  | "client_credentials"
  | typeof tokenExchange
  | typeof jwtBearer;

export interface RegisteredClient {
  readonly id: string;
  /** None with `none`. */
  readonly secret?: string;
  readonly authMethod?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none";
  /** The public keys of `private_key_jwt`. */
  readonly keys?: readonly JWK[];
  readonly redirectUris?: readonly string[];
  /** Default `authorization_code` and `refresh_token`. */
  readonly grantTypes?: readonly GrantType[];
}

/** What was asked of it and what came of it, without secrets. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly clientId: string | undefined;
  readonly grantType: string | undefined;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  /** Whether the secret came in the header or the body. */
  readonly authMethod: "basic" | "post" | "none";
  readonly status: number;
  readonly error: string | undefined;
}

export interface TokenFacts {
  /** Whose it is; undefined: the client's own. */
  readonly user: string | undefined;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** What it is for (RFC 8707), where that was said. */
  readonly audience: string | undefined;
}

export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${options.path ?? ""}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: "key", use: "sig", alg: "RS256" } as JWK;
  const authorizationServer = new OidcServer(issuer, options, key, () => {
    server.closeAllConnections();
    server.close();
  });
  server.on("request", (request, response) => authorizationServer.answer(request, response));
  return authorizationServer;
}

class OidcServer implements AuthorizationServer {
  readonly issuer: string;
  readonly users = new Set(["ada", "bob"]);
  readonly exchanges: Exchange[] = [];
  readonly given = new Set<string>();
  readonly heard: string[] = [];
  readonly taken: JWTPayload[] = [];
  readonly instead: AuthorizationServer["instead"] = new Map();
  metadata: AuthorizationServer["metadata"];
  accessTokenTtlSeconds = 3600;
  saidTtlSeconds: number | undefined;
  readonly withheld = new Set<string>();
  readonly #asked = new Map<string, number>();
  readonly #gates = new Map<string, OwnedGate>();
  readonly #records: Records = createRecords();
  readonly #iss: NonNullable<AuthorizationServerOptions["iss"]>;
  readonly #provider: Provider;
  readonly #path: string;
  readonly #close: () => void;

  constructor(issuer: string, options: AuthorizationServerOptions, key: JWK, close: () => void) {
    this.issuer = issuer;
    this.#iss = options.iss ?? "sent";
    this.#path = options.path ?? "";
    this.#close = close;
    const configuration = toConfiguration(options, this, { keys: [key] });
    this.#provider = new Provider(issuer, { ...configuration, adapter: this.#records.adapter });
    if (options.trusts)
      registerAssertionGrants(this.#provider, options.trusts, (claims) => this.taken.push(claims));
    this.#provider.use(async (context, next) => {
      const ctx = context as unknown as KoaContextWithOIDC;
      await this.#gates.get(`request ${ctx.path}`)?.pass();
      await next();
      this.#say(ctx);
      this.#note(ctx);
      await this.#gates.get(`answer ${ctx.path}`)?.pass();
    });
  }

  asked(path: string): number {
    return this.#asked.get(path) ?? 0;
  }

  grants(grantType: GrantType): number {
    return this.exchanges.filter((each) => each.grantType === grantType && each.status === 200).length;
  }

  register({ id, secret, authMethod, keys, redirectUris = [], grantTypes }: RegisteredClient): void {
    if (secret !== undefined) this.given.add(secret);
    const metadata: ClientMetadata = {
      client_id: id,
      ...(secret !== undefined && { client_secret: secret }),
      ...(keys && { jwks: { keys: [...keys] } }),
      token_endpoint_auth_method: authMethod ?? (secret === undefined ? "none" : "client_secret_basic"),
      redirect_uris: [...redirectUris],
      grant_types: [...(grantTypes ?? ["authorization_code", "refresh_token"])],
      response_types: redirectUris.length > 0 ? ["code"] : [],
    };
    this.#records.put("Client", id, metadata);
  }

  signIn(
    authorizationUrl: string | URL,
    user: string | undefined,
    browser = new RedirectBrowser(),
  ): Promise<URL> {
    return browser.walk(authorizationUrl, (to) => {
      if (to.origin !== new URL(this.issuer).origin) return undefined;
      const isToPick = to.pathname.startsWith(`${pickPath}/`);
      return isToPick ? new URL(to.pathname + (user === undefined ? "/nobody" : `/as/${user}`), to) : to;
    });
  }

  async factsOf(accessToken: string): Promise<TokenFacts | undefined> {
    const token =
      (await this.#provider.AccessToken.find(accessToken)) ??
      (await this.#provider.ClientCredentials.find(accessToken));
    if (token?.isValid !== true) return undefined;
    const { clientId = "", scope, aud } = token;
    return {
      user: "accountId" in token ? token.accountId : undefined,
      clientId,
      scopes: scope?.split(" ") ?? [],
      audience: [aud].flat()[0],
    };
  }

  forgetAccessTokens(user?: string): void {
    this.#records.forget("AccessToken", ({ accountId }) => user === undefined || accountId === user);
    if (user === undefined) this.#records.forget("ClientCredentials");
  }

  forgetGrants(user?: string): void {
    for (const model of ["Grant", "RefreshToken", "AccessToken"])
      this.#records.forget(model, ({ accountId }) => user === undefined || accountId === user);
  }

  forgetClients(): void {
    this.#records.forget("Client");
  }

  hold(path: string, what: "request" | "answer" = "request"): Gate {
    const gate = createGate();
    this.#gates.set(`${what} ${path}`, gate);
    return gate;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? "/", this.issuer);
    this.#asked.set(pathname, this.asked(pathname) + 1);
    const other = this.instead.get(pathname);
    if (other) other(request, response);
    else if (pathname.startsWith(`${pickPath}/`)) void this.#pick(pathname, request, response);
    else {
      // As a framework does that mounts it there.
      const url = this.#below(pathname) + search;
      const mounted = Object.assign(request, { originalUrl: this.#path + url, url });
      void this.#provider.callback()(mounted, response);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gate of this.#gates.values()) gate.open();
    this.#close();
  }

  /** RFC 8414 §3.1 puts the path of an issuer behind the well-known part, OpenID Connect Discovery §4.1 before it. */
  #below(pathname: string): string {
    const path = this.#path;
    if (path === "") return pathname;
    if (pathname.startsWith(`${path}/`)) return pathname.slice(path.length);
    return pathname === `/.well-known/oauth-authorization-server${path}`
      ? pathname.slice(0, -path.length)
      : "/nowhere";
  }

  async #pick(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , uid, how, user = ""] = pathname.split("/");
    if (how === undefined) {
      const path = `${pickPath}/${uid}`;
      const links = [...this.users].map((name) => `<p><a href="${path}/as/${name}">${name}</a></p>`);
      links.push(`<p><a href="${path}/nobody">No</a></p>`);
      response.writeHead(200, { "content-type": "text/html" }).end(`<h1>Who are you?</h1>${links.join("")}`);
      return;
    }
    const said =
      how === "as" && this.users.has(user)
        ? { login: { accountId: user }, consent: {} }
        : { error: "access_denied", error_description: "No <b>thanks</b>" };
    await this.#provider.interactionFinished(request, response, said);
  }

  /** What it says otherwise than `oidc-provider` does. */
  #say(ctx: KoaContextWithOIDC): void {
    const body = ctx.body as unknown as Record<string, unknown> | undefined;
    if (ctx.path.startsWith("/.well-known/") && typeof body === "object") {
      const said = { ...body };
      if (this.#iss === "absent") delete said["authorization_response_iss_parameter_supported"];
      ctx.body = this.metadata?.(said) ?? said;
    }
    if (this.saidTtlSeconds !== undefined && body?.["expires_in"] !== undefined)
      body["expires_in"] = this.saidTtlSeconds;
    const location = URL.parse(ctx.response.get("location"));
    if (!location?.searchParams.has("iss")) return;
    if (this.#iss === "absent") location.searchParams.delete("iss");
    else if (this.#iss !== "sent") location.searchParams.set("iss", this.#iss.wrong);
    ctx.set("location", location.href);
  }

  #note(ctx: KoaContextWithOIDC): void {
    const body = (typeof ctx.body === "object" ? ctx.body : undefined) as Record<string, unknown> | undefined;
    const params = ctx.oidc?.params ?? {};
    this.heard.push(JSON.stringify([ctx.method, ctx.url, ctx.headers, ctx.oidc?.body]));
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    const basic = ctx.get("authorization").toLowerCase().startsWith("basic ");
    this.exchanges.push({
      method: ctx.method,
      path: ctx.path,
      clientId: ctx.oidc?.client?.clientId,
      grantType: text(params["grant_type"]),
      scope: text(params["scope"]),
      resource: text(params["resource"]),
      authMethod: basic ? "basic" : ctx.oidc?.body?.["client_secret"] === undefined ? "none" : "post",
      status: ctx.status,
      error: text(body?.["error"]),
    });
    const code = URL.parse(ctx.response.get("location"))?.searchParams.get("code");
    const secrets = ["access_token", "refresh_token", "client_secret", "registration_access_token"];
    for (const secret of [code, ...secrets.map((name) => body?.[name])])
      if (typeof secret === "string") this.given.add(secret);
  }
}
