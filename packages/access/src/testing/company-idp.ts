/**
 * The identity provider of a company, for tests: a real OpenID Provider (`oidc-provider`) on a loopback port, with
 * people in it, and with a hand on everything that it says, so that it can be had to say wrong things.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RedirectBrowser } from "@castellan/web/testing";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from "jose";
import { Provider, type Account, type ClientMetadata, type Configuration } from "oidc-provider";
import { createMapAdapter } from "./map-adapter.ts";

/** Somebody who has an account there. Further claims stand beside these: `groups`, `realm_access`, `hd` … */
export interface CompanyUser {
  readonly email?: unknown;
  readonly email_verified?: unknown;
  readonly name?: unknown;
  readonly groups?: unknown;
  readonly [claim: string]: unknown;
}

export interface SignOptions {
  readonly alg?: string;
  /** Null: none is named. */
  readonly kid?: string | null;
  readonly typ?: string;
  /** In the place of the provider's own. */
  readonly key?: CryptoKey | Uint8Array;
  /** Further members of the header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface CompanyIdp extends AsyncDisposable {
  /** `http://127.0.0.1:{port}` */
  readonly issuer: string;
  readonly clientId: "castellan";
  readonly clientSecret: string;
  /** By subject. Change it as you like. */
  readonly users: Record<string, CompanyUser>;
  /** Whom the sign-in there is done with (RFC 8176). Default `["pwd"]`. */
  amr: readonly string[];
  acr: string | undefined;
  /** Where codes may be sent; anywhere that a test adds. */
  readonly redirectUris: Set<string>;
  /** The claims of ID tokens, on their way into one. Signed anew unless it returns a whole token. */
  idToken: ((claims: JWTPayload) => JWTPayload | string | Promise<string>) | undefined;
  /** What answers at a path in the place of the provider: `/token`, `/jwks`, `/.well-known/openid-configuration`. */
  readonly instead: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** How often a path was asked for. */
  asked(path: string): number;
  /**
   * What a person does who was sent there: follows the redirects, signs in as that user, and agrees. Resolves with where
   * they are sent back to. Without a user they say no.
   */
  signIn(authorizationUrl: string | URL, user: string | undefined, browser?: RedirectBrowser): Promise<URL>;
  /** A real access token (RFC 9068) for that audience, as a program gets it that the user has signed in to. */
  accessToken(user: string, audience: string): Promise<string>;
  /** Anything at all, signed with the key of now. */
  sign(claims: JWTPayload, options?: SignOptions): Promise<string>;
  /** A new signing key takes the place of the old one, at once. */
  rotateKeys(): Promise<void>;
}

const clientId = "castellan";
const ownClient = "program";
const ownRedirect = "http://127.0.0.1/done";

export async function startCompanyIdp(): Promise<CompanyIdp> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const idp = new OidcCompany(issuer, () => {
    server.closeAllConnections();
    server.close();
  });
  await idp.rotateKeys();
  server.on("request", (request, response) => idp.answer(request, response));
  return idp;
}

class OidcCompany implements CompanyIdp {
  readonly issuer: string;
  readonly clientId = clientId;
  readonly clientSecret = "the-secret-of-castellan-at-the-company";
  readonly users: Record<string, CompanyUser> = {
    ada: { email: "ada@corp.example", email_verified: true, name: "Ada", groups: ["engineering"] },
    bob: { email: "bob@corp.example", email_verified: true, name: "Bob", groups: ["sales", "everyone"] },
  };
  amr: readonly string[] = ["pwd"];
  acr: string | undefined;
  readonly redirectUris = new Set([ownRedirect]);
  idToken: CompanyIdp["idToken"];
  readonly instead: CompanyIdp["instead"] = new Map();
  readonly #asked = new Map<string, number>();
  readonly #adapter = createMapAdapter();
  readonly #close: () => void;
  #keyNumber = 0;
  #key: CryptoKey | undefined;
  #provider: Provider | undefined;

  constructor(issuer: string, close: () => void) {
    this.issuer = issuer;
    this.#close = close;
  }

  asked(path: string): number {
    return this.#asked.get(path) ?? 0;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? "/", this.issuer);
    this.#asked.set(pathname, this.asked(pathname) + 1);
    const other = this.instead.get(pathname);
    if (other) other(request, response);
    else if (pathname.startsWith("/pick/")) void this.#pick(pathname, request, response);
    else void this.#provider?.callback()(request, response);
  }

  signIn(
    authorizationUrl: string | URL,
    user: string | undefined,
    browser = new RedirectBrowser(),
  ): Promise<URL> {
    return browser.walk(authorizationUrl, (to) => {
      if (to.origin !== this.issuer || to.href.startsWith(ownRedirect)) return undefined;
      const isToPick = to.pathname.startsWith("/pick/");
      return isToPick ? new URL(to.pathname + (user === undefined ? "/nobody" : `/as/${user}`), to) : to;
    });
  }

