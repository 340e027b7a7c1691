/**
 * Servers where people have accounts of their own, at a house that runs: an admin signs in for all, people sign in for
 * themselves, at real authorization servers.
 */
import { randomUUID } from "node:crypto";
import type { AuthorizationServer } from "@castellan/credentials/testing";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { apiAt, type Api } from "../harness/api.ts";
import { toRegistration } from "../harness/registration.ts";
import { sayModern, type Door, type Heard, type Loose } from "../portal/client.ts";
import { HttpBrowser, type Shown } from "../sign-in/http-browser.ts";
import { allow, registerClient } from "../sign-in/oauth-client.ts";
import { makeAccount, type Person } from "../sign-in/people.ts";
import { formFor, formTo } from "./answers.ts";
import type { ProtectedServer } from "./upstream/protected-server.ts";

export interface Visitor extends Person {
  /** Signed in. */
  readonly browser: HttpBrowser;
  /** Calls the API as them. */
  readonly api: Api;
  /** The way in of a client of theirs to the portal over this server; the same one for the same name. */
  door(slug: string, clientName?: string): Promise<Door>;
}

export interface ServerSettings {
  /** Members of the registration: `auth`, `authSecrets`. Default none: what the server asks for is found out. */
  readonly fields?: object;
  /** Told what the API shows of it, before anybody signs in: where a client is registered by hand. */
  readonly registered?: (shown: Loose) => void;
  /** As whom the admin signs in there, for all. Default `svc`; null: nobody does. */
  readonly sharedAs?: string | null;
}

export interface CallOptions {
  readonly replica?: number;
  /** The client opens pages for its person. */
  readonly opensPages?: boolean;
  /** Members beside name and arguments. */
  readonly more?: object;
}

export interface AccountScene {
  /** Calls the API as a program that may do everything. */
  readonly api: Api;
  readonly admin: Visitor;
  /** Registers a server and makes a portal of the same name over it that is open to everybody. */
  add(
    slug: string,
    server: Pick<ProtectedServer, "url" | "authorizationServer">,
    settings?: ServerSettings,
  ): Promise<void>;
  come(name: string): Promise<Visitor>;
  /** Goes to the page of a request, on to the authorization server, says there who they are, and comes back. */
  link(visitor: Visitor, page: string, user: string | undefined): Promise<Shown>;
  /** Whom they were sent to by the page, before they say anything there. */
  begin(visitor: Visitor, page: string): Promise<URL>;
  /** Begins on the page of their own, and goes all the way. */
  linkHere(visitor: Visitor, slug: string, user?: string): Promise<Shown>;
  /** Presses it on that page. */
  unlink(visitor: Visitor, slug: string): Promise<void>;
  /** A modern client's call. */
  call(door: Door, name: string, args?: object, options?: CallOptions): Promise<Heard>;
  /** What every replica says is what was written before. */
  settle(): Promise<void>;
}

/** A house, or several replicas of one, that runs already. */
export interface Ground {
  /** Where requests are sent. */
  readonly entry: string;
  /** What people, clients and other servers call it. */
  readonly publicUrl: string;
  /** Of each replica. */
  readonly sockets: readonly string[];
  /** May do everything at the API. */
  readonly ownerToken: string;
}

