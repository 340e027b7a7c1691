/** For the tests of this package: clients, and what they ask the authorization server. */
import type { User } from "@castellan/access";
import type { Hono } from "hono";
import type { RegisteredClientInput } from "../clients/registered-client.ts";
import { firstOf, type TestOAuth, type TestReplica } from "./testing.ts";
import { authorizePath, consent, createPkce, publicUrl, redirectUri } from "./testing-browser.ts";

export interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** A client's request at an endpoint below the issuer. */
export async function post(
  app: Hono,
  path: string,
  form: Readonly<Record<string, string>> | URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const answer = await app.request(`${publicUrl}/oauth${path}`, {
    method: "POST",
    headers: { ...headers },
    body: new URLSearchParams(form),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? {} : JSON.parse(text), headers: answer.headers };
}

/** A program without a secret, as an admin registers it. */
export async function addPublicClient({ replicas }: TestOAuth, name = "Editor"): Promise<string> {
  const { client } = await storeOf(replicas).add(
    {
      name,
      redirectUris: [redirectUri],
      authMethod: "none",
      grantTypes: ["authorization_code", "refresh_token"],
      scopes: [],
      mayIntrospect: false,
    },
    "usr_admin",
  );
  return client.id;
}

/** A program with a secret, which may act for itself. */
export async function addConfidentialClient(
  { replicas }: TestOAuth,
  more: Partial<RegisteredClientInput> = {},
): Promise<{ id: string; secret: string; basic: { authorization: string } }> {
  const { client, secret = "" } = await storeOf(replicas).add(
    {
      name: "Nightly",
      redirectUris: [],
      authMethod: "client_secret_basic",
      grantTypes: ["client_credentials"],
      scopes: ["portal:okrs", "portal:okrs:read", "goals:write"],
      mayIntrospect: false,
      ...more,
    },
    "usr_admin",
  );
  return { id: client.id, secret, basic: basicAuth(client.id, secret) };
}

export function basicAuth(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

function storeOf(replicas: readonly TestReplica[]) {
  return firstOf(replicas).oauth.clients.store;
}

export interface Code {
  readonly clientId: string;
  readonly code: string;
  readonly verifier: string;
}

/** A code for a client that the person let in as the page proposes. */
export async function obtainCode(
  house: TestOAuth,
  { user, clientId }: { user: User; clientId: string },
  more: Parameters<typeof authorizePath>[2] = {},
): Promise<Code> {
  const pkce = createPkce();
  const { app } = firstOf(house.replicas);
  const back = await consent(app, await house.browserOf(user), authorizePath(clientId, pkce, more));
  const code = back.searchParams.get("code");
  if (code === null) throw new Error(`No code at ${back}`);
  return { clientId, code, verifier: pkce.verifier };
}

/** What a good client sends for a code; `undefined` leaves something out. */
export function codeForm(
  { clientId, code, verifier }: Code,
  more: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const all = {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...more,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export interface Tokens {
  readonly clientId: string;
  readonly access: string;
  readonly refresh: string;
}

export async function obtainTokens(
  house: TestOAuth,
  who: { user: User; clientId: string },
  more: Parameters<typeof authorizePath>[2] = {},
): Promise<Tokens> {
  const told = await post(
    firstOf(house.replicas).app,
    "/token",
    codeForm(await obtainCode(house, who, more)),
  );
  return tokensOf(who.clientId, told);
}

export function tokensOf(clientId: string, { status, body }: Told): Tokens {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { clientId, access: String(body["access_token"]), refresh: String(body["refresh_token"]) };
}

export function refreshForm(
  { clientId, refresh }: Tokens,
  more: Record<string, string> = {},
): Record<string, string> {
  return { grant_type: "refresh_token", client_id: clientId, refresh_token: refresh, ...more };
}

/** Whether an access token lets anybody in: as whoever may ask about all tokens is told. */
export async function isActive(
  house: TestOAuth,
  token: string,
  asker: { authorization: string },
): Promise<boolean> {
  const { body } = await post(firstOf(house.replicas).app, "/introspect", { token }, asker);
  return body["active"] === true;
}
