/** Rules about client certificates in a handshake with the house itself, and headers beside it. */
import { fetch } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificates, headerOf, houseCa, writeFiles } from "./authorities.ts";
import { expectDecided, placements } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";
import { proxyAddress, strangerAddress, wayOut } from "./ways.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let token: string;

const withNone = opened.use(wayOut({ from: strangerAddress, ca: houseCa }));
const proxyWithNone = opened.use(wayOut({ from: proxyAddress, ca: houseCa }));

beforeAll(async () => {
  const files = opened.use(await writeFiles());
  const env = {
    CASTELLAN_TLS_CERT_FILE: files.cert,
    CASTELLAN_TLS_KEY_FILE: files.key,
    CASTELLAN_CLIENT_CA_FILE: files.ca,
    CASTELLAN_CLIENT_CERT_HEADER: "client-cert",
  };
  const byAdmin = (input: unknown, init: object) => fetch(input as string, { ...init, dispatcher: withNone });
  scene = opened.use(await openSelectors({ env, fetch: byAdmin as unknown as typeof globalThis.fetch }));
  token = (await scene.program("program")).secret;
});
afterAll(() => opened.disposeAsync());

type Named = keyof typeof certificates;

const waysOut = new Map<string, NonNullable<Way["dispatcher"]>>();

/** In a handshake of one's own, with this certificate. */
function proving(name: Named, { from = strangerAddress, headers = {} } = {}): Way {
  const { cert, key } = certificates[name];
  const place = `${name} ${from}`;
  const dispatcher = waysOut.get(place) ?? opened.use(wayOut({ from, ca: houseCa, cert, key }));
  waysOut.set(place, dispatcher);
  return { url: scene.main, token, headers, dispatcher };
}

describe.each(placements)("$place", (placement) => {
  const laptopHeader = { "client-cert": headerOf(certificates.laptop) };
  const worthless = (): Record<string, Way> => ({
    none: { url: scene.main, token, dispatcher: withNone },
    "made by oneself": proving("ownMade"),
    "signed by itself": proving("selfSigned"),
    expired: proving("expired"),
    "not good yet": proving("early"),
    "of a server": proving("server"),
    "none, and another's in a header": {
      url: scene.main,
      token,
      dispatcher: withNone,
      headers: laptopHeader,
    },
    "made by oneself, and another's in a header": proving("ownMade", { headers: laptopHeader }),
    "the proxy's own": proving("proxy", { from: proxyAddress }),
    "the proxy's own, and in the header one made by oneself": proving("proxy", {
      from: proxyAddress,
      headers: { "client-cert": headerOf(certificates.ownMade) },
    }),
  });
  const behindProxy = (): Way => ({
    url: scene.main,
    token,
    dispatcher: proxyWithNone,
    headers: laptopHeader,
  });

  test("any that is valid", async () => {
    await expectDecided(scene, placement, {
      selector: { certificate: "valid" },
      known: "where",
      fitting: { laptop: proving("laptop"), phone: proving("phone"), "through a proxy": behindProxy() },
      others: worthless(),
    });
  });

  test("one by its name", async () => {
    await expectDecided(scene, placement, {
      selector: { certificate: { commonName: "laptop-7" } },
      known: "where",
      fitting: {
        laptop: proving("laptop"),
        "with another's in a header": proving("laptop", {
          headers: { "client-cert": headerOf(certificates.phone) },
        }),
        "through a proxy": behindProxy(),
      },
      others: {
        phone: proving("phone"),
        "another, and the right one in a header": proving("phone", { headers: laptopHeader }),
        ...worthless(),
      },
    });
  });
});

// With such a signature OpenSSL may end the connection, depending on how much has arrived by then.
test("a certificate of somebody who is called as the authority leads nowhere, if it is answered at all", async () => {
  await scene.setRule({ action: "allow", include: [{ certificate: "valid" }] });
  scene.server.recording.clear();
  const code = await scene.see(proving("ofNamesake")).then(
    ({ code: told }) => told,
    (error: { code: string }) => error.code,
  );
  expect(["policy_denied", "UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]).toContain(code);
  expect(scene.server.recording.of("tools/call")).toEqual([]);
});
