/** The ways in which a caller is asked for an account: by what its client can do, ahead of a call and in the midst of it. */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eras, last, outcome, press } from "../policy/approvals/scene.ts";
import { openLegacy, parsed, rpc, type Heard } from "../portal/client.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

let scene: HouseScene;
let people = 0;
beforeAll(async () => {
  scene = await openAccounts({ replicas: 2 });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const capabilities = { elicitation: { form: {}, url: {} } };

describe.each(eras)("a %s server", (era) => {
  let authorizationServer: AuthorizationServer;
  let server: ProtectedServer;
  beforeAll(async () => {
    authorizationServer = await startAuthorizationServer();
    const needs = { note_add: "write" };
    server = await startProtectedServer({ authorizationServer, era, firstScope: "read", needs });
    await scene.add(era, server);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await authorizationServer?.[Symbol.asyncDispose]();
  });

  /** Somebody who has no account there. */
  async function come(): Promise<Visitor & { user: string }> {
    const user = `person${++people}`;
    authorizationServer.users.add(user);
    return { ...(await scene.come(user)), user };
  }

  const whoami = (visitor: Visitor, options: object = {}) =>
    visitor.door(era).then((door) => scene.call(door, `${era}_whoami`, {}, { opensPages: true, ...options }));
  const add = (visitor: Visitor, options: object = {}) =>
    visitor
      .door(era)
      .then((door) => scene.call(door, `${era}_note_add`, { text: "x" }, { opensPages: true, ...options }));
  const retryOf = ({ result }: ReturnType<typeof parsed>, action = "accept") => ({
    requestState: result.requestState,
    inputResponses: { [Object.keys(result.inputRequests)[0] ?? ""]: { action } },
  });
  const reachedBy = (user: string) => server.visits.filter((visit) => visit.user === user);

  test("a modern client that opens pages is asked, and its retry waits at any replica until it is done", async () => {
    const ada = await come();
    const asked = await last(whoami(ada, { replica: 0 }));
    expect(asked["result"].inputRequests.castellan_link.params).toEqual({
      mode: "url",
      message: `${JSON.stringify(era)} is used with your own account there: sign in first.`,
      url: expect.stringMatching(/\/links\/requests\/lnk_\w+$/),
    });
    const waiting = whoami(ada, { more: retryOf(asked), replica: 1 });
    await scene.link(ada, pageIn(asked), ada.user);
    expect(textIn(await last(waiting))).toBe(ada.user);
    // Nothing of the question is for the server.
    expect(server.heard.filter((text) => /castellan_link|requestState/.test(text))).toEqual([]);
    // Whoever is linked is asked nothing, and a state says no more than that somebody was asked.
    expect(textIn(await last(whoami(ada, { more: retryOf(asked) })))).toBe(ada.user);
  });

  test("a retry with somebody else's state is nobody's, and one that comes too early is asked the same again", async () => {
    const [ada, eve] = [await come(), await come()];
    const asked = await last(whoami(ada));
    expect(await outcome(whoami(eve, { more: retryOf(asked) }))).toBe("request_state_invalid");
    expect(await outcome(add(ada, { more: retryOf(asked) }))).toBe("request_state_invalid");
    expect(pageIn(await last(whoami(ada)))).toBe(pageIn(asked));
    // Eve's account does not make Ada's call go through.
    await scene.link(eve, pageIn(await last(whoami(eve))), eve.user);
    expect(await outcome(whoami(ada))).toBe("input_required");
    expect([reachedBy(ada.user), reachedBy(eve.user)]).toEqual([[], []]);
  });

  test("a legacy client with a stream is asked on it, and its call waits", async () => {
    const ada = await come();
    const client = await openLegacy(await ada.door(era), { capabilities });
    const call = await client.send(rpc(7, "tools/call", { name: `${era}_whoami`, arguments: {} }));
    const { id, method, params } = parsed(await call.next());
    expect([method, params.mode]).toEqual(["elicitation/create", "url"]);
    await client.send(rpcResult(id, { action: "accept" }));
    await scene.link(ada, params.url, ada.user);
    expect(parsed(await call.next())).toMatchObject({
      method: "notifications/elicitation/complete",
      params: { elicitationId: params.elicitationId },
    });
    expect(textIn(parsed(await call.next()))).toBe(ada.user);
  });

  test("who can open nothing is told where the page is, whatever is asked for", async () => {
    const ada = await come();
    const door = await ada.door(era);
    const { error } = await last(whoami(ada, { opensPages: false }));
    const { url, linkId, expiresAt, requestId: _, ...data } = error.data;
    expect([error.code, data]).toEqual([
      -32000,
      { code: "link_required", server: era, reason: "not_linked" },
    ]);
    expect([url.endsWith(`/links/requests/${linkId}`), Date.parse(expiresAt) > Date.now()]).toEqual([
      true,
      true,
    ]);
    const client = await openLegacy(door);
    for (const [asks, params] of [
      ["prompts/get", { name: `${era}_summary` }],
      [
        "completion/complete",
        { ref: { type: "ref/prompt", name: `${era}_summary` }, argument: { name: "x", value: "" } },
      ],
    ] as const) {
      const answer = parsed(await client.call(asks, params));
      expect([asks, answer["error"].data.code, pageIn(answer)]).toEqual([asks, "link_required", url]);
    }
    expect(reachedBy(ada.user)).toEqual([]);
  });

  test.each(["decline", "cancel"])(
    "who answers with %s has declined, and is asked anew with the next call",
    async (action) => {
      const ada = await come();
      const asked = await last(whoami(ada));
      expect(await outcome(whoami(ada, { more: retryOf(asked, action) }))).toBe("link_declined");
      const client = await openLegacy(await ada.door(era), { capabilities });
      const call = await client.send(rpc(7, "tools/call", { name: `${era}_whoami`, arguments: {} }));
      const { id, params } = parsed(await call.next());
      expect(params.url).not.toBe(pageIn(asked));
      await client.send(rpcResult(id, { action }));
      expect(parsed(await call.next())["error"].data.code).toBe("link_declined");
    },
  );

  test("a sign-in goes on though the client gave its call up", async () => {
    const ada = await come();
    const client = await openLegacy(await ada.door(era), { capabilities });
    const call = await client.send(rpc(7, "tools/call", { name: `${era}_whoami`, arguments: {} }));
    const { params } = parsed(await call.next());
    await client.send(rpc(undefined, "notifications/cancelled", { requestId: 7 }));
    await call.all;
    expect((await scene.link(ada, params.url, ada.user)).text).toContain("Linked");
    expect(textIn(await last(whoami(ada)))).toBe(ada.user);
  });

  test("more that is wanted in the midst of a call is asked for in the same ways, and the call is made again", async () => {
    const [ada, bob] = [await come(), await come()];
    for (const one of [ada, bob]) await scene.linkHere(one, era, one.user);
    const asked = await last(add(ada, { replica: 0 }));
    expect(asked["result"].inputRequests.castellan_link.params.message).toBe(
      `${JSON.stringify(era)} needs you to allow more for this.`,
    );
    await scene.link(ada, pageIn(asked), ada.user);
    expect(textIn(await last(add(ada, { more: retryOf(asked), replica: 1 })))).toBe(`${ada.user} has 1`);

    const client = await openLegacy(await bob.door(era), { capabilities });
    const call = await client.send(
      rpc(7, "tools/call", { name: `${era}_note_add`, arguments: { text: "x" } }),
    );
    const { id, params } = parsed(await call.next());
    await client.send(rpcResult(id, { action: "accept" }));
    await scene.link(bob, params.url, bob.user);
    const answers = await rest(call);
    expect(textIn(answers.at(-1) ?? {})).toBe(`${bob.user} has 1`);
    expect([server.notesOf(ada.user), server.notesOf(bob.user)]).toEqual([["x"], ["x"]]);
  });

  test("an account, a person's yes and more scopes: each is asked for once, and the yes is good for the one call", async () => {
    await scene.api("POST", "/policies", {
      name: `own-yes-${era}`,
      at: { servers: [era], tools: ["note_add"] },
      include: [{ everyone: true }],
      action: "require_approval",
      approval: { deciders: { self: true } },
    });
    await scene.settle();
    try {
      const ada = await come();
      const link = await last(add(ada));
      expect(keysOf(link)).toEqual(["castellan_link"]);
      await scene.link(ada, pageIn(link), ada.user);
      const yes = await last(add(ada, { more: retryOf(link) }));
      expect(keysOf(yes)).toEqual(["castellan_approval"]);
      await press(ada.browser, pageIn(yes), "yes");
      await scene.settle();
      const more = await last(add(ada, { more: retryOf(yes) }));
      expect(keysOf(more)).toEqual(["castellan_link"]);
      await scene.link(ada, pageIn(more), ada.user);
      const retry = retryOf(more);
      expect(textIn(await last(add(ada, { more: retry })))).toBe(`${ada.user} has 1`);
      // The state that says that somebody said yes says so once.
      expect(keysOf(await last(add(ada, { more: retry })))).toEqual(["castellan_approval"]);
      expect(server.notesOf(ada.user)).toEqual(["x"]);

      const bob = await come();
      const client = await openLegacy(await bob.door(era), { capabilities });
      const call = await client.send(
        rpc(7, "tools/call", { name: `${era}_note_add`, arguments: { text: "x" } }),
      );
      const steps: string[] = [];
      for (;;) {
        const said = parsed(await call.next());
        if (said["id"] === 7) {
          expect(textIn(said)).toBe(`${bob.user} has 1`);
          break;
        }
        if (said["method"] !== "elicitation/create") continue;
        const { url } = said["params"];
        await client.send(rpcResult(said["id"], { action: "accept" }));
        steps.push(url.includes("/links/") ? "link" : "yes");
        if (url.includes("/links/")) await scene.link(bob, url, bob.user);
        else await press(bob.browser, url, "yes");
      }
      expect(steps).toEqual(["link", "yes", "link"]);
    } finally {
      await scene.api("DELETE", `/policies/own-yes-${era}`);
      await scene.settle();
    }
  });
});

function rpcResult(id: unknown, result: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

function keysOf({ result, error }: ReturnType<typeof parsed>): string[] {
  if (error) throw new Error(`${error.data?.code}: ${error.message}`);
  return Object.keys(result.inputRequests ?? {});
}

async function rest(heard: Heard) {
  return (await heard.all).map((text) => parsed(text));
}
