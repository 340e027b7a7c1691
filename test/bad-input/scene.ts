/** A house with a portal over a server of each era, and everybody who may not come in. */
import { createToken, toolClasses } from "@castellan/access";
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { legacyClient, modernClient, type Reply, type WireClient } from "../fidelity/wire.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

export const maxBodyBytes = 256 * 1024;

export interface Scene extends AsyncDisposable {
  readonly house: TestHouse;
  /** Of the portal over both servers. */
  readonly url: string;
  /** Of portals over one server each, which is the only holder of resources there. */
  readonly urls: Readonly<Record<"legacy" | "modern", string>>;
  readonly token: string;
  readonly tokens: Readonly<Record<"expired" | "revoked" | "neighbour" | "nowhere", string>>;
  /** A session of the neighbour's token, and ours at the portals of one server. */
  readonly sessions: Readonly<Record<"own" | "neighbour" | "elsewhere" | "modern", string>>;
  /** A good call in each era is answered, and nothing that was sent so far was our fault. */
  expectUnharmed(): Promise<void>;
}

function script(modern: string): Script {
  const listed = modern === "" ? "" : `${modern}"ttlMs":0,"cacheScope":"private",`;
  return {
    "tools/list": () => `{${listed}"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}`,
    "tools/call": () => `{${modern}"content":[]}`,
    "prompts/list": () => `{${listed}"prompts":[{"name":"greet"}]}`,
    "prompts/get": () => `{${modern}"messages":[]}`,
    "resources/list": () => `{${listed}"resources":[{"uri":"test://one","name":"one"}]}`,
    "resources/templates/list": () => `{${listed}"resourceTemplates":[]}`,
    "resources/read": () => `{${listed}"contents":[]}`,
    "resources/subscribe": () => "{}",
    "resources/unsubscribe": () => "{}",
    "completion/complete": () => `{${modern}"completion":{"values":[]}}`,
  };
}

export async function startScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse({ env: { CASTELLAN_MAX_BODY_BYTES: String(maxBodyBytes) } }));
  const modern = opened.use(await startRawModern({ script: script('"resultType":"complete",') }));
  const legacy = opened.use(await startRawLegacy({ script: script("") }));
  const portal = await house.addPortal("work", { m: modern.url, l: legacy.url });
  await house.api("POST", "/portals", { slug: "elsewhere", servers: ["l"] });
  await house.api("POST", "/portals", { slug: "modern", servers: ["m"] });
  await house.api("POST", "/portals", { slug: "foreign", servers: ["l"] });

  const make = async (name: string, portals: string[]) =>
    house.api<{ id: string; secret: string }>("POST", "/tokens", {
      name,
      role: "member",
      portals,
      allow: toolClasses,
    });
  const [neighbour, nowhere, revoked, both] = [
    await make("neighbour", ["work"]),
    await make("nowhere", []),
    await make("revoked", ["work"]),
    await make("both", ["work", "elsewhere", "modern"]),
  ];
  const longAgo = Date.now() - 60_000;
  const expired = await createToken(
    house.database,
    {
      name: "expired",
      role: "member",
      portals: ["work"],
      allow: toolClasses,
      createdBy: "test",
      expiresAtMs: longAgo + 1,
    },
    longAgo,
  );
  const at = (slug: string, token: string) => ({
    url: `${house.url}/p/${slug}/mcp`,
    headers: { authorization: `Bearer ${token}` },
  });
  // It was let in before, so that it is remembered when it is taken away.
  await legacyClient(at("work", revoked.secret));
  await house.api("DELETE", `/tokens/${revoked.id}`);

  const own = at("work", both.secret);
  const clients: WireClient[] = [modernClient(own), await legacyClient(own)];
  const sessions = {
    own: (await legacyClient(own)).sessionId,
    neighbour: (await legacyClient(at("work", neighbour.secret))).sessionId,
    elsewhere: (await legacyClient(at("elsewhere", both.secret))).sessionId,
    modern: (await legacyClient(at("modern", both.secret))).sessionId,
  };
  const owned = opened.move();
  return {
    house,
    url: portal.url,
    urls: { legacy: at("elsewhere", "").url, modern: at("modern", "").url },
    token: both.secret,
    tokens: {
      expired: expired.secret,
      revoked: revoked.secret,
      neighbour: neighbour.secret,
      nowhere: nowhere.secret,
    },
    sessions,
    async expectUnharmed() {
      for (const client of clients) {
        const server = client.era === "modern" ? "m" : "l";
        const reply = await client.request(77, "tools/call", `{"name":"${server}_echo"}`);
        expect(reply.status).toBe(200);
        expect(JSON.parse(reply.text)).toMatchObject({ id: 77, result: { content: [] } });
      }
      expect(house.log.filter((line) => !/"level":"(debug|info|warn)"/.test(line))).toEqual([]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** How a refusal is told. */
export interface Refusal {
  readonly status: number;
  /** The stable code. */
  readonly code: string;
  /** The JSON-RPC code; a refusal without one is `application/problem+json`. */
  readonly rpc?: number;
  /** The id of the request that is answered. Default null. */
  readonly id?: string | number | null;
  /** The input that is at fault. */
  readonly field?: string;
}

const documented = new Set(
  [
    ...(await readFile(new URL("../../docs/reference/errors.md", import.meta.url), "utf8")).matchAll(
      /^### `(\w+)`$/gm,
    ),
  ].map(([, code]) => code),
);

export function expectRefusal(reply: Reply, { status, code, rpc, id = null, field }: Refusal): void {
  const requestId: unknown = expect.stringMatching(/^req_[0-9a-f]{32}$/);
  const fields = field === undefined ? {} : { field };
  const body: unknown = JSON.parse(reply.text);
  expect({ status: reply.status, type: reply.headers["content-type"], body }).toMatchObject({
    status,
    ...(rpc === undefined
      ? {
          type: "application/problem+json",
          body: { type: `urn:castellan:fault:${code}`, status, code, requestId, ...fields },
        }
      : {
          type: "application/json",
          body: { jsonrpc: "2.0", id, error: { code: rpc, data: { code, requestId, ...fields } } },
        }),
  });
  expect(documented).toContain(code);
  // What node:http refuses by itself has no header of ours, but the body says the id.
  if (reply.headers["x-request-id"] !== undefined)
    expect(reply.text).toContain(`"requestId":"${String(reply.headers["x-request-id"])}"`);
  expectNoInsides(reply);
}

/** No stack trace, no path of ours, and no more of what was sent than a person wants to read. */
export function expectNoInsides({ status, text }: Reply): void {
  expect(status).toBeLessThan(500);
  expect(text).not.toMatch(/\n\s*at |node_modules|file:\/\/|\.[jt]s:\d|postgres|select |insert /i);
  expect(text.length).toBeLessThan(4096);
}
