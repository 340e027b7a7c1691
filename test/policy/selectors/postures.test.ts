/** Rules that go by what the company's evaluator says of a device: a real one, asked with each call. */
import { evaluationKeysPath } from "@castellan/policy";
import { startTestEvaluator, type Asked, type TestEvaluator } from "@castellan/policy/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectDecided, expectUndecided, letThrough, placements } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";
import { strangerAddress, wayOut } from "./ways.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let evaluator: TestEvaluator;
let good: { id: string; secret: string };
let bad: { id: string; secret: string };

const stranger = opened.use(wayOut({ from: strangerAddress }));
const selector = { posture: "devices" };

beforeAll(async () => {
  evaluator = opened.use(await startTestEvaluator());
  scene = opened.use(await openSelectors());
  const { house } = scene;
  const keys = await fetch(`${house.url}${evaluationKeysPath}`);
  evaluator.trust((await keys.json()) as { keys: object[] }, house.url);
  await house.api("POST", "/evaluators", {
    slug: "devices",
    title: "Devices",
    url: evaluator.url,
    keysUrl: evaluator.keysUrl,
    allowPrivate: ["127.0.0.1"],
    cacheSeconds: 0,
  });
  [good, bad] = [await scene.program("good"), await scene.program("bad")];
});
beforeEach(() => {
  evaluator.behave(
    async (asked, response) => void response.end(await evaluator.answer(asked, { success: isGood(asked) })),
  );
});
afterAll(() => opened.disposeAsync());

const isGood = ({ claims }: Asked) => claims.sub === good.id;
const by = (token: string, headers: NonNullable<Way["headers"]> = {}): Way => ({
  url: scene.main,
  token,
  headers,
  dispatcher: stranger,
});

describe.each(placements)("$place", (placement) => {
  test("what the evaluator says, and not what a client says", async () => {
    await expectDecided(scene, placement, {
      selector,
      known: "where",
      fitting: { good: by(good.secret) },
      others: {
        bad: by(bad.secret),
        pretending: by(bad.secret, { "x-device-posture": "good", "x-posture-devices": "true" }),
        public: { url: scene.open, token: undefined },
      },
    });
  });

  test.each<[string, (asked: Asked, first: Asked) => Promise<string>]>([
    ["for another question", (_, first) => evaluator.answer(first)],
    ["for somebody else", (asked) => evaluator.answer(asked, { aud: "https://elsewhere.example" })],
    ["that is over", (asked) => evaluator.answer(asked, { iat: 1_700_000_000, exp: 1_700_000_060 })],
    ["that is neither yes nor no", (asked) => evaluator.answer(asked, { success: "true" })],
    ["that nobody signed", async () => JSON.stringify({ success: true })],
  ])("an answer %s is none", async (_, say) => {
    await scene.setRule({ action: "block", include: [selector] });
    await scene.see(by(bad.secret));
    const first = evaluator.asked[0] as Asked;
    evaluator.behave(async (asked, response) => void response.end(await say(asked, first)));
    await expectUndecided(scene, placement, { selector, known: "where", ways: { good: by(good.secret) } });
  });
});

test("it is asked about who and where they are, each time anew, and only where a rule wants it", async () => {
  await scene.setRule(undefined);
  evaluator.asked.length = 0;
  await scene.see(by(good.secret));
  expect(evaluator.asked).toEqual([]);
  await scene.setRule({ action: "allow", include: [selector] });
  const seen = await scene.see(by(good.secret, { "x-forwarded-for": "198.51.100.7" }));
  expect(seen).toEqual(letThrough("allow"));
  const about = evaluator.asked.map(({ claims: { sub, kind, address, country } }) => [
    sub,
    kind,
    address,
    country,
  ]);
  expect(new Set(about.map((one) => one.join(" ")))).toEqual(
    new Set([`${good.id} service ${strangerAddress} ZZ`]),
  );
  const nonces = evaluator.asked.map(({ claims }) => claims["nonce"]);
  expect(new Set(nonces).size).toBe(nonces.length);
});

test("one that does not answer at all opens no door", async () => {
  evaluator.behave((_, response) => void response.writeHead(503).end());
  for (const placement of placements)
    await expectUndecided(scene, placement, { selector, known: "where", ways: { good: by(good.secret) } });
});
