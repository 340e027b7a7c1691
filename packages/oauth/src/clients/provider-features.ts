/** Clients as `oidc-provider` wants them. It validates each once more as it takes them (its own metadata rules). */
import { isFault, type Clock } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import { errors, type Adapter, type Client as ProviderClient, type Configuration } from "oidc-provider";
import type { ClientFeatures } from "../ports.ts";
import { createClientKeys } from "./client-keys.ts";
import { isSecretOf } from "./client-secret.ts";
import { authMethods, hasSecret, type Client } from "./client.ts";
import { applicationType, redirectKind } from "./redirect-uri.ts";

export interface ProviderFeaturesOptions {
  /** The client of that id, if it is let in. Throws `client_document_invalid`, `client_document_unavailable`. */
  readonly find: (id: string) => Promise<Client | undefined>;
  /** Told of a client that got a token; nobody waits for it. */
  readonly noteUse: (id: string) => void;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly takesDocuments: boolean;
  /** Undefined: clients cannot register themselves. */
  readonly registrationEndpoint: string | undefined;
}

/** What is ours of a client, beside the metadata that the provider knows. */
interface Own {
  readonly kind: Client["kind"];
  readonly scopes: readonly string[];
  readonly mayIntrospect: boolean;
}

const ownProperty = "castellan";

export function createProviderFeatures(options: ProviderFeaturesOptions): ClientFeatures {
  return {
    configuration: configurationOf(options),
    adapter: (model) => (model === "Client" ? adapterOf(options) : undefined),
    prepare(provider) {
      // What it is given in place of a secret are the hashes of those that are good now.
      const { prototype } = provider.Client as unknown as { prototype: ProviderClient };
      prototype.compareClientSecret = function (actual) {
        return isSecretOf(this.clientSecret?.split(" ") ?? [], actual);
      };
      provider.on("grant.success", ({ oidc }) => {
        if (oidc.client) options.noteUse(oidc.client.clientId);
      });
    },
    describe: (client) => ({
      id: client.clientId,
      kind: ownOf(client).kind,
      name: client.clientName ?? client.clientId,
      redirectUris: client.redirectUris ?? [],
      uri: client.clientUri,
    }),
    scopesOf: (client) => ownOf(client).scopes,
    mayIntrospect: (client) => ownOf(client).mayIntrospect,
  };
}

/** The metadata of a client (RFC 7591 §2) as the provider takes them. */
export function toProviderMetadata(client: Client): Record<string, unknown> {
  const own: Own = { kind: client.kind, scopes: client.scopes, mayIntrospect: client.mayIntrospect };
  return {
    client_id: client.id,
    ...(client.name !== "" && { client_name: client.name }),
    client_uri: client.uri,
    redirect_uris: client.redirectUris,
    application_type: applicationType(client.redirectUris),
    token_endpoint_auth_method: client.authMethod,
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes("authorization_code") ? ["code"] : [],
    jwks: client.jwks,
    jwks_uri: client.jwksUri,
    ...(hasSecret(client) && { client_secret: client.secrets.map(({ hash }) => hash).join(" ") }),
    [ownProperty]: own,
  };
}

function configurationOf(options: ProviderFeaturesOptions): Configuration {
  const { takesDocuments, registrationEndpoint } = options;
  const fetchKeys = createClientKeys(options);
  return {
    features: {
      // All clients come from the adapter, read and kept by us: the provider is never to fetch one itself.
      clientIdMetadataDocument: { enabled: takesDocuments, ack: "draft-02", allowFetch: () => false },
      registration: { enabled: false },
    },
    discovery: { ...(registrationEndpoint !== undefined && { registration_endpoint: registrationEndpoint }) },
    extraClientMetadata: { properties: [ownProperty] },
    clientAuthMethods: [...authMethods],
    enabledJWA: { clientAuthSigningAlgValues: [...signingAlgorithms] },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => assertShortLived(claims["exp"]),
    clientBasedCORS: (_ctx, origin, client) => isOriginOf(client, origin),
    fetch: (url, init) => fetchKeys(String(url), init?.signal ?? undefined),
  };
}

/** Asymmetric ones only: what a shared secret signs, whoever checks it can sign. */
const signingAlgorithms = ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"] as const;

/** Its id has to be remembered for as long as it is good (RFC 7523 §3, point 7). */
const maxAssertionSeconds = 3600;

function assertShortLived(exp: unknown): void {
  if (typeof exp === "number" && exp - Date.now() / 1000 <= maxAssertionSeconds) return;
  throw new errors.InvalidClientAuth("client_assertion must expire within an hour");
}

/** A page may read the answers to a client that sends people back to that page's origin. */
function isOriginOf({ redirectUris = [] }: ProviderClient, origin: string): boolean {
  return redirectUris.some((uri) => {
    if (redirectKind(uri) === "app") return false;
    const own = new URL(uri);
    if (own.origin === origin) return true;
    const asked = URL.parse(origin);
    return redirectKind(uri) === "loopback" && asked?.protocol === "http:" && asked.hostname === own.hostname;
  });
}

function adapterOf({ find }: ProviderFeaturesOptions): Adapter {
  const isNotOurs = () => Promise.reject(new Error("Clients are not written by the provider"));
  return {
    async find(id) {
      try {
        const client = await find(id);
        return client && toProviderMetadata(client);
      } catch (error) {
        if (isFault(error, "client_document_invalid"))
          throw new errors.InvalidClient(error.message, error.code);
        // Not that the client is none: it would forget all that people gave it.
        if (isFault(error, "client_document_unavailable"))
          throw Object.assign(new errors.TemporarilyUnavailable(error.message, error.code), {
            status: 503,
            statusCode: 503,
          });
        throw error;
      }
    },
    upsert: isNotOurs,
    consume: isNotOurs,
    destroy: isNotOurs,
    revokeByGrantId: isNotOurs,
    findByUid: isNotOurs,
    findByUserCode: isNotOurs,
  };
}

function ownOf(client: ProviderClient): Own {
  return client[ownProperty] as Own;
}
