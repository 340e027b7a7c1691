/** A person with an account of their own at a server, linked on the pages at a real authorization server. */
import { createToken } from "@castellan/access";
import type { AuthorizationServer } from "@castellan/credentials/testing";
import { openDatabase, type ConnectionSettings } from "@castellan/database";
import type { MeasuredCastellan } from "../load/castellan.ts";
import type { Browser } from "../sign-in/browser.ts";
import { createClient, redirectUri } from "../sign-in/client.ts";
import { addPerson, type Person } from "../sign-in/people.ts";

const requestTimeoutMs = 30_000;

/** A token of a client that a person lets in; `at` is what it is for. */
export async function letIn(
  castellan: MeasuredCastellan,
  { browser }: Person,
  at: { readonly resource: string; readonly scopes: readonly string[] },
): Promise<string> {
  const { id } = await castellan.api("POST", "/clients", {
    name: "Editor",
    authMethod: "none",
    redirectUris: [redirectUri],
  });
  const client = createClient({ site: castellan.url, id: String(id), ...at });
  return (await (await (await client.ask(browser)).allow()).redeem()).access;
}

/** An admin signs in at a server for all, so that its lists are read. Only an owner makes admins: the one of the database. */
export async function signInForAll(
  castellan: MeasuredCastellan,
  { slug, there, connection }: Place & { readonly connection: ConnectionSettings },
): Promise<void> {
  await using database = await openDatabase({ connection, applicationName: "bench" });
  const input = { name: "owner", role: "owner", portals: [], createdBy: "bench" } as const;
  const { secret } = await createToken(database, input, Date.now());
  const { url } = castellan;
  const owner = {
    url,
    api: (_method: string, path: string, body?: object) => post(url, { token: secret, path, body }),
  };
  const admin = await addPerson(owner, "admin@example.com", "admin");
  const token = await letIn(castellan, admin, { resource: `${url}/api/v1`, scopes: ["api"] });
  const asked = await post(url, { token, path: `/servers/${slug}/login` });
  await link(admin.browser, String(asked["url"]), there, "svc");
  await castellan.api("POST", `/servers/${slug}/sync`);
}

interface Place {
  readonly slug: string;
  readonly there: AuthorizationServer;
}

/** Has the person's account at a server linked anew each time that it is called. */
export async function createLinker(
  castellan: MeasuredCastellan,
  person: Person,
  { slug, there, user }: Place & { readonly user: string },
): Promise<() => Promise<void>> {
  const { url } = castellan;
  const token = await letIn(castellan, person, { resource: `${url}/api/v1`, scopes: ["api"] });
  return async () => {
    const asked = await post(url, { token, path: "/me/accounts", body: { server: slug } });
    await link(person.browser, String(asked["url"]), there, user);
  };
}

interface Post {
  readonly token: string;
  readonly path: string;
  readonly body?: object | undefined;
}

async function post(site: string, { token, path, body = {} }: Post): Promise<Record<string, unknown>> {
  const answer = await fetch(`${site}/api/v1${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function link(browser: Browser, page: string, there: AuthorizationServer, user: string): Promise<void> {
  there.users.add(user);
  const { url } = await browser.send(await browser.open(page), "/begin", {});
  const done = await browser.open(await there.signIn(url, user));
  if (!done.html.includes("Linked")) throw new Error(`Not linked, but at ${done.url.href}: ${done.html}`);
}
