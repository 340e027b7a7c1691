/** Rules about client certificates that a trusted proxy passes on: checked by us, and taken from nobody else. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificates, headerOf, writeFiles } from "./authorities.ts";
import { expectDecided, placements } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";
import { proxyAddress, strangerAddress, wayOut } from "./ways.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let token: string;

const proxy = opened.use(wayOut({ from: proxyAddress }));
const stranger = opened.use(wayOut({ from: strangerAddress }));

beforeAll(async () => {
  const files = opened.use(await writeFiles());
  scene = opened.use(
    await openSelectors({
      env: { CASTELLAN_CLIENT_CA_FILE: files.ca, CASTELLAN_CLIENT_CERT_HEADER: "client-cert" },
    }),
  );
  token = (await scene.program("program")).secret;
});
afterAll(() => opened.disposeAsync());

function coming(dispatcher: Way["dispatcher"], headers: NonNullable<Way["headers"]> = {}): Way {
  return { url: scene.main, token, headers, ...(dispatcher && { dispatcher }) };
}
const through = (of: { readonly cert: string }): Way => coming(proxy, { "client-cert": headerOf(of) });
const { laptop, phone, ownMade, ofNamesake, selfSigned, expired, early, server, twoNames } = certificates;

/** What proves nothing, whichever name it bears. */
function worthless(): Record<string, Way> {
  const good = headerOf(laptop);
  return {
    none: coming(proxy),
    "made by oneself": through(ownMade),
    "of somebody who is called as the authority": through(ofNamesake),
    "signed by itself": through(selfSigned),
    expired: through(expired),
    "not good yet": through(early),
    "of a server": through(server),
    "two in one header": coming(proxy, { "client-cert": `${good}, ${headerOf(phone)}` }),
    "two headers": coming(proxy, { "client-cert": [headerOf(ownMade), good] }),
    "cut short": coming(proxy, { "client-cert": `${good.slice(0, -9)}:` }),
    "with something behind it": coming(proxy, {
      "client-cert": `:${Buffer.concat([Buffer.from(good.slice(1, -1), "base64"), Buffer.from([0])]).toString("base64")}:`,
    }),
    "a bare name": coming(proxy, { "client-cert": "CN=laptop-7" }),
    "in headers that are not set up": coming(proxy, {
      "x-ssl-client-cert": encodeURIComponent(laptop.cert),
      "x-forwarded-client-cert": encodeURIComponent(laptop.cert),
      "x-ssl-client-verify": "SUCCESS",
      "x-ssl-client-s-dn": "CN=laptop-7",
    }),
    "from who is no proxy": coming(stranger, { "client-cert": good }),
    "from who says that it is one": coming(stranger, {
      "client-cert": good,
      "x-forwarded-for": proxyAddress,
    }),
  };
}

describe.each(placements)("$place", (placement) => {
  test("any that is valid", async () => {
    await expectDecided(scene, placement, {
      selector: { certificate: "valid" },
      known: "where",
      fitting: { laptop: through(laptop), phone: through(phone), "with two names": through(twoNames) },
      others: worthless(),
    });
  });

  test("one by its name", async () => {
    await expectDecided(scene, placement, {
      selector: { certificate: { commonName: "laptop-7" } },
      known: "where",
      fitting: { laptop: through(laptop) },
      others: { phone: through(phone), "with two names": through(twoNames), ...worthless() },
    });
  });
});

test("a rule about certificates is refused where none are checked", async () => {
  await using other = await openSelectors();
  await expect(other.setRule({ action: "allow", include: [{ certificate: "valid" }] })).rejects.toThrow(
    /422 .*"rule_without_effect".*CASTELLAN_CLIENT_CA_FILE/,
  );
});
