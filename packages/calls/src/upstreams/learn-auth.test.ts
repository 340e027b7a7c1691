/** What `auto` means at a server is found out from its first 401, by a sync or by a call. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { credentialFaults, type Target } from "@castellan/credentials";
import { systemClock } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createOutbound } from "@castellan/web";
import { expect, onTestFinished, test } from "vitest";
import type { CallCredentials } from "../credentials/ports.ts";
import { codeOf, newServer, openStores, withoutCredentials } from "../testing.ts";
import { createSyncer } from "./sync.ts";
import { createUpstreams } from "./upstreams.ts";

const hello = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
const good = "Bearer good-for-everything";
const challenge = 'Bearer resource_metadata="https://s.example/x"';

interface Setting {
  /** What the server lets everybody do; all else takes a token. */
  readonly open?: readonly string[];
  readonly isOAuth?: boolean;
  /** It answers with an error that says what it was sent, or says it in all that it lists. */
  readonly repeats?: "error" | "lists";
}

/** A modern server that wants a token, the stores, and accounts there; none at first. */
async function openScene({ open = [], isOAuth = true, repeats }: Setting = {}) {
  const opened = new AsyncDisposableStack();
  onTestFinished(() => opened.disposeAsync());
  const http = createServer(async (request, response) => {
    const message = JSON.parse((await request.toArray()).join("")) as { id?: number; method: string };
    if (!open.includes(message.method) && request.headers.authorization !== good)
      return void response.writeHead(401, { "www-authenticate": challenge }).end();
    if (repeats === "error") {
      const error = { code: -32000, message: `I was sent ${request.headers.authorization}` };
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, error }));
    }
    const said = `for ${request.headers.authorization}`;
    const tool = { description: said, inputSchema: { type: "object" } };
    const tools = repeats
      ? [
          { ...tool, name: "t" },
          { ...tool, name: good.slice(7) },
        ]
      : [];
    const discovered = repeats ? { ...hello, instructions: said } : hello;
    const result = message.method === "server/discover" ? discovered : { tools, content: [] };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ jsonrpc: "2.0", id: message.id, result: { resultType: "complete", ...result } }),
    );
  });
  opened.defer(() => http.closeAllConnections());
  opened.defer(() => void http.close());
  await once(http.listen(0, "127.0.0.1"), "listening");
  const stores = opened.use(await openStores());
  const { catalog, flush } = await stores.openReplica();
  const accounts = new Set<string>();
  const discovered: (string | undefined)[] = [];
  const none = (target: Target) => target.auth.kind !== "auto" || !target.asksForOAuth;
  const assertSignedIn = (target: Target, kind: string) => {
    if (none(target) || accounts.has(kind)) return;
    const code = kind === "house" ? "credentials_missing" : "link_required";
    throw credentialFaults.fault(code, "nobody has signed in", { data: { server: target.slug } });
  };
  const credentials: CallCredentials = {
    ...withoutCredentials,
    of: (target, { kind }) => ({
      async headers() {
        assertSignedIn(target, kind);
        return none(target) ? {} : { authorization: good };
      },
      refused: () => Promise.resolve("final"),
    }),
    prepare: async (target, { kind }) => assertSignedIn(target, kind),
    async asksForOAuth(_target, said) {
      discovered.push(said);
      return isOAuth;
    },
  };
  const identity = { name: "castellan", version: "0" };
  const learned: string[] = [];
  const upstreams = opened.use(
    createUpstreams({
      catalog,
      outbound: opened.use(createOutbound()),
      credentials,
      identity,
      limits: defaultUpstreamLimits,
      onAsksForOAuth: (id) => learned.push(id),
    }),
  );
  const { servers, definitions } = stores;
  const syncer = createSyncer({
    servers,
    definitions,
    upstreams,
    identity,
    clock: systemClock,
    timeoutMs: 5_000,
  });
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  const { id } = await servers.add(newServer("s", { url, allowPrivate: ["127.0.0.1"] }));
  const sync = async () => {
    const { state } = await syncer.sync("s", AbortSignal.timeout(20_000));
    await flush();
    return [state.status, state.error?.code, state.asksForOAuth];
  };
  return { id, sync, accounts, discovered, learned, definitions, catalog, upstreams, flush };
}

test("a server that asks for OAuth waits for an admin, and is read once one has signed in", async () => {
  const { sync, accounts, discovered } = await openScene();
  expect(await sync()).toEqual(["error", "credentials_missing", true]);
  expect(discovered).toContain(challenge);
  accounts.add("house");
  expect(await sync()).toEqual(["ready", undefined, true]);
});

test("an admin who has signed in before it was found out is not waited for", async () => {
  const { sync, accounts } = await openScene();
  accounts.add("house");
  expect(await sync()).toEqual(["ready", undefined, true]);
});

test("a server that wants something else is told as what it is", async () => {
  const { sync } = await openScene({ isOAuth: false });
  expect(await sync()).toEqual(["error", "upstream_unauthorized", false]);
});

test("a server whose lists are for everybody is read without anybody, and asks with the first call", async () => {
  const scene = await openScene({ open: ["server/discover", "tools/list", "initialize"] });
  const { id, sync, learned, catalog, upstreams, definitions, flush, accounts } = scene;
  expect(await sync()).toEqual(["ready", undefined, false]);
  const call = () => {
    const server = catalog.findById(id);
    if (!server) throw new Error("The server is gone");
    const signal = AbortSignal.timeout(20_000);
    const owner = { kind: "program", id: "tok_1", name: "p", portal: "main" } as const;
    return codeOf(upstreams.modern(server, owner).request({ method: "tools/call", params: "{}", signal }));
  };
  expect(await call()).toBe("link_required");
  expect(learned).toEqual([id]);
  await definitions.noteOAuth(id);
  await flush();
  expect(catalog.findById(id)?.state.asksForOAuth).toBe(true);
  // What is known is not found out again, and its lists are still everybody's.
  expect(await call()).toBe("link_required");
  expect(learned).toEqual([id]);
  expect(await sync()).toEqual(["ready", undefined, true]);
  accounts.add("program");
  expect(await call()).toBe("done");
});

test("what a server repeats of what it was sent is not kept", async () => {
  const { sync, accounts, catalog, id } = await openScene({ repeats: "error" });
  accounts.add("house");
  expect(await sync()).toEqual(["error", "upstream_invalid", true]);
  expect(catalog.findById(id)?.state.error?.message).toBe("server/discover failed: I was sent …");
});

test("what is read for everybody with a sign-in of an admin's tells nobody the token", async () => {
  const { sync, accounts, catalog, id } = await openScene({ repeats: "lists" });
  accounts.add("house");
  expect(await sync()).toEqual(["ready", undefined, true]);
  const { definitions = [], state } = catalog.findById(id) ?? {};
  expect(definitions.map(({ kind, text }) => [kind, text])).toEqual([
    ["instructions", '"for …"'],
    ["tool", '{"description":"for …","inputSchema":{"type":"object"},"name":"t"}'],
  ]);
  expect(state?.skipped).toEqual(['tool "…" has a secret in its name']);
  expect(JSON.stringify(state)).not.toContain(good.slice(7));
});