  async accessToken(user: string, audience: string): Promise<string> {
    const url = new URL("/auth", this.issuer);
    const query = {
      client_id: ownClient,
      response_type: "code",
      redirect_uri: ownRedirect,
      resource: audience,
    };
    url.search = new URLSearchParams({ ...query, scope: "openid use", ...pkce }).toString();
    const code = (await this.signIn(url, user)).searchParams.get("code") ?? "";
    const answer = await fetch(`${this.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: ownClient,
        redirect_uri: ownRedirect,
        code,
        resource: audience,
        code_verifier: codeVerifier,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async sign(
    claims: JWTPayload,
    { alg = "RS256", kid, typ, key, header }: SignOptions = {},
  ): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({
        alg,
        ...(kid !== null && { kid: kid ?? this.#kid }),
        ...(typ !== undefined && { typ }),
        ...header,
      })
      .sign(key ?? (this.#key as CryptoKey), { crit: understood });
  }

  async rotateKeys(): Promise<void> {
    this.#keyNumber += 1;
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    this.#key = privateKey;
    const jwk = { ...(await exportJWK(privateKey)), kid: this.#kid, use: "sig", alg: "RS256" };
    this.#provider = this.#createProvider(jwk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  get #kid(): string {
    return `key-${this.#keyNumber}`;
  }

  async #pick(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , uid, how, user] = pathname.split("/");
    if (how === undefined) {
      const links = Object.keys(this.users).map(
        (name) => `<p><a href="/pick/${uid}/as/${name}">${name}</a></p>`,
      );
      response.writeHead(200, { "content-type": "text/html" }).end(`<h1>Who are you?</h1>${links.join("")}`);
      return;
    }
    const login = {
      accountId: user ?? "",
      amr: [...this.amr],
      ...(this.acr !== undefined && { acr: this.acr }),
    };
    await this.#provider?.interactionFinished(
      request,
      response,
      how === "as" ? { login } : { error: "access_denied", error_description: "No <b>thanks</b>" },
    );
  }

  #createProvider(key: JWK): Provider {
    const { redirectUris } = this;
    const provider = new Provider(this.issuer, {
      ...settings,
      adapter: this.#adapter,
      jwks: { keys: [key] },
      clients: [
        client({ client_id: clientId, client_secret: this.clientSecret }),
        client({ client_id: ownClient, token_endpoint_auth_method: "none" }),
      ],
      findAccount: (_, accountId) => this.#account(accountId),
      extraTokenClaims: (_, token) => {
        const { accountId } = token as { accountId?: string };
        return accountId === undefined ? {} : { ...this.users[accountId] };
      },
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({
          clientId: ctx.oidc.client?.clientId ?? "",
          accountId: ctx.oidc.session?.accountId ?? "",
        });
        grant.addOIDCScope("openid email profile");
        for (const resource of [ctx.oidc.params?.["resource"]].flat())
          if (typeof resource === "string") grant.addResourceScope(resource, "use");
        await grant.save();
        return grant;
      },
    });
    Object.assign(provider.Client.prototype, { redirectUriAllowed: (uri: string) => redirectUris.has(uri) });
    provider.use(async (ctx, next) => {
      await next();
      const body = ctx.body as { id_token?: string } | undefined;
      if (ctx.path !== "/token" || body?.id_token === undefined || this.idToken === undefined) return;
      const [, payload = ""] = body.id_token.split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JWTPayload;
      const made = await this.idToken(claims);
      body.id_token = typeof made === "string" ? made : await this.sign(made);
    });
    return provider;
  }

  #account(accountId: string): Account | undefined {
    const user = this.users[accountId];
    if (!user) return undefined;
    return { accountId, claims: () => ({ sub: accountId, ...user }) as { sub: string } };
  }
}

function client(metadata: Partial<ClientMetadata> & { client_id: string }): ClientMetadata {
  return {
    redirect_uris: [ownRedirect],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    ...metadata,
  };
}

/** jose signs no extension that it does not know. */
const understood = { "urn:example:ext": true };

/** RFC 7636, appendix B. */
const codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const pkce = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };

const settings: Configuration = {
  // As most companies' providers do: what is asked for by scopes is in the ID token.
  conformIdTokenClaims: false,
  cookies: { keys: ["for tests"] },
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    IdToken: 3600,
    Grant: 3600,
    Session: 3600,
    Interaction: 600,
  },
  interactions: { url: (_, { uid }) => `/pick/${uid}` },
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: [
      "name",
      "groups",
      "roles",
      "hd",
      "oid",
      "tid",
      "preferred_username",
      "realm_access",
      "_claim_names",
    ],
    auth_time: null,
    amr: null,
    acr: null,
  },
  acrValues: ["1", "2"],
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => [],
      useGrantedResource: () => true,
      getResourceServerInfo: (_, audience) => ({
        scope: "use",
        audience,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
};