export async function createScene({ entry, publicUrl, sockets, ownerToken }: Ground): Promise<AccountScene> {
  const authorizationServers = new Set<AuthorizationServer>();
  const asOwner = apiAt(entry, ownerToken);
  await asOwner("POST", "/policies", {
    name: "barrier",
    action: "block",
    include: [{ everyone: true }],
    isEnabled: false,
  });

  /** What is written at a replica is answered when that replica has heard all that was written before. */
  async function settle(): Promise<void> {
    const said = () => ({ description: randomUUID() });
    await Promise.all(
      sockets.map((socket) => apiAt(socket, ownerToken)("PATCH", "/policies/barrier", said())),
    );
  }

  async function come(name: string, role = "member"): Promise<Visitor> {
    const email = `${name.toLowerCase()}@example.com`;
    const { id } = await asOwner<{ id: string }>("POST", "/users", { email, name, role });
    const invitation = await asOwner<{ url: string }>("POST", `/users/${id}/invitations`, {});
    await settle();
    const browser = new HttpBrowser(publicUrl);
    const account = await makeAccount(browser, invitation.url, email);
    const doors = new Map<string, Promise<Door>>();
    const letIn = async (url: string, client: string, scope: string): Promise<Door> => {
      const { url: address, redeem } = (await registerClient(url, client)).authorization(scope);
      const page = await browser.open(address);
      const { access } = await redeem(await allow(browser, page, page.forms[0]?.boxes));
      return { url, token: access };
    };
    let api: Api | undefined;
    return {
      id,
      ...account,
      browser,
      async api(...args) {
        api ??= apiAt(entry, (await letIn(`${entry}/api/v1/servers`, "Admin tool", "api")).token);
        return api(...args);
      },
      door(slug, clientName = "Desk") {
        const key = `${slug} ${clientName}`;
        const scope = `portal:${slug} portal:${slug}:read portal:${slug}:write`;
        const door = doors.get(key) ?? letIn(`${entry}/p/${slug}/mcp`, clientName, scope);
        doors.set(key, door);
        return door;
      },
    };
  }
  const admin = await come("Admin", "admin");

  async function begin({ browser }: Visitor, page: string): Promise<URL> {
    const shown = await browser.open(page);
    const { url, status, text } = await browser.send(formTo(shown, "begin"));
    if (status !== undefined) throw new Error(`Nobody was sent anywhere (${status}): ${text}`);
    return url;
  }

  const link: AccountScene["link"] = async (visitor, page, user) => {
    const sentTo = await begin(visitor, page);
    const there = [...authorizationServers].find(({ issuer }) => new URL(issuer).origin === sentTo.origin);
    if (!there) throw new Error(`Sent to a stranger: ${sentTo.href}`);
    const back = await there.signIn(sentTo, user);
    const done = await visitor.browser.open(back);
    await settle();
    return done;
  };

  return {
    api: asOwner,
    admin,
    come,
    begin,
    link,
    settle,
    async add(slug, server, { fields = {}, registered, sharedAs = "svc" } = {}) {
      const { authorizationServer } = server;
      const allowPrivate = [new URL(server.url).host];
      if (authorizationServer) {
        authorizationServers.add(authorizationServer);
        allowPrivate.push(new URL(authorizationServer.issuer).host);
      }
      const registration = { ...toRegistration(slug, server.url), allowPrivate, ...fields };
      const shown = await asOwner<Loose>("POST", "/servers", registration);
      registered?.(shown);
      if (sharedAs !== null) {
        authorizationServer?.users.add(sharedAs);
        const { url } = await admin.api<{ url: string }>("POST", `/servers/${slug}/login`);
        const done = await link(admin, url, sharedAs);
        if (!done.text.startsWith("Linked"))
          throw new Error(`Nobody reads ${slug}: ${done.status} at ${done.url.href}: ${done.text}`);
        const { state } = await asOwner<Loose>("POST", `/servers/${slug}/sync`);
        if (state.status !== "ready") throw new Error(`${slug} is not ready: ${JSON.stringify(state)}`);
      }
      await asOwner("POST", "/portals", {
        slug,
        servers: [slug],
        access: [{ who: "everyone", classes: ["read", "write"] }],
      });
      await settle();
    },
    async linkHere(visitor, slug, user = nameOf(visitor)) {
      const servers = await visitor.browser.open("/links");
      const page = await visitor.browser.send(formFor(servers, "link", slug));
      return link(visitor, page.url.href, user);
    },
    async unlink(visitor, slug) {
      const servers = await visitor.browser.open("/links");
      await visitor.browser.send(formFor(servers, "unlink", slug));
      await settle();
    },
    call: (door, name, args = {}, { replica, opensPages = false, more } = {}) =>
      sayModern(
        door,
        "tools/call",
        { name, arguments: args, ...more },
        {
          meta: opensPages ? { [metaKeys.clientCapabilities]: { elicitation: { form: {}, url: {} } } } : {},
          headers: replica === undefined ? {} : { "x-replica": String(replica) },
        },
      ),
  };
}

/** As whom somebody signs in at authorization servers: `ada@example.com` is `ada` there. */
export function nameOf({ email }: Pick<Person, "email">): string {
  return email.replace(/@.*/, "");
}
