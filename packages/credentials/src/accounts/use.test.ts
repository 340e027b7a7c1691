import { expect, test } from "vitest";
import type { Target } from "../target.ts";
import { anHourMs, givenClient, openTown, registeredClient, type Town } from "./testing/town.ts";
import type { AccountOwner } from "../account.ts";

const never = new AbortController().signal;
const aMinuteMs = 60_000;
const askedAgain = { code: "link_required", data: { server: "crm", reason: "needs_sign_in" } };

function use(town: Town, owner: AccountOwner, target = town.target) {
  return town.accounts.usable(target, owner, never);
}

function refuse(town: Town, owner: AccountOwner, sent: string, scopes?: readonly string[]) {
  return town.accounts.refused(town.target, owner, { sent, scopes }, never);
}

test("who has no account is asked to link one, and reaches it with nobody else's", async () => {
  await using town = await openTown();
  const [owner, other] = [town.person(), town.person()];
  const { tokens } = await town.link(owner);
  const shared = await town.link({ kind: "shared" });
  const asked = { code: "link_required", data: { server: "crm", reason: "not_linked" } };
  await expect(use(town, other)).rejects.toMatchObject(asked);
  await expect(refuse(town, other, tokens.accessToken)).rejects.toMatchObject(asked);
  expect((await use(town, owner)).token).toBe(tokens.accessToken);
  expect((await use(town, { kind: "shared" })).token).toBe(shared.tokens.accessToken);
});

test("a refused token for which there is a newer one is sent again with that", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(anHourMs);
  await use(town, owner);
  expect(await refuse(town, owner, tokens.accessToken)).toBe("retry");
  expect(town.server.refreshes).toHaveLength(1);
});

test("a refused token that is the newest is refreshed, once for all who were refused", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(aMinuteMs);
  const refused = Array.from({ length: 50 }, () => refuse(town, owner, tokens.accessToken));
  expect(new Set(await Promise.all(refused))).toEqual(new Set(["retry"]));
  expect(town.server.refreshes).toHaveLength(1);
  const { token } = await use(town, owner);
  expect(token).not.toBe(tokens.accessToken);

  await expect(refuse(town, owner, token)).rejects.toMatchObject(askedAgain);
  expect(await town.accounts.find(town.target.id, owner)).toMatchObject({
    state: "needs_sign_in",
    reason: "refused",
  });
  await expect(use(town, owner)).rejects.toMatchObject(askedAgain);
});

test("a target that refuses what was linked a moment ago sends nobody in circles", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(29_999);
  expect(await refuse(town, owner, tokens.accessToken)).toBe("final");
  town.clock.advance(1);
  expect(await refuse(town, owner, tokens.accessToken)).toBe("retry");
});

test("without a refresh token there is a sign-in when the token is over or refused", async () => {
  await using town = await openTown();
  for (const isRefused of [false, true]) {
    const owner = town.person();
    const accessToken = `only ${isRefused}`;
    const expiresAtMs = town.clock.now() + anHourMs;
    const tokens = { kind: "oauth", accessToken, refreshToken: undefined, expiresAtMs } as const;
    const { account } = await town.link(owner, { tokens });
    expect(account.isRenewable).toBe(false);
    town.clock.advance(anHourMs - 1);
    expect((await use(town, owner)).token).toBe(accessToken);
    if (!isRefused) town.clock.advance(1);
    const call = isRefused ? refuse(town, owner, accessToken) : use(town, owner);
    await expect(call).rejects.toMatchObject(askedAgain);
    expect((await town.accounts.get(account.id)).reason).toBe(isRefused ? "refused" : "expired");
  }
  expect(town.server.refreshes).toEqual([]);
});

test("scopes that were never asked for are asked for; those that were are not again", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner, { scopes: ["notes:read"], askedScopes: ["notes:read", "all"] });
  await expect(refuse(town, owner, tokens.accessToken, ["notes:write", "all"])).rejects.toMatchObject({
    code: "link_required",
    data: { server: "crm", reason: "scope", scopes: ["notes:write", "all"] },
  });
  expect(await refuse(town, owner, tokens.accessToken, ["all"])).toBe("final");
  expect((await use(town, owner)).token).toBe(tokens.accessToken);

  const wider = await town.link(owner, { scopes: ["notes:read", "notes:write"] });
  expect(await refuse(town, owner, tokens.accessToken, ["notes:write"])).toBe("retry");
  expect(await refuse(town, owner, wider.tokens.accessToken, ["notes:write"])).toBe("final");
});

test("what a target misses in the shared account is kept and told, once for each sign-in", async () => {
  await using town = await openTown();
  const shared = { kind: "shared" } as const;
  const { tokens } = await town.link(shared);
  const lack = (...scopes: string[]) => refuse(town, shared, tokens.accessToken, scopes);
  const asked = { code: "link_required", data: { reason: "scope" } };
  const wanted = async () => (await town.accounts.find(town.target.id, shared))?.wantedScopes;
  await Promise.all(
    Array.from({ length: 5 }, () => expect(lack("notes:read", "a")).rejects.toMatchObject(asked)),
  );
  await expect(lack("b")).rejects.toMatchObject(asked);
  expect(await wanted()).toEqual(["notes:read", "a", "b"]);
  expect(town.failing.map(({ wantedScopes }) => wantedScopes)).toEqual([["notes:read", "a"]]);

  await town.link(shared, { tokens: { kind: "oauth", ...tokens, expiresAtMs: undefined } });
  expect(await wanted()).toEqual([]);
  await expect(lack(...Array.from({ length: 150 }, (_, n) => `s${n}`))).rejects.toMatchObject(asked);
  expect(await wanted()).toHaveLength(100);
  await expect(lack("more")).rejects.toMatchObject(asked);
  expect([(await wanted())?.length, town.failing.length]).toEqual([100, 2]);

  const owner = town.person();
  const own = await town.link(owner);
  await expect(refuse(town, owner, own.tokens.accessToken, ["a"])).rejects.toMatchObject(asked);
  expect(town.failing).toHaveLength(2);
});

