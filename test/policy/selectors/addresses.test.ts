/** Rules about where somebody comes from: what trusted proxies say of that, and nobody else. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMmdb } from "@castellan/policy/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestHouse } from "../../harness/house.ts";
import { openLegacy, rpc, say } from "../../portal/client.ts";
import { expectDecided, letThrough, placements, refused, seeAll, type Case } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";
import { proxyAddress, strangerAddress, wayOut } from "./ways.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let token: string;

const proxy = opened.use(wayOut({ from: proxyAddress }));
const stranger = opened.use(wayOut({ from: strangerAddress }));

const [inOffice, elsewhere, inOffice6] = ["198.51.100.7", "203.0.113.9", "2001:db8:17::5"];
const [inUs, inNl] = ["8.8.8.8", "193.0.14.129"];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "castellan-countries-"));
  opened.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, "countries.mmdb");
  await writeFile(
    file,
    makeMmdb({ "8.0.0.0/8": { country_code: "US" }, "193.0.14.0/24": { country_code: "NL" } }),
  );
  scene = opened.use(await openSelectors({ env: { CASTELLAN_COUNTRY_DB: file } }));
  token = (await scene.program("program")).secret;
});
afterAll(() => opened.disposeAsync());

/** Through the proxy, which has written that. */
const forwarded = (list: string | string[], more = {}): Way => ({
  url: scene.main,
  token,
  dispatcher: proxy,
  headers: { "x-forwarded-for": list, ...more },
});

/** With everything in which a program may look for an address. */
const pretending = (address: string): Way => ({
  url: scene.main,
  token,
  dispatcher: stranger,
  headers: {
    "x-forwarded-for": address,
    forwarded: `for=${address.includes(":") ? `"[${address}]"` : address}`,
    ...Object.fromEntries(
      [
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "cf-ipcountry",
        "x-appengine-country",
      ].map((name) => [name, address]),
    ),
  },
});

const cases: Readonly<Record<string, () => Omit<Case, "known">>> = {
  "a range, by the last address in the list that no trusted proxy has": () => ({
    selector: { ip: "198.51.100.0/24" },
    fitting: {
      "one address": forwarded(inOffice),
      "behind two proxies": forwarded(`${inOffice}, ${proxyAddress}`),
      "in two headers": forwarded([elsewhere, inOffice]),
      "with its port": forwarded(`${inOffice}:4711`),
      "as IPv6 writes IPv4": forwarded(`::ffff:${inOffice}`),
      "what is no address before it": forwarded(`unknown, ${inOffice}`),
    },
    others: {
      "the proxy itself": { url: scene.main, token, dispatcher: proxy },
      "from elsewhere": forwarded(elsewhere),
      "put before by the client": forwarded(`${inOffice}, ${elsewhere}`),
      "put before in a header of its own": forwarded([inOffice, elsewhere]),
      "in the other header": forwarded(elsewhere, { forwarded: `for=${inOffice}` }),
      "behind what is no address": forwarded(`${inOffice}, unknown`),
      "nothing but nonsense": forwarded(`${inOffice} ${inOffice}`),
      "from who is no proxy": pretending(inOffice),
      "without a word": { url: scene.main, token, dispatcher: stranger },
    },
  }),
  "one address": () => ({
    selector: { ip: strangerAddress },
    fitting: { itself: { url: scene.main, token, dispatcher: stranger }, pretending: pretending(inOffice) },
    others: { "the proxy": { url: scene.main, token, dispatcher: proxy }, elsewhere: forwarded(elsewhere) },
  }),
  "a range of IPv6": () => ({
    selector: { ip: "2001:db8:17::/48" },
    fitting: { "from there": forwarded(inOffice6), "in brackets": forwarded(`[${inOffice6}]:443`) },
    others: { "from beside it": forwarded("2001:db8:18::5"), "from who is no proxy": pretending(inOffice6) },
  }),
  "a country": () => ({
    selector: { country: "NL" },
    fitting: { "from there": forwarded(inNl), "behind another": forwarded(`${inUs}, ${inNl}`) },
    others: {
      "from another": forwarded(inUs),
      "put before": forwarded(`${inNl}, ${inUs}`),
      "from where no country is known of": forwarded("9.9.9.9"),
      "from who is no proxy": pretending(inNl),
      "who says a country": {
        ...pretending(inNl),
        headers: { "cf-ipcountry": "NL", "x-country-code": "NL", "x-vercel-ip-country": "NL" },
      },
    },
  }),
  "a country that is not known": () => ({
    selector: { country: "ZZ" },
    fitting: {
      "a private address": forwarded("10.0.0.1"),
      "of nobody's": forwarded("9.9.9.9"),
      "of who is no proxy": pretending(inNl),
    },
    others: { "one that is known": forwarded(inNl) },
  }),
};

describe.each(placements)("$place", (placement) => {
  test.each(Object.entries(cases))("%s", async (_, of) => {
    await expectDecided(scene, placement, { ...of(), known: "where" });
  });
});

test("kept out of the whole portal by their place: the address itself refuses, in both eras, and says which rule", async () => {
  await scene.setRule({ action: "block", at: { portals: ["main"] }, include: [{ ip: strangerAddress }] });
  const told = async (way: Way, body: string, headers = {}) => {
    const { status, all } = await say(way.url, { ...way, body, headers: { ...way.headers, ...headers } });
    const { error } = JSON.parse((await all).at(-1) ?? "{}") as { error?: { data: Record<string, unknown> } };
    return [status, error?.data["code"], error?.data["rules"]];
  };
  const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
  const initialize = rpc(1, "initialize", hello);
  expect(await told(pretending(inOffice), initialize)).toEqual([403, "policy_denied", ["the-rule"]]);
  expect(await told(forwarded(inOffice), initialize)).toEqual([200, undefined, undefined]);
  const { status, code, rules, isListed } = await scene.see(pretending(inOffice));
  expect({ status, code, rules, isListed }).toEqual({
    status: 403,
    code: "policy_denied",
    rules: ["the-rule"],
    isListed: false,
  });
  // A session that was opened elsewhere is no way in from there.
  const session = await openLegacy({ url: scene.main, token });
  const call = rpc(2, "tools/call", { name: "desk_look", arguments: {} });
  const carried = { ...pretending(inOffice), headers: { "mcp-session-id": session.session } };
  expect(await told(carried, call, { "mcp-protocol-version": "2025-11-25" })).toEqual([
    403,
    "policy_denied",
    ["the-rule"],
  ]);
});

test("where no proxy is trusted, nobody is believed", async () => {
  await scene.setRule({ action: "allow", include: [{ ip: "198.51.100.0/24" }] });
  await using alone = await startTestHouse({ beside: scene.house });
  const url = `${alone.url}/p/main/mcp`;
  const ways = { there: forwarded(inOffice), elsewhere: { ...forwarded(inOffice), url } };
  expect(await seeAll(scene, ways)).toEqual({
    there: letThrough("allow"),
    elsewhere: refused("allow", "where"),
  });
});
