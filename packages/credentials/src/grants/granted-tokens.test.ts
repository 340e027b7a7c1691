import { createManualClock, type Fault, type Id, type ManualClock } from "@castellan/kernel";
import { beforeEach, expect, test } from "vitest";
import type { AuthSecrets, UpstreamAuth } from "../auth/upstream-auth.ts";
import { isOAuth } from "../auth/secret-use.ts";
import type { PersonOwner } from "../owner.ts";
import type { TokenOutcome } from "../oauth/tokens.ts";
import type { Target } from "../target.ts";
import { holderOfAsserted } from "./asserted.ts";
import type { Grant } from "./grant.ts";
import { GrantedTokens, type WantedToken } from "./granted-tokens.ts";

let clock: ManualClock;
let tokens: GrantedTokens;
let errors: unknown[];
/** What the authorization server was asked, in order: the scopes. */
let asked: (readonly string[] | undefined)[];
let issued: number;
let answer: (target: Target) => TokenOutcome | Promise<TokenOutcome>;

beforeEach(() => {
  clock = createManualClock();
  errors = [];
  asked = [];
  issued = 0;
  answer = () => granted();
  tokens = new GrantedTokens({ clock, random: () => 1, onError: (error) => void errors.push(error) });
});

const live = () => new AbortController().signal;
const ada: PersonOwner = {
  kind: "person",
  id: "usr_ada" as Id<"user">,
  name: "Ada",
  email: "ada@example.com",
  groups: [],
  client: undefined,
  portal: undefined,
};
const bob: PersonOwner = { ...ada, id: "usr_bob" as Id<"user">, name: "Bob", email: "bob@example.com" };

const target = (auth: UpstreamAuth = { kind: "token_exchange" }, secrets: AuthSecrets = {}): Target => ({
  id: "srv_tools",
  slug: "tools",
  title: "Tools",
  url: "https://tools.example.com/mcp",
  allowPrivate: [],
  auth,
  secrets,
  asksForOAuth: false,
});

const grant: Grant = {
  holderOf: (_, subject) => holderOfAsserted(subject, true),
  get: async (asking) => {
    asked.push(isOAuth(asking.auth) ? asking.auth.scopes : undefined);
    return answer(asking);
  },
};

function granted(lifeMs = 3_600_000, scopes?: readonly string[]): TokenOutcome {
  issued += 1;
  const accessToken = `token ${issued}`;
  return {
    kind: "granted",
    tokens: { accessToken, refreshToken: undefined, expiresAtMs: clock.now() + lifeMs, scopes },
  };
}

const failed = (retryAfterMs?: number): TokenOutcome => ({
  kind: "failed",
  code: "credentials_unavailable",
  message: "it answers 503",
  retryAfterMs,
});

const wanted = (owner: PersonOwner = ada, at = target()): WantedToken => ({
  grant,
  target: at,
  subject: owner,
});
const usable = (want = wanted()) => tokens.usable(want, live());
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    ({ code, data }: Fault) => ({ code, data }),
  );

test("two hundred at once are one request for each holder", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  answer = () => gate.then(() => granted());
  const calls = Array.from({ length: 200 }, (_, index) => usable(wanted(index % 2 === 0 ? ada : bob)));
  open();
  const got = await Promise.all(calls);
  expect([new Set(got), got[0], got[1]]).toEqual([new Set([got[0], got[1]]), "token 1", "token 2"]);
  expect(asked).toHaveLength(2);
});

test("a caller who goes away ends its own waiting only", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  answer = () => gate.then(() => granted());
  const leaving = new AbortController();
  const left = tokens.usable(wanted(), leaving.signal);
  const stays = usable();
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toMatchObject({ code: "cancelled" });
  open();
  expect(await stays).toBe("token 1");
  expect(asked).toHaveLength(1);
});

test("a token is renewed beside the calls ahead of its end, and waited for after it", async () => {
  expect(await usable()).toBe("token 1");
  clock.advance(3_300_001);
  expect(await usable()).toBe("token 1");
  expect(await eventually(usable, "token 2")).toBe("token 2");
  clock.advance(3_600_000);
  expect(await usable()).toBe("token 3");
  expect(asked).toHaveLength(3);
});

