import type { Groups, People, Principal, SignInSessions, TrustedIssuerStore } from "@castellan/access";
import type { Approvals } from "@castellan/approvals";
import type { AuditLog } from "@castellan/audit";
import type { CallPolicy, Catalog, Circuits, DefinitionReviews, ServerStore, Syncer } from "@castellan/calls";
import type { Runs } from "@castellan/codemode";
import type { Configuration } from "@castellan/configuration";
import type { Credentials } from "@castellan/credentials";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Notices, WebhookStore } from "@castellan/notices";
import type { ApiDocuments, DocumentStore } from "@castellan/openapi";
import type { ClientStore } from "@castellan/oauth";
import type { Connection, EvaluatorStore, PolicyStore } from "@castellan/policy";
import type { OpenPortal, PortalStore } from "@castellan/portal";
import type { CheckedProviders } from "@castellan/sign-in";
import type { Vault } from "@castellan/vault";
import type { Outbound } from "@castellan/web";
import type { Context } from "hono";

/** What the operations work on. */
export interface ApiPorts {
  /** Whose token this is. Throws `token_invalid`, `token_expired`, `replica_stale`, `token_check_unavailable`. */
  readonly authenticate: (bearer: string) => Promise<Principal>;
  readonly servers: ServerStore;
  /** The documents of those that are APIs. */
  readonly documents: DocumentStore;
  readonly apiDocuments: Pick<ApiDocuments, "readText" | "readAddress" | "refresh">;
  /** What the registered servers offer, as this replica serves it. */
  readonly catalog: Pick<Catalog, "find" | "findById">;
  /** Whether this replica calls them. */
  readonly circuits: Pick<Circuits, "isOpen">;
  readonly syncer: Syncer;
  /** What is decided about their definitions. */
  readonly reviews: DefinitionReviews;
  readonly portals: PortalStore;
  /** What people, and admins for all, are signed in to at servers. */
  readonly accounts: Pick<
    Credentials["accounts"],
    "find" | "get" | "ofPerson" | "ofTarget" | "shared" | "unlink"
  >;
  /** What admins gave for all, and servers did not take. */
  readonly refusedSecrets: Credentials["refusedSecrets"];
  /** Requests to sign in there. */
  readonly links: Pick<Credentials["links"], "ask">;
  /** This installation as a client of the authorization servers of others: what an admin registers by hand. */
  readonly oauthClient: Pick<Credentials["oauth"], "redirectUri" | "clientMetadataUrl">;
  /** The portals that are served at this moment, with what each offers. */
  readonly openPortals: () => Iterable<OpenPortal>;
  /** OAuth clients. */
  readonly clients: ClientStore;
  /** Servers and portals as a document. */
  readonly configuration: Configuration;
  /** Has a server that is new, or reached in another way, read soon; nobody waits for it. */
  readonly requestSync: (serverId: Id<"server">) => void;
  readonly audit: Pick<AuditLog, "list" | "verify">;
  /** The rules of the policy. */
  readonly policies: PolicyStore;
  /** Who judges devices and sessions: as `createCheckedEvaluators` makes it. */
  readonly evaluators: EvaluatorStore;
  /** What rules make of what somebody does at a portal. */
  readonly policy: CallPolicy;
  /** How a request reached us: through trusted proxies only. Without answers of evaluators. */
  readonly connectionOf: (c: Context) => Connection;
  /** In which country an address is: ISO 3166-1, `ZZ` where nobody knows. */
  readonly countryOf: (address: string) => string;
  /** Which identity providers people sign in with. */
  readonly providers: CheckedProviders;
  /** Whose JWTs portals may take. */
  readonly trustedIssuers: TrustedIssuerStore;
  readonly people: People;
  readonly groups: Groups;
  /** The browsers that people are signed in with. */
  readonly signInSessions: SignInSessions;
  /** Requests for a human decision. */
  readonly approvals: Approvals;
  /** Runs of code, in Code Mode. */
  readonly runs: Runs;
  /** Where programs are told of things, and what was told. */
  readonly webhooks: WebhookStore;
  readonly notices: Pick<Notices, "page" | "test">;
  /** Holds the tokens and grants. */
  readonly database: Database;
  /** Flushed after each change, so that this replica serves what its answer says. */
  readonly changes: Pick<ChangeFeed, "flush">;
  /** Judges the URLs of servers before they are stored. */
  readonly outbound: Pick<Outbound, "check">;
  /** Seals the answers that are kept for requests with an `Idempotency-Key`. */
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
  /** Where clients reach Castellan: `https://mcp.example.com`. */
  readonly publicUrl: string;
  /** Of the running release: `0.1.0`. */
  readonly version: string;
  /** The replica that answers: `rep_…`. */
  readonly replica: string;
}
