import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { systemClock, type Clock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createOutbound, type Outbound } from "@castellan/web";
import { generateKeyPair } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Caller, Connection } from "../facts/facts.ts";
import { policyMigrations } from "../migrations.ts";
import { createEvaluatorStore, type EvaluatorStore } from "./evaluator-store.ts";
import type { NewEvaluator } from "./evaluator.ts";
import { createPostures, type Postures } from "./postures.ts";
import { startTestEvaluator, type Behaviour, type TestEvaluator } from "./testing.ts";

const publicUrl = "https://mcp.example.com";
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
let database: Database;
let outbound: Outbound;
beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, policyMigrations]);
  outbound = createOutbound();
});
afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** The machine's time, and more. */
let aheadMs = 0;
const clock: Clock = {
  now: () => systemClock.now() + aheadMs,
  monotonic: () => systemClock.monotonic() + aheadMs,
};
let store: EvaluatorStore;
let changes: ChangeFeed;
let there: TestEvaluator;
let postures: Postures;
let failures: [string, string][];

beforeEach(async () => {
  aheadMs = 0;
  failures = [];
  store = createEvaluatorStore({ database, clock });
  changes = await createChangeFeed({ database });
  there = await startTestEvaluator();
  postures = await open();
  there.trust(postures.keySet, publicUrl);
});
afterEach(async () => {
  await postures[Symbol.asyncDispose]();
  await there[Symbol.asyncDispose]();
  await changes[Symbol.asyncDispose]();
  for (const { slug } of await store.list()) await store.remove(slug);
});

function open(): Promise<Postures> {
  const onFailure = (slug: string, reason: string) => void failures.push([slug, reason]);
  return createPostures({ store, changes, outbound, vault, clock, publicUrl, onFailure });
}

async function add(over: Partial<NewEvaluator> = {}): Promise<void> {
  const { url, keysUrl } = there;
  const limits = { timeoutMs: 2_000, cacheSeconds: 60, allowPrivate: ["127.0.0.1"] };
  await store.add({ slug: "devices", title: "Devices", url, keysUrl, ...limits, ...over });
  await changes.flush();
}

const ada: Caller = {
  kind: "user",
  id: "usr_ada",
  name: "Ada",
  email: "ada@example.com",
  groups: ["finance"],
  provider: "corp",
  amr: ["pwd", "otp"],
  provedAtMs: 0,
  claims: { department: "secret of the provider" },
  clientId: "cli_desk",
};
const office: Connection = {
  address: "192.0.2.7",
  country: "DE",
  certificate: { commonName: "laptop-7", fingerprint: "ab".repeat(32) },
  postures: {},
};
const ask = (caller = ada, connection = office, slugs = ["devices"]) =>
  postures.ask(slugs, caller, connection);
const yes = { devices: true };

test("an evaluator is told who calls from where, and its answer is what counts", async () => {
  await add();
  expect(await ask()).toEqual(yes);
  there.behave(async (asked, response) => void response.end(await there.answer(asked, { success: false })));
  expect(
    await ask(
      { ...ada, id: "usr_bob", email: undefined, clientId: undefined, groups: [] },
      {
        address: "",
        country: "ZZ",
        certificate: undefined,
        postures: {},
      },
    ),
  ).toEqual({ devices: false });
  const [first, second] = there.asked.map(({ claims: { iat = 0, exp = 0, jti, nonce, ...claims } }) => ({
    claims,
    livesSeconds: exp - iat,
    isOneNonce: jti === nonce,
    bytes: Buffer.from(String(nonce), "base64url").length,
  }));
  const asOnce = { livesSeconds: 60, isOneNonce: true, bytes: 32 };
  const always = { iss: publicUrl, aud: there.url, kind: "user" };
  expect(first).toEqual({
    ...asOnce,
    claims: {
      ...always,
      sub: "usr_ada",
      email: "ada@example.com",
      groups: ["finance"],
      client_id: "cli_desk",
      address: "192.0.2.7",
      country: "DE",
      certificate: { common_name: "laptop-7", sha256: "ab".repeat(32) },
    },
  });
  expect(second).toEqual({ ...asOnce, claims: { ...always, sub: "usr_bob", groups: [], country: "ZZ" } });
  expect(there.asked[0]?.claims["nonce"]).not.toBe(there.asked[1]?.claims["nonce"]);
  expect(failures).toEqual([]);
});

