/** A house with a real server behind it, and fresh things in it for each request of the table. */
import type { Group, User } from "@castellan/access";
import type { Account, AccountOwner } from "@castellan/credentials";
import { createId, type Id } from "@castellan/kernel";
import {
  createTestApi,
  startCompanyIdp,
  startTestUpstream,
  type ClientOfUser,
  type CompanyIdp,
  type TestApi,
  type TestUpstream,
} from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

/** One request to an operation. */
export interface Sent {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** A string goes out as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** By whom, where not by the admin of the scene. */
  readonly as?: Client;
}

export type MakeRequest = (scene: Scene) => Sent | Promise<Sent>;

export interface Scene extends AsyncDisposable {
  readonly house: TestApi;
  readonly upstream: TestUpstream;
  readonly admin: Client;
  /** A name that nothing has. */
  newSlug(): string;
  /** Makes a server, portal or token by the API; its slug or id. */
  newServer(input?: object): Promise<string>;
  newPortal(input?: object): Promise<string>;
  newToken(input?: object): Promise<string>;
  newUser(): Promise<User>;
  newGroup(): Promise<Group>;
  /** A person who has let a client in. */
  newClientOfUser(): Promise<ClientOfUser & { readonly userId: Id<"user"> }>;
  /** What somebody has after they signed in at the server of this slug. */
  newAccount(slug: string, owner: AccountOwner): Promise<Account>;
  /** With the token of a program that may do everything. */
  owner(): Promise<Client>;
  /** The company's identity provider, and another one. */
  idp(): Promise<CompanyIdp>;
  newIdp(): Promise<CompanyIdp>;
  /** The one owner that there is. */
  onlyOwner(): Promise<User>;
}

export async function createScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await createTestApi());
  const upstream = opened.use(await startTestUpstream());
  const admin = createClient(house.app, await house.createToken({}));
  let made = 0;
  const newSlug = () => `thing-${++made}`;
  const make = async (path: string, body: object) => {
    const answer = await admin("POST", path, body);
    if (answer.status !== 201)
      throw new Error(`${path} answered ${JSON.stringify(answer.body)}`, { cause: house.errors.at(-1) });
    return answer.body as { slug: string; id: string };
  };
  const newUser = async () =>
    (await make("/users", { email: `${newSlug()}@example.com`, name: "Ada" })) as unknown as User;
  const addOwner = () =>
    house.people.add(
      { directory: "workforce", email: `${createId("user")}@example.com`, name: "Root", role: "owner" },
      { by: "owner" },
    );
  let owner: Promise<User> | undefined;
  const owned = opened.move();
  const newIdp = async () => owned.use(await startCompanyIdp());
  let idp: Promise<CompanyIdp> | undefined;
  let ownerClient: Promise<Client> | undefined;
  const makeOwner = async () => createClient(house.app, await house.createToken({ role: "owner" }));
  return {
    house,
    upstream,
    admin,
    newSlug,
    newServer: async (input) =>
      (await make("/servers", { slug: newSlug(), ...reachable(upstream), ...input })).slug,
    newPortal: async (input) => (await make("/portals", { slug: newSlug(), ...input })).slug,
    newToken: async (input) =>
      (await make("/tokens", { name: newSlug(), role: "member", portals: [], ...input })).id,
    newUser,
    newGroup: async () => (await make("/groups", { name: newSlug() })) as unknown as Group,
    newClientOfUser: async () => {
      const { id: userId } = await newUser();
      return { userId, ...(await house.letClientIn(userId)) };
    },
    newAccount: (slug, owner) => house.linkAccount(slug, owner),
    owner: () => (ownerClient ??= makeOwner()),
    idp: () => (idp ??= newIdp()),
    newIdp,
    onlyOwner: () => (owner ??= addOwner()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function reachable({ url }: TestUpstream) {
  return { url, allowPrivate: ["127.0.0.1"] };
}
