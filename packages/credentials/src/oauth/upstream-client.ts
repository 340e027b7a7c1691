/** As which client this installation is known to an authorization server, and how it proves that (RFC 6749 §2.3). */
import { createPrivateKey } from "node:crypto";
import { importPKCS8 } from "jose";
import * as oauth from "oauth4webapi";
import { isOAuth } from "../auth/secret-use.ts";
import type { ClientAuthMethod } from "../auth/upstream-auth.ts";
import { credentialFaults } from "../faults.ts";
import type { Issuer } from "./issuer.ts";
import type { OAuthTarget } from "./oauth.ts";
import type { ClientKind } from "./tokens.ts";

export interface UpstreamClient {
  readonly kind: ClientKind;
  /** Undefined with `anonymous` only. */
  readonly id: string | undefined;
  readonly method: ClientAuthMethod;
  readonly secret: string | undefined;
  /** PKCS #8 in PEM. */
  readonly privateKey: string | undefined;
}

export const anonymous: UpstreamClient = Object.freeze({
  kind: "anonymous",
  id: undefined,
  method: "none",
  secret: undefined,
  privateKey: undefined,
});

/**
 * The client that an admin registered by hand; its secret goes to the issuer that it was given for, and to no other one,
 * whatever a server says. Undefined: there is none for this issuer.
 */
export function givenClient(
  { auth, secrets }: Pick<OAuthTarget, "auth" | "secrets">,
  issuer: Pick<Issuer, "issuer" | "authMethods">,
): UpstreamClient | undefined {
  if (!isOAuth(auth) || auth.client === undefined || auth.issuer !== issuer.issuer) return undefined;
  const { id, authMethod } = auth.client;
  const method = authMethod ?? guessMethod(secrets, issuer);
  return {
    kind: "given",
    id,
    method,
    secret: method.startsWith("client_secret") ? secrets.clientSecret : undefined,
    privateKey: method === "private_key_jwt" ? secrets.privateKey : undefined,
  };
}

/** A client without a secret, by its document (CIMD). */
export function publishedClient(url: string): UpstreamClient {
  return { kind: "published", id: url, method: "none", secret: undefined, privateKey: undefined };
}

function guessMethod(
  { privateKey, clientSecret }: OAuthTarget["secrets"],
  { authMethods }: Pick<Issuer, "authMethods">,
): ClientAuthMethod {
  if (privateKey !== undefined) return "private_key_jwt";
  return clientSecret === undefined ? "none" : secretMethod(authMethods);
}

/** RFC 8414 §2: who says nothing takes the header. */
export function secretMethod(
  authMethods: readonly string[] | undefined,
): "client_secret_basic" | "client_secret_post" {
  const takesHeader = authMethods === undefined || authMethods.includes("client_secret_basic");
  return !takesHeader && authMethods.includes("client_secret_post")
    ? "client_secret_post"
    : "client_secret_basic";
}

/** Throws `credentials_missing` where the secret is not there, or is none. */
export async function authenticationOf(client: UpstreamClient, issuer: Issuer): Promise<oauth.ClientAuth> {
  switch (client.method) {
    case "none":
      return client.id === undefined ? () => {} : oauth.None();
    case "client_secret_post":
      return oauth.ClientSecretPost(secretOf(client));
    case "client_secret_basic":
      return basic(secretOf(client));
    case "private_key_jwt":
      return oauth.PrivateKeyJwt(await keyOf(client, issuer));
  }
}

/**
 * RFC 6749 §2.3.1: form-encoded, as WHATWG URL does it, which leaves `-`, `.` and `_` alone: many servers decode nothing, and
 * identifiers without stranger characters arrive there all the same.
 */
function basic(secret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = `${formEncoded(client.client_id)}:${formEncoded(secret)}`;
    headers.set("authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

function secretOf({ id, secret }: UpstreamClient): string {
  if (secret !== undefined) return secret;
  throw credentialFaults.fault("credentials_missing", `The secret of the client ${id ?? ""} is not given`);
}

async function keyOf({ id, privateKey }: UpstreamClient, issuer: Issuer): Promise<oauth.CryptoKey> {
  try {
    const pem = privateKey ?? "";
    return await importPKCS8(pem, algorithmOf(pem, issuer.assertionAlgorithms));
  } catch (cause) {
    throw credentialFaults.fault(
      "credentials_missing",
      `The private key of the client ${id ?? ""} is missing, or not of a kind that can sign`,
      { cause },
    );
  }
}

/** What a key signs with; an RSA key may do it in two ways, of which the server may take one. */
function algorithmOf(pem: string, taken: readonly string[] | undefined): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(pem);
  if (type === "ed25519") return "Ed25519";
  if (type === "rsa")
    return taken?.includes("PS256") === true && !taken.includes("RS256") ? "PS256" : "RS256";
  const curves: Readonly<Record<string, string>> = {
    prime256v1: "ES256",
    secp384r1: "ES384",
    secp521r1: "ES512",
  };
  const algorithm = curves[details?.namedCurve ?? ""];
  if (algorithm === undefined) throw new TypeError(`a key of type ${type ?? "unknown"} does not sign`);
  return algorithm;
}
