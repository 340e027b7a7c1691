/** For the tests of this package: people in browsers, who are sent here by a client and decide on it. */
import { createHash, randomBytes } from "node:crypto";
import type { Hono } from "hono";

export const publicUrl = "https://mcp.example.com";
export const redirectUri = "http://127.0.0.1:7777/callback";

/** Keeps cookies by path as browsers do, and follows redirects within the server. */
export class Browser {
  readonly #cookies: { name: string; value: string; path: string }[];

  constructor(cookies: readonly string[] = []) {
    this.#cookies = cookies.map((cookie) => {
      const [name = "", value = ""] = cookie.split("=");
      return { name, value, path: "/" };
    });
  }

  /** Takes the cookies of another one over, such as those of somebody who signed in. */
  takeOver(other: Browser): void {
    for (const { name, value, path } of other.#cookies) this.#keep(`${name}=${value}; path=${path}`);
  }

  async send(
    app: Hono,
    path: string,
    init: { method?: string; body?: URLSearchParams; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const url = new URL(path, publicUrl);
    const cookie = this.#cookies
      .filter((one) => url.pathname === one.path || url.pathname.startsWith(one.path.replace(/\/?$/, "/")))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const answer = await app.request(url.href, {
      ...init,
      headers: {
        accept: "text/html",
        ...(cookie !== "" && { cookie }),
        ...(init.method === "POST" && { origin: publicUrl }),
        ...init.headers,
      },
    });
    for (const text of answer.headers.getSetCookie()) this.#keep(text);
    return answer;
  }

  /** The last address of a chain of redirects, and its answer if it is one of the server's. */
  async follow(
    app: Hono,
    path: string,
    init: { method?: string; body?: URLSearchParams } = {},
  ): Promise<Arrival> {
    let answer = await this.send(app, path, init);
    let url = new URL(path, publicUrl);
    for (let hops = 0; hops < 10; hops += 1) {
      const location = answer.headers.get("location");
      if (location === null) return { url, answer };
      url = new URL(location, url);
      if (url.origin !== publicUrl || url.pathname === "/sign-in") return { url, answer: undefined };
      answer = await this.send(app, url.href);
    }
    throw new Error(`Too many redirects, the last to ${url}`);
  }

  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split(/;\s*/);
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? "/";
    const others = this.#cookies.filter((one) => one.name !== name || one.path !== path);
    const isGone = pair.endsWith("=") || attributes.some((one) => /^expires=Thu, 01 Jan 1970/i.test(one));
    this.#cookies.splice(0, this.#cookies.length, ...others);
    if (!isGone) this.#cookies.push({ name, value: pair.slice(at + 1), path });
  }
}

export interface Arrival {
  readonly url: URL;
  readonly answer: Response | undefined;
}

/** A page with a form: where it is sent, and what it holds as it stands. */
export async function readForm({
  url,
  answer,
}: Arrival): Promise<{ action: string; fields: URLSearchParams }> {
  const text = (await answer?.text()) ?? "";
  const action = /<form[^>]*\baction="([^"]*)"/.exec(text)?.[1];
  if (action === undefined) throw new Error(`No form at ${url}: ${text}`);
  const fields = new URLSearchParams();
  for (const [input] of text.matchAll(/<input\b[^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(input)?.[1];
    const isTicked = !/type="(checkbox|radio)"/.test(input) || /\bchecked\b/.test(input);
    if (name !== undefined && isTicked) fields.append(name, /\bvalue="([^"]*)"/.exec(input)?.[1] ?? "on");
  }
  return { action, fields };
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function createPkce(): Pkce {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** Query of an authorization request as a good client sends it; `undefined` leaves something out. */
export function authorizePath(
  clientId: string,
  { challenge }: Pkce,
  more: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const params = new URLSearchParams();
  const all = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "st",
    code_challenge: challenge,
    code_challenge_method: "S256",
    resource: `${publicUrl}/p/okrs/mcp`,
    ...more,
  };
  for (const [name, value] of Object.entries(all))
    for (const one of value === undefined ? [] : [value].flat()) params.append(name, one);
  return `/oauth/authorize?${params}`;
}

/** Lets a client in as the page proposes it; where the browser was sent in the end. */
export async function consent(
  app: Hono,
  browser: Browser,
  path: string,
  decision: "allow" | "deny" = "allow",
): Promise<URL> {
  const { action, fields } = await readForm(await browser.follow(app, path));
  fields.set("decision", decision);
  return (await browser.follow(app, action, { method: "POST", body: fields })).url;
}