test("what was given to one is given to nobody else, nor after a change of who they are or of the settings", async () => {
  const seen = [
    wanted(ada),
    wanted(bob),
    wanted({ ...ada, groups: ["admins"] }),
    wanted({ ...ada, client: "other" }),
    wanted(ada, target({ kind: "token_exchange", issuer: "https://other.example" })),
    wanted(ada, target({ kind: "token_exchange" }, { clientSecret: "new" })),
  ];
  for (const want of seen) await usable(want);
  expect(asked).toHaveLength(seen.length);
  for (const want of seen) await usable({ ...want, target: structuredClone(want.target) });
  expect(asked).toHaveLength(seen.length);
  // The portal is of the call, not of the person.
  await usable(wanted({ ...ada, portal: "main" }));
  expect(asked).toHaveLength(seen.length);
});

test("while the authorization server fails nobody asks before the back-off is over", async () => {
  answer = () => failed();
  const first = await faultOf(usable());
  expect(first).toEqual({
    code: "credentials_unavailable",
    data: { server: "tools", retryAt: new Date(clock.now() + 1_000).toISOString() },
  });
  expect(await faultOf(usable())).toEqual(first);
  expect(asked).toHaveLength(1);
  clock.advance(1_000);
  expect((await faultOf(usable())).data).toEqual({
    server: "tools",
    retryAt: new Date(clock.now() + 2_000).toISOString(),
  });
  clock.advance(2_000);
  answer = () => granted();
  expect([await usable(), asked.length]).toEqual(["token 1", 3]);
});

test("the server's own word on when to come again holds", async () => {
  answer = () => failed(90_000);
  await faultOf(usable());
  clock.advance(89_999);
  await faultOf(usable());
  expect(asked).toHaveLength(1);
});

test("a token that is good still is used while the authorization server fails", async () => {
  await usable();
  answer = () => failed();
  clock.advance(3_400_000);
  expect(await usable()).toBe("token 1");
  await eventually(async () => errors.length, 1);
  expect(await usable()).toBe("token 1");
  expect(asked).toHaveLength(2);
  clock.advance(200_000);
  expect((await faultOf(usable())).code).toBe("credentials_unavailable");
});

test("who is refused is told so, and may try again within half a minute", async () => {
  answer = () => ({ kind: "refused", error: "access_denied", message: "not known here" });
  for (let times = 0; times < 8; times += 1) {
    expect((await faultOf(usable())).code).toBe("identity_refused");
    clock.advance(30_000);
  }
  expect(asked).toHaveLength(8);
});

test("a refused client is the admin's business", async () => {
  answer = () => ({ kind: "client_refused", error: "invalid_client", message: "no", client: "given" });
  expect((await faultOf(usable())).code).toBe("upstream_client_refused");
});

test("a token that the target refuses is replaced once, and one that is new is not", async () => {
  const sent = await usable();
  expect(await tokens.refused(wanted(), { sent }, live())).toBe("final");
  clock.advance(30_000);
  expect(await tokens.refused(wanted(), { sent }, live())).toBe("retry");
  // Another call had been sent with the old one.
  expect(await tokens.refused(wanted(), { sent }, live())).toBe("retry");
  expect(await usable()).toBe("token 2");
  expect(await tokens.refused(wanted(), { sent: "token 2" }, live())).toBe("final");
  expect(asked).toHaveLength(2);
});

test("missing scopes are asked for beside those that were given, once", async () => {
  const want = wanted(ada, target({ kind: "token_exchange", scopes: ["read"] }));
  answer = ({ auth }) => granted(3_600_000, isOAuth(auth) ? auth.scopes : undefined);
  const sent = await usable(want);
  expect(await tokens.refused(want, { sent, scopes: ["read", "write"] }, live())).toBe("retry");
  expect(asked).toEqual([["read"], ["read", "write"]]);
  expect(await usable(want)).toBe("token 2");
  expect(await tokens.refused(want, { sent, scopes: ["write"] }, live())).toBe("retry");
  expect(await tokens.refused(want, { sent: "token 2", scopes: ["write"] }, live())).toBe("final");
  clock.advance(3_600_000);
  await usable(want);
  expect(asked).toEqual([["read"], ["read", "write"], ["read", "write"]]);
});

test("an authorization server that gives no more costs nobody what they had", async () => {
  const want = wanted();
  const sent = await usable(want);
  answer = () => ({ kind: "refused", error: "invalid_scope", message: "no" });
  expect(await tokens.refused(want, { sent, scopes: ["admin"] }, live())).toBe("final");
  expect(await tokens.refused(want, { sent, scopes: ["admin"] }, live())).toBe("final");
  expect(await usable(want)).toBe(sent);
  expect(asked).toHaveLength(2);
});

/** Looks until it is so; the work beside the calls has no other sign. */
async function eventually<T>(look: () => Promise<T>, value: T): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen === value) return seen;
    await new Promise(setImmediate);
  }
}
