/** The authorization server with all its parts: clients, pages, and what is below one issuer. */
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import type { Vault } from "@castellan/vault";
import type { Forms, Outbound } from "@castellan/web";
import { Hono } from "hono";
import { createClients, type ClientRegistration, type Clients } from "./clients/clients.ts";
import type { RedirectRule } from "./clients/redirect-rules.ts";
import { createConsentPages } from "./consent/consent-pages.ts";
import type { EntryPolicy, People, Portals, SignIn } from "./ports.ts";
import { createAuthorizationServer } from "./provider/authorization-server.ts";

export interface OAuthSettings {
  /** Which clients are taken beside those that an admin registered. Default `open`. */
  readonly clientRegistration?: ClientRegistration;
  /** Where clients that nobody registered may have people sent. Default none: anywhere. */
  readonly redirectUris?: readonly RedirectRule[];
  /** Default 900. */
  readonly accessTokenSeconds?: number;
  /** How long a client is let in, from the consent on. Default 1,209,600: two weeks. */
  readonly grantSeconds?: number;
}

export interface OAuthOptions {
  /** An origin, as people and clients reach it: `https://mcp.example.com`. */
  readonly publicUrl: string;
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly forms: Forms;
  readonly signIn: SignIn;
  readonly portals: Portals;
  readonly people: People;
  /** Absent: access rules alone say who comes in. */
  readonly policy?: EntryPolicy | undefined;
  readonly settings?: OAuthSettings;
  /** Hears of every defect, and of what fails while nobody waits. */
  readonly onError: (error: unknown) => void;
}

export interface OAuth extends AsyncDisposable {
  /** Mounted at `/`: all of `/oauth/`, and what `/.well-known/` says of it. */
  readonly app: Hono;
  /** RFC 8414 §2, to the letter as clients compare it. */
  readonly issuer: string;
  readonly clients: Clients;
}

const defaultGrantSeconds = 14 * 24 * 60 * 60;

/** Makes its signing keys if there are none. Throws as the database and the vault do. */
export async function createOAuth(options: OAuthOptions): Promise<OAuth> {
  const { publicUrl, database, clock, settings = {}, signIn, portals, policy, onError } = options;
  const grantSeconds = settings.grantSeconds ?? defaultGrantSeconds;
  await using opened = new AsyncDisposableStack();
  const app = new Hono();
  const clients = opened.use(
    createClients({
      database,
      clock,
      outbound: options.outbound,
      limiter: options.limiter,
      registration: settings.clientRegistration ?? "open",
      redirectRules: settings.redirectUris ?? [],
      registrationEndpoint: `${publicUrl}/oauth/register`,
      onError,
    }),
  );
  app.route("/oauth/register", clients.registrationApp);
  const server = opened.use(
    await createAuthorizationServer({
      publicUrl,
      database,
      vault: options.vault,
      clock,
      signIn,
      portals,
      people: options.people,
      policy,
      clients: clients.features,
      limiter: options.limiter,
      pages: createConsentPages({
        app,
        signIn,
        forms: options.forms,
        portals,
        policy,
        database,
        clock,
        grantSeconds,
      }),
      accessTokenSeconds: settings.accessTokenSeconds ?? 15 * 60,
      grantSeconds,
      onError,
    }),
  );
  app.route("/", server.app);
  const owned = opened.move();
  return { app, issuer: server.issuer, clients, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
