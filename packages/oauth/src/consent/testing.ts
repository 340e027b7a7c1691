/** For the tests of the pages: what a person sees and does, and what the client has of it in the end. */
import { pageGrants, type User } from "@castellan/access";
import type { Hono } from "hono";
import { type TestOAuth } from "../provider/testing.ts";
import {
  authorizePath,
  createPkce,
  publicUrl,
  readForm,
  redirectUri,
  type Arrival,
  type Browser,
} from "../provider/testing-browser.ts";
import { post } from "../provider/testing-client.ts";

export interface ConsentScene extends AsyncDisposable {
  readonly house: TestOAuth;
  readonly app: Hono;
  readonly user: User;
  readonly clientId: string;
  /** A client that registers itself. */
  addClient(metadata?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Comes to the page by way of a client, in a browser of the person unless another is given. */
  arrive(options?: {
    browser?: Browser;
    clientId?: string;
    more?: Readonly<Record<string, string | undefined>>;
  }): Promise<Visit>;
  /** Portal and scopes of each grant that was ever given, the oldest first. */
  grants(): Promise<readonly (readonly [portal: string | undefined, ...scopes: string[]])[]>;
}

/** One authorization in one browser. */
export interface Visit {
  readonly browser: Browser;
  readonly arrival: Arrival;
  /** The page's text, without tags. */
  readonly text: string;
  readonly action: string;
  /** As the form stands. */
  readonly fields: URLSearchParams;
  /** Sends the form with these ticks; where the browser ends up. */
  decide(decision: "allow" | "deny", ticks?: readonly string[]): Promise<Arrival>;
  /** The form as it stands, but for these. */
  send(options?: {
    fields?: Readonly<Record<string, string | undefined>>;
    headers?: Readonly<Record<string, string>>;
    browser?: Browser;
    path?: string;
  }): Promise<Response>;
  /** What the client gets for the code that it was sent. */
  redeem(arrival: Arrival): Promise<Readonly<Record<string, unknown>>>;
}

/** Ada and a client that she has given nothing yet; disposing of it takes both away, and puts the portals back. */
export async function createConsentScene(house: TestOAuth): Promise<ConsentScene> {
  const portals = new Map(house.portals);
  const app = house.replicas[0]?.app;
  if (app === undefined) throw new Error("There is no replica");
  const user = await house.addPerson("ada@example.com", { name: "Ada" });

  const addClient = async (metadata: Readonly<Record<string, unknown>> = {}) => {
    const answer = await app.request(`${publicUrl}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_name: "Editor",
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "none",
        ...metadata,
      }),
    });
    const { client_id: id } = (await answer.json()) as { client_id?: string };
    if (id === undefined) throw new Error(`The client was not registered: ${answer.status}`);
    return id;
  };
  const clientId = await addClient();

  return {
    house,
    app,
    user,
    clientId,
    addClient,
    arrive: async ({ browser: given, clientId: id = clientId, more = {} } = {}) => {
      const browser = given ?? (await house.browserOf(user));
      const pkce = createPkce();
      const arrival = await browser.follow(app, authorizePath(id, pkce, more));
      const html = (await arrival.answer?.clone().text()) ?? "";
      const { action, fields } = html.includes("<form")
        ? await readForm({ url: arrival.url, answer: arrival.answer?.clone() })
        : { action: arrival.url.pathname, fields: new URLSearchParams() };
      return {
        browser,
        arrival,
        text: textOf(html),
        action,
        fields,
        decide: async (decision, ticks = fields.getAll("use")) => {
          const body = new URLSearchParams(fields);
          body.delete("use");
          for (const tick of ticks) body.append("use", tick);
          body.set("decision", decision);
          return browser.follow(app, action, { method: "POST", body });
        },
        send: async ({ fields: changed = {}, headers = {}, browser: by = browser, path = action } = {}) => {
          const body = new URLSearchParams(fields);
          body.set("decision", "allow");
          for (const [name, value] of Object.entries(changed))
            if (value === undefined) body.delete(name);
            else body.set(name, value);
          return by.send(app, path, { method: "POST", body, headers });
        },
        redeem: async ({ url }) => {
          const { body } = await post(app, "/token", {
            grant_type: "authorization_code",
            client_id: id,
            code: url.searchParams.get("code") ?? "",
            redirect_uri: more["redirect_uri"] ?? redirectUri,
            code_verifier: pkce.verifier,
          });
          return body;
        },
      };
    },
    grants: async () => {
      const all = await pageGrants(house.database, { limit: 100 });
      return all.toReversed().map(({ portal, scopes }) => [portal, ...scopes] as const);
    },
    [Symbol.asyncDispose]: async () => {
      await house.people.remove(user.id, { by: "owner" });
      house.portals.clear();
      for (const [slug, portal] of portals) house.portals.set(slug, portal);
    },
  };
}

/** What stands on the card of a page. */
export function textOf(html: string): string {
  const card = /<main>(.*)<\/main>/s.exec(html)?.[1] ?? "";
  return card
    .replaceAll(/\s+/g, " ")
    .replaceAll(/<\/?(?:p|h1|h2|legend|form|fieldset|summary|details|li|label|button)\b[^>]*>/g, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/ *\n[ \n]*/g, "\n")
    .replaceAll(/ +/g, " ")
    .trim();
}
