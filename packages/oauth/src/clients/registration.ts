/**
 * Dynamic client registration (RFC 7591), for clients that neither an admin wrote down nor a document describes. What
 * comes back says what was made of the request: clients have to live with that (§3.2.1). There is no way to change a
 * registration (RFC 7592): a client that is another one registers anew.
 */
import { isFault, type Fault } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import { clientAddress, addressKey, readBody, requestHeader } from "@castellan/web";
import { Hono, type Context } from "hono";
import { oauthFaults } from "../faults.ts";
import type { ClientStore, MadeClient } from "./client-store.ts";
import { isRedirectPermitted, type RedirectRule } from "./redirect-rules.ts";
import { applicationType } from "./redirect-uri.ts";
import { parseStrangerMetadata } from "./stranger-metadata.ts";

export interface RegistrationOptions {
  readonly store: Pick<ClientStore, "register">;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly isOpen: boolean;
  readonly rules: readonly RedirectRule[];
}

const maxBytes = 32 * 1024;
/** A company behind one address signs in on a Monday morning; one program in a loop is told to wait. */
const perAddress = { perMinute: 60 };
const inAll = { perMinute: 600 };

/** The endpoint, to be mounted at its path. */
export function createRegistration(options: RegistrationOptions): Hono {
  const app = new Hono();
  app.post("/", async (c) => {
    try {
      return answer(await register(c, options), 201);
    } catch (error) {
      if (isFault(error) && error.code in errorCodes) return refusal(error);
      throw error;
    }
  });
  return app;
}

async function register(c: Context, options: RegistrationOptions): Promise<Record<string, unknown>> {
  if (!options.isOpen)
    throw oauthFaults.fault(
      "registration_closed",
      "Clients cannot register themselves here: an administrator registers them",
    );
  await assertNotTooMany(addressKey(clientAddress(c)), options.limiter);
  const metadata = parseStrangerMetadata(await readObject(c));
  const odd = metadata.redirectUris.find((uri) => !isRedirectPermitted(uri, options.rules));
  if (odd !== undefined)
    throw oauthFaults.fault("redirect_uri_invalid", `${odd} is not permitted by the administrator`);
  return toAnswer(await options.store.register(metadata));
}

async function assertNotTooMany(address: string, limiter: Pick<RateLimiter, "take">): Promise<void> {
  const here = await limiter.take(`registration ${address}`, perAddress);
  const all = here.allowed ? await limiter.take("registration", inAll) : here;
  if (all.allowed) return;
  if (here.allowed) here.giveBack();
  throw oauthFaults.fault("registration_limited", "Too many clients have registered lately", {
    data: { retryAfterSeconds: Math.max(1, Math.ceil(all.retryAfterMs / 1000)) },
  });
}

async function readObject(c: Context): Promise<unknown> {
  const mediaType = requestHeader(c, "content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") throw malformed("The request must be application/json");
  const body = await readBody(c, { maxBytes });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw malformed("The request is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw malformed("The request is not a JSON object");
}

function malformed(reason: string): Fault {
  return oauthFaults.fault("client_metadata_invalid", reason);
}

/** RFC 7591 §3.2.1. Scopes are not registered: which there are depends on whoever signs in. */
function toAnswer({ client, secret }: MadeClient): Record<string, unknown> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    // 0: it does not expire.
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    ...(client.name !== "" && { client_name: client.name }),
    client_uri: client.uri,
    redirect_uris: client.redirectUris,
    application_type: applicationType(client.redirectUris),
    token_endpoint_auth_method: client.authMethod,
    grant_types: client.grantTypes,
    response_types: ["code"],
    jwks: client.jwks,
    jwks_uri: client.jwksUri,
  };
}

/** RFC 7591 §3.2.2; RFC 6749 §4.1.2.1 for what it has no word for. */
const errorCodes: Readonly<Record<string, string>> = {
  client_metadata_invalid: "invalid_client_metadata",
  redirect_uri_invalid: "invalid_redirect_uri",
  body_too_large: "invalid_client_metadata",
  registration_closed: "access_denied",
  registration_limited: "temporarily_unavailable",
};

function refusal(fault: Fault): Response {
  const { retryAfterSeconds } = fault.data ?? {};
  // What RFC 6749 §5.2 lets stand in a description.
  const description = fault.message.replaceAll('"', "'").replaceAll(/[^\x20-\x7e]|\\/g, "?");
  const headers = typeof retryAfterSeconds === "number" ? { "retry-after": String(retryAfterSeconds) } : {};
  return answer(
    { error: errorCodes[fault.code], error_description: description },
    fault.status === 413 ? 400 : fault.status,
    headers,
  );
}

function answer(body: object, status: number, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}
