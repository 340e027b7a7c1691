/**
 * What the authorization server needs of others, and what its parts need of each other. Nobody outside `provider/`
 * sees the library that it is built on: the pages speak of authorization requests, the clients are a store with hooks.
 */
import type { AccessRule, Directory, SignInSession, ToolClass, User, UserPrincipal } from "@castellan/access";
import type { Id } from "@castellan/kernel";
import type { Context } from "hono";
import type { Adapter, Client, Configuration, Provider } from "oidc-provider";

/** Who is signed in with a browser. */
export interface SignedIn {
  readonly session: SignInSession;
  readonly user: User;
}

/** How people prove who they are. */
export interface SignIn {
  /** Who is signed in with the browser that sends this request; nobody whose session has ended or who is suspended. */
  current(c: Context): Promise<SignedIn | undefined>;
  /**
   * The local address at which somebody signs in and then comes back to `returnTo`, a local path.
   * `directory`: as whom; `again`: with a proof made now, even if they are signed in; `other`: as somebody else than who
   * is signed in.
   */
  signInPath(returnTo: string, options?: { directory?: Directory; again?: boolean; other?: boolean }): string;
}

/** A portal as it is shown to somebody who decides on a client. */
export interface PortalForConsent {
  readonly slug: string;
  readonly title: string;
  readonly directory: Directory;
  readonly access: readonly AccessRule[];
  readonly isReadOnly: boolean;
  /** Its canonical resource (RFC 8707): `{publicUrl}/p/{slug}/mcp`. */
  readonly publicUrl: string;
  readonly servers: readonly {
    readonly slug: string;
    readonly title: string;
    /** How many tools of each class it has. */
    readonly counts: Readonly<Record<ToolClass, number>>;
  }[];
}

/** The portals of the house. All answers come from memory. */
export interface Portals {
  find(slug: string): PortalForConsent | undefined;
  /**
   * Which portal, or the API, a resource names, under any address that reaches it. The URL comes without query, fragment
   * and trailing slash.
   */
  findByResource(url: URL): PortalForConsent | "api" | undefined;
  /** Those in which the person may use anything. */
  usableBy(user: User): readonly PortalForConsent[];
  readonly defaultSlug: string | undefined;
}

/**
 * What rules say of coming into a portal, beyond what its access rules give: asked when a client is let in, and each time
 * that it comes for tokens. What a call needs is decided with each call.
 */
export interface EntryPolicy {
  /**
   * Whether there is anything at the portal (its slug) that rules let this person do, through that client. `c`: from where
   * that request comes; undefined: from anywhere, by who they are alone.
   */
  mayEnter(principal: UserPrincipal, portal: string, c: Context | undefined): boolean | Promise<boolean>;
}

/** The people of the house, as far as tokens depend on them. */
export interface People {
  get(id: Id<"user">): Promise<User | undefined>;
}

/** What a token is for: a portal (its slug), or the HTTP API. */
export type Target =
  | { readonly kind: "portal"; readonly portal: PortalForConsent }
  | { readonly kind: "api" };

/** A client as the consent page tells of it. Names are strangers' texts unless it is `registered`. */
export interface ClientForConsent {
  readonly id: string;
  /** `registered`: by an admin. `document`: its id is the address of its own description. `dynamic`: it registered itself. */
  readonly kind: "registered" | "document" | "dynamic";
  /** What it calls itself; its id where it says nothing. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Its own site, as it says. */
  readonly uri: string | undefined;
}

/** What a client asks for in a browser, while the person has not decided. */
export interface AuthorizationRequest {
  readonly uid: string;
  readonly client: ClientForConsent;
  /** Where the answer will be sent: one that the client registered. */
  readonly redirectUri: string;
  /** What it wants to get into; undefined: it did not say, and the person chooses. */
  readonly target: Target | undefined;
  /** As asked, known ones only. Empty until there is a target, if the client named none. */
  readonly scopes: readonly string[];
  /** The client asks that the person proves anew who they are (`prompt=login`). */
  readonly asksForProof: boolean;
  /** When the client asked. */
  readonly startedAt: Date;
}

/** Authorization requests that wait for a decision. Each belongs to the browser in which it began. */
export interface AuthorizationRequests {
  /** Where the page for one lies; its cookie is sent to this path and what is below it. */
  path(uid: string): string;
  /**
   * The request of that id, if it began in this browser and still waits.
   *
   * @throws authorization_request_gone
   */
  get(c: Context, uid: string): Promise<AuthorizationRequest>;
  /**
   * Says which portal it is for.
   *
   * @throws authorization_request_gone · authorization_target_settled (another one was named)
   */
  choose(c: Context, uid: string, portal: string): Promise<void>;
  /**
   * The person lets the client in with these scopes (what is to be kept of an earlier grant included). The answer is where
   * the browser goes next.
   *
   * @throws authorization_request_gone
   */
  allow(c: Context, uid: string, by: SignedIn, scopes: readonly string[]): Promise<string>;
  /** They do not. @throws authorization_request_gone */
  deny(c: Context, uid: string): Promise<string>;
}

/** How clients are kept (`clients/provider-features.ts`). */
export interface ClientFeatures {
  /** Further settings of the provider: its features `registration` and `clientIdMetadataDocument`, `fetch`, metadata. */
  readonly configuration: Configuration;
  /** Where the provider's model `Client` is kept, and those that registration needs. */
  adapter(model: string): Adapter | undefined;
  /** Changes a provider that was made: how secrets and redirect URIs are compared. */
  prepare(provider: Provider): void;
  describe(client: Client): ClientForConsent;
  /** What an admin lets the client do for itself (`client_credentials`). */
  scopesOf(client: Client): readonly string[];
  /** Whether it may ask about tokens of other clients (RFC 7662). */
  mayIntrospect(client: Client): boolean;
}

/** The pages for people (`consent/`). */
export interface ConsentPages {
  /** Their routes, below `/oauth/consent/`. */
  mount(requests: AuthorizationRequests): void;
  /**
   * An authorization request that is not answered to the client is told to the person (RFC 6749 §4.1.2.1). `back`: the
   * answer to the client, if they choose to go there.
   */
  refused(c: Context, error: OAuthError, back?: URL): Response | Promise<Response>;
}

/** An error as OAuth tells it (RFC 6749 §5.2). */
export interface OAuthError {
  readonly error: string;
  readonly description: string | undefined;
  readonly status: number;
}
