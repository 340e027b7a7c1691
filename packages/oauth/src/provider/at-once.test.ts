/** What is good once is good once, on whichever of several replicas and however many ask at the same time. */
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import type { User } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, type TestOAuth, type TestReplica } from "./testing.ts";
import { authorizePath, createPkce, publicUrl, readForm } from "./testing-browser.ts";
import {
  addConfidentialClient,
  addPublicClient,
  codeForm,
  isActive,
  obtainCode,
  obtainTokens,
  post,
  refreshForm,
  tokensOf,
  type Told,
} from "./testing-client.ts";

let house: TestOAuth;
let user: User;
let clientId: string;
let asker: { authorization: string };

beforeAll(async () => {
  house = await createTestOAuth({ replicas: 2 });
  user = await house.addPerson("ada@example.com");
  clientId = await addPublicClient(house);
  asker = (await addConfidentialClient(house, { mayIntrospect: true })).basic;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const rounds = Array.from({ length: 5 }, (_, round) => round + 1);

/** The same request twenty times, in turns to both replicas; the one success, and what the others were told. */
async function twenty(form: Record<string, string>): Promise<{ won: Told; others: unknown[] }> {
  const told = await Promise.all(
    Array.from({ length: 20 }, (_, number) => post(replicaAt(number).app, "/token", form)),
  );
  const won = told.filter(({ status }) => status === 200);
  expect(won).toHaveLength(1);
  const others = told.filter(({ status }) => status !== 200);
  return { won: won[0] as Told, others: [...new Set(others.map(({ body }) => body["error"]))] };
}

test.each(rounds)("one code, twenty times: one success, which is worth something (%i)", async () => {
  const { won, others } = await twenty(codeForm(await obtainCode(house, { user, clientId })));
  expect(others).toEqual(["invalid_grant"]);
  const tokens = tokensOf(clientId, won);
  expect(await isActive(house, tokens.access, asker)).toBe(true);
  expect((await twenty(refreshForm(tokens))).others).toEqual(["temporarily_unavailable"]);
});

test.each(rounds)("one decision, carried back twenty times: one code (%i)", async () => {
  const browser = await house.browserOf(user);
  const page = await browser.follow(firstApp(), authorizePath(clientId, createPkce()));
  const { action, fields } = await readForm(page);
  fields.set("decision", "allow");
  const allowed = await browser.send(firstApp(), action, { method: "POST", body: fields });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      browser.send(replicaAt(number).app, allowed.headers.get("location") ?? ""),
    ),
  );
  const codes = answers.flatMap(({ headers }) =>
    new URL(headers.get("location") ?? publicUrl).searchParams.getAll("code"),
  );
  expect([codes.length, answers.filter(({ status }) => status === 400).length]).toEqual([1, 19]);
});

test.each(rounds)(
  "a grant that ends while its token is exchanged leaves nothing that is good (%i)",
  async () => {
    const tokens = await obtainTokens(house, { user, clientId });
    const [told, ended] = await Promise.all([
      post(replicaAt(0).app, "/token", refreshForm(tokens)),
      post(replicaAt(1).app, "/revoke", { token: tokens.refresh, client_id: clientId }),
    ]);
    expect([[200, 400].includes(told.status), ended.status]).toEqual([true, 200]);
    expect(await isActive(house, tokens.access, asker)).toBe(false);
    if (told.status !== 200) return;
    const next = tokensOf(clientId, told);
    expect(await isActive(house, next.access, asker)).toBe(false);
    expect((await post(firstApp(), "/token", refreshForm(next))).body["error"]).toBe("invalid_grant");
  },
);

test.each(rounds)("one refresh token, twenty times: one success, and the grant lives on (%i)", async () => {
  const { won, others } = await twenty(refreshForm(await obtainTokens(house, { user, clientId })));
  expect(others).toEqual(["temporarily_unavailable"]);
  const next = tokensOf(clientId, won);
  expect(await isActive(house, next.access, asker)).toBe(true);
  expect((await twenty(refreshForm(next))).others).toEqual(["temporarily_unavailable"]);
});

test.each(rounds)("one assertion, twenty times: one success (%i)", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { id } = await addConfidentialClient(house, {
    authMethod: "private_key_jwt",
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "1" }] },
  });
  const form = {
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion(id, privateKey),
  };
  const { won, others } = await twenty(form);
  expect([won.body["scope"], others]).toEqual([
    "portal:okrs portal:okrs:read goals:write",
    ["invalid_client"],
  ]);
  expect((await post(firstApp(), "/token", form)).status).toBe(401);
  const fresh = { ...form, client_assertion: assertion(id, privateKey) };
  expect((await post(firstApp(), "/token", fresh)).status).toBe(200);
});

function firstApp() {
  return replicaAt(0).app;
}

/** In turns. */
function replicaAt(number: number): TestReplica {
  const replica = house.replicas[number % house.replicas.length];
  if (replica === undefined) throw new Error("no replica");
  return replica;
}

function assertion(clientId: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "ES256", kid: "1" })}.${part({
    iss: clientId,
    sub: clientId,
    aud: `${publicUrl}/oauth`,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
  })}`;
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}
