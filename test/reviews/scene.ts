/** A house in which nothing is accepted unseen, servers whose offer changes, and callers that hear of it. */
import { toolClasses } from "@castellan/access";
import { createClient, type Client } from "@castellan/client";
import type { Era } from "../fixtures/exotic.ts";
import { startStocked, type Stock, type StockedServer } from "../fixtures/stocked.ts";
import type { Caller, Door, Reply } from "../harness/callers/caller.ts";
import type { Loose, Received } from "../harness/callers/inbox.ts";
import { type LegacyCaller, openLegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

/** What an admin is promised of a change, for whoever has a stream. */
export const withinMs = 1_000;

export interface Scene extends AsyncDisposable {
  readonly house: TestHouse;
  /** The same installation at another replica. */
  readonly second: TestHouse;
  readonly admin: Client;
  /** A server behind its slug. Nothing of it is approved. */
  addServer(slug: string, era: Era, stock: Stock, more?: object): Promise<StockedServer>;
  /** A portal over servers, and a door to it at the second replica. */
  addPortal(slug: string, servers: readonly (string | object)[], more?: object): Promise<Door>;
  approveAll(slug: string): Promise<void>;
  /** Lists something else from now on, and is read. */
  restock(slug: string, server: StockedServer, stock: Stock): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse());
  const second = opened.use(await startTestHouse({ beside: house }));
  const admin = createClient({ url: house.url, token: house.adminToken });
  const owned = opened.move();
  return {
    house,
    second,
    admin,
    async addServer(slug, era, stock, more = {}) {
      const server = owned.use(await startStocked(era, stock));
      const { host } = new URL(server.url);
      await admin.addServer({ body: { slug, url: server.url, allowPrivate: [host], ...more } });
      return server;
    },
    async addPortal(slug, servers, more = {}) {
      await house.api("POST", "/portals", { slug, servers, ...more });
      const { secret } = await admin.addToken({
        body: { name: slug, role: "member", portals: [slug], allow: [...toolClasses] },
      });
      const door = { url: `${second.url}/p/${slug}/mcp`, token: secret };
      await served(door);
      return door;
    },
    async approveAll(slug) {
      const { fingerprint } = await admin.listDefinitions({ params: { slug } });
      await admin.approveDefinitions({ params: { slug }, body: { all: true, fingerprint } });
    },
    async restock(slug, server, stock) {
      server.stock = stock;
      await admin.syncServer({ params: { slug } });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when the portal is served there: a replica hears of it a moment later. */
async function served({ url, token }: Door): Promise<void> {
  for (;;) {
    const caller = new ModernCaller({ url, token });
    if ((await caller.request("server/discover")).status === 200) return;
  }
}

export type List = "tools" | "prompts" | "resources";

/** A caller that hears of changes to every list. */
export async function openListening(era: Era, door: Door): Promise<Caller> {
  if (era === "legacy") {
    const caller = await openLegacyCaller(door);
    await caller.listen();
    return caller;
  }
  const caller = new ModernCaller(door);
  await caller.listen({ toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true });
  return caller;
}

/** How a client with a stream follows a list: told after `act`, it reads the list again. */
export async function told(
  { inbox }: Caller,
  list: List,
  act: () => Promise<unknown>,
): Promise<readonly Received[]> {
  const method = `notifications/${list}/list_changed`;
  const before = inbox.of(method).length;
  await act();
  return inbox.atLeast(before + 1, method, { withinMs });
}

/** All that the caller is told of what there is, as text: each list, what the portal says of itself, and its search. */
export async function everythingTold(caller: Caller, door: Door): Promise<string> {
  const methods = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];
  const lists = await Promise.all(methods.map((method) => caller.request(method)));
  const searching = await openAt(caller.era, door, "optimize_context=search_and_execute");
  const own = [
    await searching.request("tools/list"),
    await searching.request("tools/call", { name: "portal_query_tools", arguments: { query: "" } }),
    await searching.request("tools/call", { name: "portal_list_servers" }),
  ];
  const minimized = await openAt(caller.era, door, "optimize_context=minimize_tools");
  const hello = await helloOf(caller.era, door);
  return [...lists, ...own, await minimized.request("tools/list"), hello].map(({ text }) => text).join("\n");
}

export async function helloOf(era: Era, door: Door): Promise<Reply> {
  return era === "legacy"
    ? (await openLegacyCaller(door)).hello
    : new ModernCaller(door).request("server/discover");
}

/** A caller of this connection's options. */
export async function openAt(
  era: Era,
  { url, token }: Door,
  query: string,
): Promise<LegacyCaller | ModernCaller> {
  const door = { url: `${url}?${query}`, token };
  return era === "legacy" ? openLegacyCaller(door) : new ModernCaller(door);
}

export interface Way {
  readonly method: string;
  readonly params: object;
  /** Through `portal_execute`, at a connection that has it. */
  readonly isExecuted?: boolean;
}

export type Kind = "tool" | "prompt" | "resource" | "resource_template";

/** Every way to use what callers know by this name; a template by one of the URIs that it stands for. */
export function waysTo(kind: Kind, name: string): readonly Way[] {
  const argument = { name: "a", value: "b" };
  switch (kind) {
    case "tool":
      return [
        { method: "tools/call", params: { name } },
        { method: "tools/call", params: { name: "portal_execute", arguments: { name } }, isExecuted: true },
      ];
    case "prompt":
      return [
        { method: "prompts/get", params: { name } },
        { method: "completion/complete", params: { ref: { type: "ref/prompt", name }, argument } },
      ];
    case "resource":
      return [{ method: "resources/read", params: { uri: name } }];
    case "resource_template":
      return [
        { method: "resources/read", params: { uri: name.replaceAll(/\{\w+\}/g, "1") } },
        { method: "completion/complete", params: { ref: { type: "ref/resource", uri: name }, argument } },
      ];
  }
}

/** `ok`, or the code of the failure. */
export async function go(caller: Caller, door: Door, { method, params, isExecuted }: Way): Promise<string> {
  const by = isExecuted ? await openAt(caller.era, door, "optimize_context=search_and_execute") : caller;
  const { message } = await by.request(method, params);
  return message.result === undefined ? String((message.error as Loose).data?.code) : "ok";
}

export function outcomes(caller: Caller, door: Door, kind: Kind, name: string): Promise<string[]> {
  return Promise.all(waysTo(kind, name).map((way) => go(caller, door, way)));
}
