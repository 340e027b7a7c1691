/** Introduces this installation to an authorization server: Dynamic Client Registration (RFC 7591). */
import { z } from "zod";
import { clientAuthMethods, type ClientAuthMethod } from "../auth/upstream-auth.ts";
import { credentialFaults } from "../faults.ts";
import type { Registration } from "./client-store.ts";
import type { Issuer } from "./issuer.ts";
import type { OAuthTarget } from "./oauth.ts";
import { plain, refusal } from "./token-answer.ts";
import { hostOf, isTemporary, readObject, toWireFault, unavailable, type Way } from "./wire.ts";

export interface Introduction {
  readonly redirectUri: string;
  readonly name: string;
  readonly homepage: string;
  /** `native` for a loopback redirect address (OpenID Connect Registration §2). */
  readonly applicationType: "web" | "native";
}

const timeoutMs = 15_000;
const maxBytes = 64 * 1024;
const maxSeconds = 4_102_444_800;

/** RFC 6749 Appendix A.1 and A.2: `VSCHAR`. */
const visible = /^[\x20-\x7e]+$/;

const answerShape = z.looseObject({
  client_id: z.string().max(2048).regex(visible),
  client_secret: z.string().max(4096).regex(visible).optional().catch(undefined),
  client_secret_expires_at: z.number().nonnegative().max(maxSeconds).optional().catch(undefined),
  token_endpoint_auth_method: z.string().optional().catch(undefined),
});

/**
 * Heeds no signal: several may wait for it.
 * Throws `upstream_auth_unsupported` (it does not take us, or in a way that is not known here), `credentials_unavailable`.
 */
export async function register(
  way: Way,
  { target, issuer, introduction }: { target: OAuthTarget; issuer: Issuer; introduction: Introduction },
  nowMs: number,
): Promise<Registration> {
  const { registrationEndpoint, authMethods } = issuer;
  if (registrationEndpoint === undefined) throw new TypeError("registration without an endpoint for it");
  const wanted = wantedMethod(authMethods);
  const body = JSON.stringify({
    client_name: introduction.name,
    client_uri: introduction.homepage,
    redirect_uris: [introduction.redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: wanted,
    application_type: introduction.applicationType,
  });
  const answer = await way
    .fetch(registrationEndpoint, {
      policy: { allowPrivate: target.allowPrivate },
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body,
      timeoutMs,
      maxBytes,
    })
    .catch((error: unknown) => {
      throw toWireFault(error);
    });
  const document = readObject(answer.body);
  const host = hostOf(registrationEndpoint);
  if (answer.status !== 201 && answer.status !== 200) {
    const refused = refusal(answer.status, document, answer.headers, nowMs);
    if (isTemporary(answer.status))
      throw unavailable(`${host} could not register this installation (${refused.message})`);
    throw unsupported(`${host} does not register this installation as a client (${refused.message})`);
  }
  const read = answerShape.safeParse(document);
  if (!read.success)
    throw unsupported(`${host} answered the registration of this installation with something else`);
  const { client_id: clientId, client_secret: secret, client_secret_expires_at: expires } = read.data;
  return {
    issuer: issuer.issuer,
    redirectUri: introduction.redirectUri,
    clientId,
    secret,
    method: methodOf(read.data.token_endpoint_auth_method ?? wanted, secret, host),
    expiresAt: expires === undefined || expires === 0 ? undefined : new Date(expires * 1000),
  };
}

/** A server can keep a secret: it has one wherever it may. */
function wantedMethod(authMethods: readonly string[] | undefined): ClientAuthMethod {
  const known = ["client_secret_basic", "client_secret_post", "none"] as const;
  return known.find((method) => authMethods?.includes(method) === true) ?? "client_secret_basic";
}

function methodOf(said: string, secret: string | undefined, host: string): ClientAuthMethod {
  // Who asked for a secret and got none is known without (RFC 7591 §3.2.1 lets the server decide).
  if (secret === undefined) return "none";
  const method = clientAuthMethods.find((known) => known === said && known !== "private_key_jwt");
  if (method === undefined)
    throw unsupported(`${host} wants this installation to prove itself by ${plain(said).slice(0, 64)}`);
  return method;
}

function unsupported(message: string) {
  return credentialFaults.fault("upstream_auth_unsupported", `${message}. An admin can register a client.`);
}