test("all replicas ask with one key, which is of no other use and whose other half nobody sees", async () => {
  await using other = await open();
  const [key = {}] = other.keySet.keys;
  expect([other.keySet, Object.keys(key).toSorted()]).toEqual([
    postures.keySet,
    ["alg", "crv", "kid", "kty", "use", "x", "y"],
  ]);
  const elsewhere = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const onFailure = () => undefined;
  await using another = await createPostures({
    store,
    changes,
    outbound,
    vault: elsewhere,
    clock,
    publicUrl,
    onFailure,
  });
  expect(another.keySet).not.toEqual(postures.keySet);
});

const nobodysKey = await generateKeyPair("ES256");
const seconds = () => Math.floor(Date.now() / 1000);
const unsigned = (claims: object) =>
  `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`;

type MakeAnswer = (asked: Parameters<Behaviour>[0]) => Promise<string>;

const other =
  (claims: () => object): MakeAnswer =>
  (asked) =>
    there.answer(asked, { ...claims() });
const broken = (reason: string) => `the answer's signature or claims do not hold: ${reason}`;
const otherQuestion = "the answer is to another question (`nonce`)";
const noSuccess = "the answer's `success` is neither true nor false";
const noToken = "the answer holds no `token`";
const otherAlgorithm = broken('"alg" (Algorithm) Header Parameter value not allowed');
const missing = (claim: string) => broken(`missing required "${claim}" claim`);

test.each<[string, string, MakeAnswer]>([
  ["another question's nonce", otherQuestion, other(() => ({ nonce: "x".repeat(43) }))],
  ["no nonce", otherQuestion, other(() => ({ nonce: undefined }))],
  [
    "another audience",
    broken('unexpected "aud" claim value'),
    other(() => ({ aud: "https://other.example.com" })),
  ],
  ["no audience", missing("aud"), other(() => ({ aud: undefined }))],
  [
    "an end that has passed",
    broken('"exp" claim timestamp check failed'),
    other(() => ({ iat: seconds() - 100, exp: seconds() - 61 })),
  ],
  ["no end", missing("exp"), other(() => ({ exp: undefined }))],
  [
    "an age",
    broken('"iat" claim timestamp check failed (too far in the past)'),
    other(() => ({ iat: seconds() - 125 })),
  ],
  [
    "a beginning to come",
    broken('"iat" claim timestamp check failed (it should be in the past)'),
    other(() => ({ iat: seconds() + 90, exp: seconds() + 150 })),
  ],
  ["no beginning", missing("iat"), other(() => ({ iat: undefined }))],
  ["a success in words", noSuccess, other(() => ({ success: "true" }))],
  ["no success", noSuccess, other(() => ({ success: undefined }))],
  [
    "another's signature",
    broken("signature verification failed"),
    (asked) => there.answer(asked, {}, { key: nobodysKey.privateKey }),
  ],
  [
    "a key of another name",
    broken("no applicable key found in the JSON Web Key Set"),
    (asked) => there.answer(asked, {}, { kid: "nobody" }),
  ],
  [
    // The confusion of RFC 8725 §2.1: what is public, used as a secret.
    "a MAC under the public key",
    otherAlgorithm,
    async (asked) => {
      const key = new TextEncoder().encode(await (await fetch(there.keysUrl)).text());
      return there.answer(asked, {}, { alg: "HS256", key });
    },
  ],
  [
    "no signature",
    otherAlgorithm,
    async ({ claims: { iss, nonce } }) => {
      const payload = { iat: seconds(), exp: seconds() + 60, aud: iss, nonce, success: true };
      return JSON.stringify({ token: unsigned(payload) });
    },
  ],
  [
    "nothing but the question",
    broken("no applicable key found in the JSON Web Key Set"),
    async ({ token }) => JSON.stringify({ token }),
  ],
  ["a token that is no JWT", broken("Invalid Compact JWS"), async () => '{"token":"yes"}'],
  ["a plain yes", noToken, async () => '{"success":true}'],
  ["a token that is a number", noToken, async () => '{"token":1}'],
  ["null", noToken, async () => "null"],
  ["a token that is long", noToken, async () => JSON.stringify({ token: "x".repeat(20_000) })],
  ["what is not JSON", "the answer is not JSON", async () => "yes"],
  ["a body that is huge", "sent more than 65536 bytes", async () => "x".repeat(70_000)],
])("an answer with %s is none", async (_, reason, make) => {
  await add();
  there.behave(async (asked, response) => void response.end(await make(asked)));
  expect(await ask()).toEqual({});
  expect(failures.map(([slug, told]) => [slug, told.replace(/^127\.0\.0\.1:\d+ /, "")])).toEqual([
    ["devices", reason],
  ]);
  // It is kept of nobody: the next one is asked for anew.
  there.behave(async (asked, response) => void response.end(await there.answer(asked)));
  expect([await ask(), there.asked.length]).toEqual([yes, 2]);
});

