/** A program that people let in: sends a browser to the page, and turns codes and refresh tokens into tokens. */
import { createHash, randomBytes } from "node:crypto";
import type { Browser, Page } from "./browser.ts";

export interface GivenTokens {
  readonly access: string;
  readonly refresh: string;
}

export interface Client {
  readonly id: string;
  /** Opens the page that asks the person. */
  ask(browser: Browser): Promise<Asked>;
  refresh(tokens: GivenTokens): Promise<GivenTokens>;
}

export interface Asked {
  /** The person allows it as it is asked for; resolves to the code. */
  allow(): Promise<Coded>;
}

export interface Coded {
  redeem(): Promise<GivenTokens>;
}

export interface ClientOptions {
  readonly site: string;
  readonly id: string;
  readonly resource: string;
  readonly scopes: readonly string[];
}

/** Nothing listens there: a browser that is sent to it has arrived. */
export const redirectUri = "http://127.0.0.1:7777/callback";
const requestTimeoutMs = 30_000;

export function createClient({ site, id, resource, scopes }: ClientOptions): Client {
  const spend = async (form: Readonly<Record<string, string>>): Promise<GivenTokens> => {
    const told = await askForToken(site, { client_id: id, resource, ...form });
    return { access: told["access_token"] ?? "", refresh: told["refresh_token"] ?? "" };
  };

  return {
    id,
    async ask(browser) {
      const verifier = randomBytes(32).toString("base64url");
      const query = new URLSearchParams({
        response_type: "code",
        client_id: id,
        redirect_uri: redirectUri,
        state: "bench",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
        resource,
        scope: scopes.join(" "),
      });
      const page = await browser.open(`/oauth/authorize?${query}`);
      return {
        async allow() {
          const code = codeOf(await browser.send(page, page.url.pathname, { decision: "allow" }));
          const grant = {
            grant_type: "authorization_code",
            redirect_uri: redirectUri,
            code_verifier: verifier,
          };
          return { redeem: () => spend({ ...grant, code }) };
        },
      };
    },
    refresh: ({ refresh }) => spend({ grant_type: "refresh_token", refresh_token: refresh }),
  };
}

export async function askForToken(
  site: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const response = await fetch(`${site}/oauth/token`, {
    method: "POST",
    headers,
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const told = (await response.json()) as Record<string, string>;
  if (!response.ok) throw new Error(`No token: ${response.status} ${JSON.stringify(told)}`);
  return told;
}

function codeOf({ url, html }: Page): string {
  const code = url.searchParams.get("code");
  if (code === null) throw new Error(`No code at ${url.href}: ${html}`);
  return code;
}