test("a key is sent as it was entered; refused, another one is asked for", async () => {
  await using town = await openTown();
  const target: Target = { ...town.target, auth: { kind: "own_key" } };
  const owner = town.person();
  const tokens = { kind: "key", key: "k-1" } as const;
  await town.link(owner, { target, tokens, issuer: undefined, clientId: undefined, resource: undefined });
  town.clock.advance(400 * 24 * anHourMs);
  const { account, token } = await use(town, owner, target);
  expect({ kind: account.kind, token }).toEqual({ kind: "key", token: "k-1" });
  await expect(town.accounts.refused(target, owner, { sent: "k-1" }, never)).rejects.toMatchObject(
    askedAgain,
  );
});

test("a client that an admin gave can be given again; one of ours is made anew by a sign-in", async () => {
  await using town = await openTown();
  const [owner, other] = [town.person(), town.person()];
  const ours: Target = { ...town.target, auth: { kind: "own_account" } };
  await town.link(owner);
  await town.link(other, { target: ours, clientId: registeredClient });
  town.clock.advance(anHourMs);
  const refusal = { status: 401, body: { error: "invalid_client" } };
  town.server.answers.push(refusal, refusal);
  await expect(use(town, owner)).rejects.toMatchObject({ code: "upstream_client_refused" });
  expect(await town.accounts.find(town.target.id, owner)).toMatchObject({
    state: "linked",
    failure: { code: "upstream_client_refused", times: 1 },
  });
  await expect(use(town, other, ours)).rejects.toMatchObject(askedAgain);

  town.clock.advance(1_000);
  const client = { id: givenClient, authMethod: "client_secret_post" } as const;
  const corrected: Target = {
    ...town.target,
    auth: { kind: "own_account", issuer: town.server.issuer, client },
    secrets: { clientSecret: "new" },
  };
  expect(town.server.isGood((await use(town, owner, corrected)).token)).toBe(true);
  expect(town.server.refreshes.map(({ secret }) => secret)).toEqual([null, null, "new"]);
});

test("a document of ours that is refused may just be out of reach: it is for good only after a while", async () => {
  await using town = await openTown();
  const owner = town.person();
  const target: Target = { ...town.target, auth: { kind: "own_account" } };
  await town.link(owner, { target, clientId: town.publishedClient });
  town.clock.advance(anHourMs);
  for (let times = 1; times <= 10; times += 1) {
    town.server.answers.push({ status: 401, body: { error: "invalid_client" } });
    const told = times < 10 ? { code: "upstream_client_refused" } : askedAgain;
    await expect(use(town, owner, target)).rejects.toMatchObject(told);
    town.clock.advance(300_000);
  }
  expect((await town.accounts.find(target.id, owner))?.reason).toBe("upstream_client_refused");
});

test("what was given for one place goes to no other, nor does another's client secret", async () => {
  await using town = await openTown();
  const moved: Target = {
    ...town.target,
    auth: { kind: "own_account" },
    url: "https://crm.other.example/mcp",
  };
  const reissued: Target = {
    ...town.target,
    auth: { kind: "own_account", issuer: "https://as.other.example", client: { id: givenClient } },
    secrets: { clientSecret: "for the other one" },
  };
  const keyed: Target = { ...town.target, auth: { kind: "own_key" } };
  // Another party's, at the same origin.
  const neighbour: Target = {
    ...town.target,
    auth: { kind: "own_account" },
    url: "https://crm.example/another",
  };
  for (const target of [moved, reissued, keyed, neighbour]) {
    const owner = town.person();
    const { account, tokens } = await town.link(owner, { clientId: registeredClient });
    town.targets.set(target.id, target);
    const before = town.server.revocations.length;
    await expect(use(town, owner, target)).rejects.toMatchObject(askedAgain);
    expect((await town.accounts.get(account.id)).reason).toBe("changed");
    await town.server.revoked(before + 1);
    expect(town.server.revocations.at(-1)).toBe(tokens.refreshToken);
    expect(town.server.isGood(tokens.accessToken)).toBe(false);
  }
  expect(town.server.revocationSecrets).toEqual([null, null, null, null]);
});

test("of a shared account that stops working it is told, once", async () => {
  await using town = await openTown();
  const owner: AccountOwner = { kind: "shared" };
  await town.link(owner);
  await town.link(town.person());
  town.clock.advance(anHourMs);
  for (let times = 1; times <= 12; times += 1) {
    town.server.answers.push({ status: 500 });
    await expect(use(town, owner)).rejects.toMatchObject({ code: "credentials_unavailable" });
    town.clock.advance(300_000);
  }
  expect(town.failing.map(({ failure }) => failure?.times)).toEqual([10]);
  town.server.answers.push({ status: 400, body: { error: "invalid_grant" } });
  await expect(use(town, owner)).rejects.toMatchObject(askedAgain);
  expect(town.failing.map(({ state }) => state)).toEqual(["linked", "needs_sign_in"]);
});