test("an answer that was good once is none a second time", async () => {
  await add({ cacheSeconds: 0 });
  let first: string | undefined;
  there.behave(async (asked, response) => void response.end((first ??= await there.answer(asked))));
  expect([await ask(), await ask(), await ask({ ...ada, id: "usr_bob" })]).toEqual([yes, {}, {}]);
});

test.each([
  ["a redirect", 302],
  ["a refusal", 403],
  ["a failure", 500],
])("%s is no answer", async (_, status) => {
  await add();
  there.behave(async (asked, response) => {
    response.writeHead(status, { location: there.url }).end(await there.answer(asked));
  });
  expect([await ask(), failures]).toEqual([{}, [["devices", `it answered with status ${status}`]]]);
  expect(there.asked.length).toBe(1);
});

test("who is slow is waited for as long as was said, and who goes silent is left alone for a while", async () => {
  await add({ timeoutMs: 400 });
  there.behave(() => undefined);
  const people = Array.from({ length: 20 }, (_, at) => ({ ...ada, id: `usr_${at}` }));
  const startedMs = performance.now();
  for (const person of people) expect(await ask(person)).toEqual({});
  expect(there.asked.length).toBe(3);
  // Twenty who ask, three who wait.
  expect(performance.now() - startedMs).toBeLessThan(3 * 400 + 2_000);
  // While it is left alone nobody needs to wait for what is known already: nothing.
  expect(postures.known(["devices"], ada, office)).toEqual({});

  aheadMs += 5_000;
  expect(postures.known(["devices"], ada, office)).toBeUndefined();
  expect(await Promise.all(people.map((person) => ask(person)))).toEqual(people.map(() => ({})));
  expect(there.asked.length).toBe(4);
  aheadMs += 5_000;
  there.behave(async (asked, response) => void response.end(await there.answer(asked)));
  expect(await ask()).toEqual(yes);
  expect(await Promise.all(people.map((person) => ask(person)))).toEqual(people.map(() => yes));
});

test("that somebody gets bad answers does not silence it for the others", async () => {
  await add();
  there.behave(async (asked, response) => {
    if (asked.claims.sub === "usr_eve") response.writeHead(400).end();
    else response.end(await there.answer(asked));
  });
  for (let at = 0; at < 6; at += 1) expect(await ask({ ...ada, id: "usr_eve" })).toEqual({});
  expect(await ask()).toEqual(yes);
});

