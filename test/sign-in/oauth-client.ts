/**
 * A program that knows the address of a portal and nothing else: it is refused, finds its way from there, registers
 * itself, and sends a person to the page (MCP 2026-07-28, authorization).
 */
import { createHash, randomBytes } from "node:crypto";
import { parsed, say } from "../portal/client.ts";
import type { HttpBrowser, Shown } from "./http-browser.ts";

export interface OAuthClient {
  readonly id: string;
  /** What the portal's refusal told it to ask for. */
  readonly firstScope: string;
  /** Where a person is sent who shall let it in; `scope`: what it asks for, at first what it was told. */
  authorization(scope?: string): Authorization;
  /** Spends a refresh token. */
  refresh(refreshToken: string): Promise<Tokens>;
}

export interface Authorization {
  readonly url: URL;
  /** What the browser that came back brought, turned into tokens. */
  redeem(back: Shown): Promise<Tokens>;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly scopes: readonly string[];
}

/** Nothing listens there: a browser that is sent to it has arrived. */
const redirectUri = "http://127.0.0.1:7777/callback";

export async function registerClient(portalUrl: string, name: string): Promise<OAuthClient> {
  const refused = await say(portalUrl, { body: "{}" });
  await refused.all;
  const challenge = String(refused.headers["www-authenticate"]);
  const resource = await getJson(parameterOf(challenge, "resource_metadata"));
  const [issuer] = resource["authorization_servers"] as string[];
  const { origin, pathname } = new URL(issuer ?? "");
  const server = await getJson(`${origin}/.well-known/oauth-authorization-server${pathname}`);
  const registered = await fetch(String(server["registration_endpoint"]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: name,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id: id } = (await registered.json()) as { client_id: string };
  const firstScope = parameterOf(challenge, "scope");

  async function token(form: Readonly<Record<string, string>>): Promise<Tokens> {
    const body = new URLSearchParams({ client_id: id, resource: String(resource["resource"]), ...form });
    const answer = await fetch(String(server["token_endpoint"]), { method: "POST", body });
    const told = (await answer.json()) as Record<string, string>;
    if (!answer.ok) throw new Error(`No token: ${answer.status} ${JSON.stringify(told)}`);
    return {
      access: told["access_token"] ?? "",
      refresh: told["refresh_token"] ?? "",
      scopes: told["scope"]?.split(" ") ?? [],
    };
  }

  return {
    id,
    firstScope,
    authorization(scope = firstScope) {
      const verifier = randomBytes(32).toString("base64url");
      const state = randomBytes(8).toString("hex");
      const url = new URL(String(server["authorization_endpoint"]));
      url.search = new URLSearchParams({
        response_type: "code",
        client_id: id,
        redirect_uri: redirectUri,
        state,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
        resource: String(resource["resource"]),
        scope,
      }).toString();
      return {
        url,
        async redeem(back) {
          const answer = Object.fromEntries(back.url.searchParams);
          if (answer["code"] === undefined || answer["state"] !== state || answer["iss"] !== issuer)
            throw new Error(`The answer is not for this request: ${back.url.href} ${back.text}`);
          return token({
            grant_type: "authorization_code",
            code: answer["code"],
            redirect_uri: redirectUri,
            code_verifier: verifier,
          });
        },
      };
    },
    refresh: (refreshToken) => token({ grant_type: "refresh_token", refresh_token: refreshToken }),
  };
}

/** What a person does on the page who leaves it as it is, or sets these ticks. */
export function allow(browser: HttpBrowser, page: Shown, ticks?: readonly string[]): Promise<Shown> {
  return browser.send(page.forms[0], { decision: "allow", ...(ticks && { use: ticks }) });
}

function parameterOf(challenge: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1];
  if (value === undefined) throw new Error(`No ${name} in ${challenge}`);
  return value;
}

async function getJson(url: string): Promise<ReturnType<typeof parsed>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return parsed(await answer.text());
}
