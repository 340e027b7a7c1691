/** A server that was turned to another origin may speak another era there, and the house may have no account to read it with. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { credentialFaults, type Owner } from "@castellan/credentials";
import { systemClock } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createOutbound } from "@castellan/web";
import { expect, onTestFinished, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { CallCredentials } from "../credentials/ports.ts";
import { startLegacyServer, openScene } from "../conversations/testing.ts";
import { findings, newServer, openStores, withoutCredentials } from "../testing.ts";
import { createSyncer } from "./sync.ts";
import { createUpstreams } from "./upstreams.ts";

const identity = { name: "castellan", version: "0" };
const ada: Owner = { kind: "person", id: "usr_a" as never, name: "Ada" } as never;
const live = () => AbortSignal.timeout(20_000);

/** Persons have an account, the house has none. */
const ofPersons: CallCredentials = {
  ...withoutCredentials,
  of: (target, { kind }) => ({
    async headers() {
      if (kind === "person") return { authorization: "Bearer hers" };
      throw credentialFaults.fault("credentials_missing", "nobody has signed in", {
        data: { server: target.slug },
      });
    },
    refused: () => Promise.resolve("final"),
  }),
};

/** A legacy server behind a door that opens with a token. */
async function startLocked() {
  const legacy = await startLegacyServer();
  onTestFinished(() => legacy[Symbol.asyncDispose]());
  const tokens: (string | undefined)[] = [];
  const door = createServer(async (request, response) => {
    tokens.push(request.headers.authorization);
    if (request.headers.authorization !== "Bearer hers") return void response.writeHead(401).end();
    const { method = "GET", headers } = request;
    const body = method === "POST" ? (await request.toArray()).join("") : undefined;
    const { host: _host, connection: _connection, ...kept } = headers as Record<string, string>;
    const answer = await fetch(legacy.url, { method, headers: kept, ...(body && { body }) });
    const session = answer.headers.get("mcp-session-id");
    response.writeHead(answer.status, {
      ...(answer.headers.get("content-type") && { "content-type": answer.headers.get("content-type") ?? "" }),
      ...(session && { "mcp-session-id": session }),
    });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  onTestFinished(() => {
    door.close();
    door.closeAllConnections();
  });
  await once(door.listen(0, "127.0.0.1"), "listening");
  return { url: new URL(`http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`), tokens };
}

test("whoever calls first finds out how it speaks there, and others know it then", async () => {
  const { url, tokens } = await startLocked();
  await using stores = await openStores();
  const { servers, definitions } = stores;
  const { catalog, flush } = await stores.openReplica();
  await using outbound = createOutbound();
  const noted: Promise<void>[] = [];
  using upstreams = createUpstreams({
    catalog,
    outbound,
    credentials: ofPersons,
    identity,
    limits: defaultUpstreamLimits,
    onErasFound: (server, eras) => void noted.push(definitions.noteEras(server, eras)),
  });
  const before = new URL("https://crm.example/mcp");
  const { id } = await servers.add(newServer("s", { url: before, allowPrivate: ["127.0.0.1"] }));
  const modern = { helloText: '{"capabilities":{"tools":{}}}' };
  const read = { ...findings(["t"]), foundAt: before.origin, modern, legacy: undefined };
  await definitions.saveSync(id, read);
  const known = async () => {
    await flush();
    return catalog.findById(id) as CatalogServer;
  };
  expect((await known()).state).toMatchObject({ isElsewhere: false, modern });
  expect(await upstreams.asItSpeaks(await known(), ada, live())).toBe(await known());

  await servers.change("s", { url });
  // The house cannot read it, and does not say that it has.
  const timeoutMs = 5_000;
  const syncer = createSyncer({ servers, definitions, upstreams, identity, clock: systemClock, timeoutMs });
  expect((await syncer.sync("s", live())).state).toMatchObject({
    isElsewhere: true,
    error: { code: "credentials_missing" },
  });
  const turned = await known();
  const spoken = await upstreams.asItSpeaks(turned, ada, live());
  expect(spoken.state).toMatchObject({
    isElsewhere: false,
    modern: undefined,
    legacy: { transport: "streamable-http" },
  });
  const asked = tokens.length;
  expect(await upstreams.asItSpeaks(turned, ada, live())).toBe(spoken);
  expect(tokens.length).toBe(asked);

  await Promise.all(noted);
  const { state } = await known();
  expect([state.isElsewhere, state.modern, state.legacy]).toEqual([false, undefined, spoken.state.legacy]);
  expect(await upstreams.asItSpeaks(await known(), ada, live())).toBe(await known());
  // What was found out too late is not kept.
  await definitions.noteEras({ id, url: before.href }, { foundAt: before.origin, modern, legacy: undefined });
  expect((await known()).state.modern).toBeUndefined();
});

test("a call goes over in the era that is spoken there", async () => {
  await using old = await startLegacyServer();
  await using scene = await openScene(old, { readAsModernAt: "https://elsewhere.example" });
  const { call } = await scene.openReplica();
  expect((await call()).result).toEqual({ resultType: "complete" });
  expect(old.seen.map(({ method }) => method)).toContain("tools/call");
});