test("an answer holds for the same caller, client, address and certificate, and only as long as was said", async () => {
  await add({ cacheSeconds: 30 });
  expect(postures.known(["devices"], ada, office)).toBeUndefined();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([yes, yes, yes]);
  expect([await ask(), postures.known(["devices"], ada, office), there.asked.length]).toEqual([yes, yes, 1]);
  const others: [Caller, Connection][] = [
    [{ ...ada, id: "usr_bob" }, office],
    [{ ...ada, kind: "service" }, office],
    [{ ...ada, clientId: "cli_other" }, office],
    [ada, { ...office, address: "192.0.2.8" }],
    [ada, { ...office, certificate: undefined }],
    [ada, { ...office, certificate: { commonName: "laptop-7", fingerprint: "cd".repeat(32) } }],
  ];
  for (const [caller, connection] of others) await ask(caller, connection);
  expect(there.asked.length).toBe(7);
  aheadMs += 30_000;
  expect(postures.known(["devices"], ada, office)).toBeUndefined();
  await ask();
  expect(there.asked.length).toBe(8);
});

test("no answer is kept beyond its own end", async () => {
  await add({ cacheSeconds: 300 });
  there.behave(async (asked, response) => {
    response.end(await there.answer(asked, { exp: seconds() + 10 }));
  });
  await ask();
  aheadMs += 10_000;
  expect(postures.known(["devices"], ada, office)).toBeUndefined();
});

test("keys are fetched once, and again when an answer names one that is new, but not for each that is made up", async () => {
  await add({ cacheSeconds: 0 });
  expect([await ask(), await ask(), there.keyFetches()]).toEqual([yes, yes, 1]);
  aheadMs += 10_000;
  await there.rotate();
  expect([await ask(), there.keyFetches()]).toEqual([yes, 2]);
  await there.rotate({ isPublished: false });
  expect([await ask(), await ask(), there.keyFetches()]).toEqual([{}, {}, 2]);
});

test.each([
  ["are not to be had", "", 503],
  ["are none", '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', 200],
])("an evaluator whose keys %s gives no answer", async (_, document, status) => {
  there.publish(document, status);
  await add();
  expect([await ask(), failures.length]).toEqual([{}, 1]);
});

test("several are asked at once, and those that nobody knows say nothing", async () => {
  await add();
  await add({ slug: "sessions" });
  await add({ slug: "away", url: "http://127.0.0.1:1/", allowPrivate: ["127.0.0.1"] });
  expect(await ask(ada, office, ["sessions", "away", "nobody", "devices"])).toEqual({
    sessions: true,
    devices: true,
  });
  expect([await ask(ada, office, []), postures.known([], ada, office)]).toEqual([{}, {}]);
});

test("one whose address may not be called is not called", async () => {
  await add({ allowPrivate: [] });
  expect([await ask(), there.asked, failures.length]).toEqual([{}, [], 1]);
});

test("what is changed holds at once, and what was said before no more", async () => {
  await add();
  await ask();
  await store.change("devices", { title: "Other", cacheSeconds: 0 });
  await changes.flush();
  expect(postures.known(["devices"], ada, office)).toBeUndefined();
  await store.remove("devices");
  await changes.flush();
  expect(await ask()).toEqual({});
});

test("what is under way ends with it", async () => {
  await add({ timeoutMs: 10_000 });
  const arrived = Promise.withResolvers<void>();
  there.behave(() => arrived.resolve());
  const asking = ask();
  await arrived.promise;
  await postures[Symbol.asyncDispose]();
  expect([await asking, failures]).toEqual([{}, []]);
});

test("strangers who all ask at once leave room for those who are known", async () => {
  await add({ timeoutMs: 10_000 });
  const held = Promise.withResolvers<void>();
  there.behave(async (asked, response) => {
    if (asked.claims["kind"] === "public") await held.promise;
    response.end(await there.answer(asked));
  });
  const strangers = Array.from({ length: 300 }, (_, n): Caller => ({
    ...ada,
    kind: "public",
    id: `public:${n}`,
  }));
  const asking = strangers.map((stranger) => postures.ask(["devices"], stranger, office));
  expect(await postures.ask(["devices"], ada, office)).toEqual({ devices: true });
  held.resolve();
  const answers = await Promise.all(asking);
  expect(answers.filter(({ devices }) => devices === true)).toHaveLength(128);
});
