/** A provider as it is spoken to: what it publishes, as an OpenID Connect client of ours. */
import { isDeepStrictEqual } from "node:util";
import {
  accessFaults,
  assertReachable,
  createIssuerKeys,
  discoverIssuer,
  issuerUnfit,
  signingAlgorithms,
  type IssuerAccess,
  type SigningAlgorithm,
} from "@castellan/access";
import type { Clock } from "@castellan/kernel";
import { RemoteCopy, type Outbound } from "@castellan/web";
import type { JWTVerifyGetKey } from "jose";
import * as oidc from "openid-client";
import type { ProviderInUse } from "./provider-store.ts";
import type { Provider } from "./provider.ts";

export interface Connection {
  readonly configuration: oidc.Configuration;
  /** Whether it can be asked for single claims (OIDC Core §5.5). */
  readonly takesClaims: boolean;
  readonly prompts: Prompts;
  /** Signatures that its ID tokens may have. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly keys: JWTVerifyGetKey;
}

/** The connections of this replica: what a provider publishes is asked for once in a while, not by each sign-in. */
export interface Connections {
  /** Throws `issuer_unfit`, `issuer_unavailable`, `outbound_refused`, `outbound_policy_invalid`. */
  of(used: ProviderInUse): Promise<Connection>;
}

/** By what it asks people, although it knows them (`prompt`, OIDC Core §3.1.2.1): who they are, and for a proof. */
export interface Prompts {
  readonly other: "select_account" | "login";
  readonly again: "select_account" | "login";
}

export interface ConnectionsOptions {
  readonly outbound: Pick<Outbound, "fetch" | "check">;
  readonly clock: Clock;
  /** For one request to a provider. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

const maxAnswerBytes = 256 * 1024;
const clockSkewSeconds = 60;

interface Kept {
  readonly used: ProviderInUse;
  readonly copy: RemoteCopy<Connection>;
}

export function createConnections({ outbound, clock, timeoutMs = 10_000 }: ConnectionsOptions): Connections {
  const kept = new Map<string, Kept>();

  function keep(used: ProviderInUse): Kept {
    const { slug, issuer, allowPrivate } = used.provider;
    const access = { outbound, allowPrivate };
    const keys = createIssuerKeys({ issuer, clock, ...access });
    const load = async () => {
      const found = await discoverProvider(used.provider, access);
      const configuration = configure(used, found, toFetch(access, issuer, timeoutMs));
      return {
        configuration,
        keys,
        algorithms: found.algorithms,
        takesClaims: found.takesClaims,
        prompts: found.prompts,
      };
    };
    const one = { used, copy: new RemoteCopy<Connection>({ load, clock }) };
    kept.set(slug, one);
    return one;
  }

  return {
    of: (used) => {
      const known = kept.get(used.provider.slug);
      const { copy } = known && isDeepStrictEqual(known.used, used) ? known : keep(used);
      return copy.get();
    },
  };
}

interface Published {
  readonly server: oidc.ServerMetadata;
  readonly algorithms: readonly SigningAlgorithm[];
  readonly takesClaims: boolean;
  readonly prompts: Prompts;
  /** RFC 6749 §2.3.1: the secret goes into the header, unless the provider takes it in the body only. */
  readonly takesSecretInBody: boolean;
}

/**
 * What a provider publishes, as far as it is used here, once it is found fit.
 * Throws `issuer_unfit`, `issuer_unavailable`, `outbound_refused`, `outbound_policy_invalid`.
 */
export async function discoverProvider(
  { issuer }: Pick<Provider, "issuer">,
  access: IssuerAccess,
): Promise<Published> {
  const { document, jwksUri } = await discoverIssuer(issuer, access);
  const address = (member: string) => {
    assertReachable(issuer, member, document[member], access);
    return document[member] as string;
  };
  const lists = (member: string, value: string) => {
    const listed = document[member];
    return !Array.isArray(listed) || listed.includes(value);
  };
  if (!lists("response_types_supported", "code"))
    throw issuerUnfit(issuer, "it gives no authorization codes");
  if (!lists("code_challenge_methods_supported", "S256"))
    throw issuerUnfit(issuer, "it does not take PKCE with S256");
  const told = document["id_token_signing_alg_values_supported"] ?? ["RS256"];
  const algorithms = signingAlgorithms.filter((algorithm) => Array.isArray(told) && told.includes(algorithm));
  if (algorithms.length === 0) throw issuerUnfit(issuer, "it signs ID tokens with no key of its own");
  const server: oidc.ServerMetadata = {
    issuer,
    jwks_uri: jwksUri,
    authorization_endpoint: address("authorization_endpoint"),
    token_endpoint: address("token_endpoint"),
    ...(document["userinfo_endpoint"] !== undefined && { userinfo_endpoint: address("userinfo_endpoint") }),
    id_token_signing_alg_values_supported: [...algorithms],
    authorization_response_iss_parameter_supported:
      document["authorization_response_iss_parameter_supported"] === true,
  };
  return {
    server,
    algorithms,
    takesClaims: document["claims_parameter_supported"] === true,
    prompts: promptsOf(issuer, document["prompt_values_supported"]),
    takesSecretInBody: !lists("token_endpoint_auth_methods_supported", "client_secret_basic"),
  };
}

/** Who does not say what it knows knows `login`; but for Google, which knows `select_account` only. */
function promptsOf(issuer: string, published: unknown): Prompts {
  const unsaid = issuer === "https://accounts.google.com" ? ["select_account"] : ["login"];
  const known: readonly unknown[] = Array.isArray(published) ? published : unsaid;
  return {
    other: known.includes("select_account") ? "select_account" : "login",
    again: known.includes("login") || !known.includes("select_account") ? "login" : "select_account",
  };
}

function configure(
  { provider, clientSecret }: ProviderInUse,
  { server, takesSecretInBody }: Published,
  fetch: oidc.CustomFetch,
): oidc.Configuration {
  const toAuthentication = takesSecretInBody ? oidc.ClientSecretPost : oidc.ClientSecretBasic;
  const configuration = new oidc.Configuration(
    server,
    provider.clientId,
    { [oidc.clockTolerance]: clockSkewSeconds },
    clientSecret === undefined ? oidc.None() : toAuthentication(clientSecret),
  );
  configuration[oidc.customFetch] = fetch;
  // Plain http goes where an admin allowed it and nowhere else: the safe fetch sees to that.
  oidc.allowInsecureRequests(configuration);
  return configuration;
}

/** Every request of the protocol goes the safe way out. */
function toFetch(access: IssuerAccess, issuer: string, timeoutMs: number): oidc.CustomFetch {
  return async (url, { method, headers, body }) => {
    const answer = await access.outbound.fetch(url, {
      policy: { allowPrivate: access.allowPrivate },
      maxBytes: maxAnswerBytes,
      timeoutMs,
      method: method === "POST" ? "POST" : "GET",
      headers,
      ...(body !== undefined && body !== null && { body: String(body) }),
      field: "issuer",
    });
    if (answer.status >= 500)
      throw accessFaults.fault(
        "issuer_unavailable",
        `The issuer ${issuer} answers with status ${answer.status}`,
      );
    return new Response(answer.body.length === 0 ? null : Buffer.from(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  };
}
