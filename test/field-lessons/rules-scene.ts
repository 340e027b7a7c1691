/** A house with something that rules keep from a person, a program and the public, and from nobody else. */
import { toolClasses, type User } from "@castellan/access";
import type { RuleFields } from "@castellan/policy";
import { exchange } from "../fidelity/wire.ts";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import type { Door } from "../harness/callers/caller.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";
import { callersOf } from "../portal/callers.ts";
import { HttpBrowser } from "../sign-in/http-browser.ts";
import { allow, registerClient } from "../sign-in/oauth-client.ts";
import { addPerson, signIn } from "../sign-in/people.ts";

/** Everything that is denied is called by this, */
export const secret = "hush";
/** and says this of itself: nobody who only knows the name has said it. */
export const words = "whispered";

export const callers = ["person", "program", "public"] as const;
export type CallerKind = (typeof callers)[number];

/** What is denied: a tool of the server `shared`, the whole server `hush-server`, the whole portal `hush-portal`. */
const places = {
  "no-tool": { servers: ["shared"], tools: [secret] },
  "no-server": { servers: [`${secret}-server`] },
  "no-portal": { portals: [`${secret}-portal`] },
};

export interface RulesScene extends AsyncDisposable {
  readonly house: TestHouse;
  readonly servers: Readonly<Record<"shared" | "hush", StockedServer>>;
  /** Of each whom the rules are about, at the portal `main`. The public has no token. */
  readonly doors: Readonly<Record<CallerKind, Door>>;
  /** A program whom no rule is about. */
  readonly bystander: Door;
  /** The way of each to the portal `hush-portal`. */
  there(who: CallerKind): Door;
  /** Tokens for the API. */
  readonly apiTokens: Readonly<Record<"person" | "program", string>>;
  /** How rules name each of them. */
  readonly selectors: Readonly<Record<CallerKind, RuleFields["include"][number]>>;
  /** Blocks those places for whom these selectors fit. */
  block(include: RuleFields["include"]): Promise<void>;
  unblock(): Promise<void>;
  /** Uses of what rules keep from people that came to a server all the same. */
  reached(): readonly object[];
  /** A page of the API or the registry; an empty token is none. */
  get(path: string, token: string): Promise<{ status: number; text: string }>;
  /** The server offers what it offered, these said anew, and is read. */
  restock(which: "shared" | "hush", said: string): Promise<void>;
}

/** A door to another portal, or with a query. */
export function elsewhere({ url, token }: Door, more: { portal?: string; query?: string }): Door {
  const at = more.portal === undefined ? url : url.replace("/p/main/", `/p/${more.portal}/`);
  return { url: more.query === undefined ? at : `${at}?${more.query}`, token };
}

const annotations = { readOnlyHint: true };

/** One of each kind; `name` is what it is called, `said` what it says of itself. */
function stockOf(name: string, said: string) {
  return {
    tools: [{ name, description: said, inputSchema: { type: "object", description: said }, annotations }],
    prompts: [{ name, description: said, arguments: [{ name: "a", description: said }] }],
    resources: [{ uri: `doc://${name}`, name, description: said }],
    resourceTemplates: [{ uriTemplate: `${name}://{n}`, name, description: said }],
  };
}

const stocks = {
  shared: (said: string) => ({
    ...stockOf("seen", said),
    tools: [...stockOf("seen", said).tools, ...stockOf(secret, words).tools],
  }),
  hush: (said: string) => ({
    ...stockOf(`${secret}-one`, `${words} ${said}`),
    instructions: `${words} instructions`,
  }),
};

export async function openRulesScene(): Promise<RulesScene> {
  await using opened = new AsyncDisposableStack();
  const servers = {
    shared: opened.use(await startStocked("modern", stocks.shared("shown"))),
    hush: opened.use(await startStocked("legacy", stocks.hush(""))),
  };
  const house = opened.use(await startTestHouse());
  const { api } = house;
  const slugs = { shared: "shared", hush: `${secret}-server` };
  await api("POST", "/servers", toRegistration("shared", servers.shared.url));
  await api("POST", "/servers", {
    ...toRegistration(slugs.hush, servers.hush.url),
    title: words,
    description: words,
  });
  const common = {
    access: [
      { who: "everyone", classes: toolClasses },
      { who: "public", classes: ["read"] },
    ],
    publicLimits: { requestsPerMinute: 1_000_000, requestsPerMinutePerAddress: 1_000_000 },
  };
  await api("POST", "/portals", { slug: "main", servers: ["shared", slugs.hush], ...common });
  await api("POST", "/portals", {
    slug: `${secret}-portal`,
    title: words,
    hostname: `${secret}.example.com`,
    servers: ["shared"],
    ...common,
  });

  const url = `${house.url}/p/main/mcp`;
  const token = (name: string) =>
    api<{ id: string; secret: string }>("POST", "/tokens", {
      name,
      role: "member",
      portals: ["main", `${secret}-portal`],
      allow: toolClasses,
    });
  const [program, bystander] = [await token("program"), await token("bystander")];
  const ann = await addPerson(house, { name: "Ann" });
  const browser = new HttpBrowser(house.url);
  await signIn(browser, await browser.open("/account"), ann);
  const { url: asked, redeem } = (await registerClient(`${url}?sign_in=required`, "Desk")).authorization();
  const { access } = await redeem(await allow(browser, await browser.open(asked)));
  const grantOf = callersOf(house.database).grant;
  const user = await api<User>("GET", `/users/${ann.id}`);
  const ofApi = await grantOf(user, undefined, ["api"]);
  const ofPortal = await grantOf(user, `${secret}-portal`, [
    `portal:${secret}-portal`,
    `portal:${secret}-portal:read`,
  ]);

  const doors = {
    person: { url, token: access },
    program: { url, token: program.secret },
    public: { url, token: "" },
  };

  const owned = opened.move();
  return {
    house,
    servers,
    doors,
    bystander: { url, token: bystander.secret },
    there(who) {
      const door = elsewhere(doors[who], { portal: `${secret}-portal` });
      return who === "person" ? { ...door, token: ofPortal.token } : door;
    },
    apiTokens: { person: ofApi.token, program: program.secret },
    selectors: {
      person: { email: ann.email },
      program: { serviceToken: program.id },
      public: { public: true },
    },
    async block(include) {
      for (const [name, at] of Object.entries(places))
        await api("POST", "/policies", { name, action: "block", at, include });
    },
    async unblock() {
      for (const name of Object.keys(places)) await api("DELETE", `/policies/${name}`);
    },
    reached: () =>
      Object.values(servers).flatMap(({ recording }) =>
        recording.requests.filter(
          ({ method, body }) =>
            /^(tools\/call|prompts\/get|resources\/|completion)/.test(method ?? "") && body.includes(secret),
        ),
      ),
    async get(path, given) {
      const { status, text } = await exchange(`${house.url}${path}`, {
        method: "GET",
        headers: given === "" ? {} : { authorization: `Bearer ${given}` },
      });
      return { status, text };
    },
    async restock(which, said) {
      servers[which].stock = stocks[which](said);
      await api("POST", `/servers/${slugs[which]}/sync`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
