/**
 * Field lesson 13: an id that is in use already hangs nobody. In a session a second request under it is refused at
 * once (2025-11-25, basic, "Requests"); where there are no sessions ids of two requests have nothing to do with
 * each other, and both are answered.
 */
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Era, exoticList, exoticResult } from "../fixtures/exotic.ts";
import { wait } from "../fixtures/listener.ts";
import { type RawLegacyServer, startRawLegacy } from "../fixtures/raw-legacy.ts";
import { type RawModernServer, startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { type Door, openLegacy, parsed, rpc, sayModern } from "../portal/client.ts";

/** Answers with the word that it was given, once the test lets it. */
class Gate {
  #opened = Promise.withResolvers<void>();

  script(era: Era): Script {
    return {
      "tools/list": () => exoticList(era, `{"tools":[{"name":"say","inputSchema":{"type":"object"}}]}`),
      "tools/call": async function* (this: void, params, call) {
        const { word } = params.arguments as { word: string };
        if (params._meta?.progressToken !== undefined) yield call.progress(1);
        await Promise.race([gate.opened, wait(20_000, call.signal)]);
        if (call.signal.aborted) cancelled.add(word);
        else yield call.result(exoticResult(era, `{"content":[{"type":"text","text":"${word}"}]}`));
      },
    };
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  open(): void {
    this.#opened.resolve();
  }

  shut(): void {
    this.#opened = Promise.withResolvers<void>();
  }
}

/** Words of the calls that were given up at the server. */
const cancelled = new Set<string>();
const gate = new Gate();
const opened = new AsyncDisposableStack();
let house: TestHouse;
let servers: Readonly<Record<Era, RawLegacyServer | RawModernServer>>;
let doors: Readonly<Record<Era, TestPortal>>;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const capabilities = '{"tools":{}}';
  servers = {
    legacy: opened.use(await startRawLegacy({ capabilities, script: gate.script("legacy") })),
    modern: opened.use(await startRawModern({ capabilities, script: gate.script("modern") })),
  };
  doors = {
    legacy: await house.addPortal("old", { old: servers.legacy.url }),
    modern: await house.addPortal("new", { new: servers.modern.url }),
  };
});
beforeEach(() => {
  gate.shut();
  cancelled.clear();
  for (const server of Object.values(servers)) server.recording.clear();
});
afterAll(() => opened.disposeAsync());

const textOf = (message: string | undefined) =>
  parsed(message)["result"]?.content[0].text as string | undefined;

let strangers = 0;

/** Someone else at the same portal. */
async function stranger({ url }: Door, portal: string): Promise<Door> {
  const body = {
    name: `stranger-${portal}-${++strangers}`,
    role: "member",
    portals: [portal],
    allow: toolClasses,
  };
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", body);
  return { url, token: secret };
}

describe.each(["legacy", "modern"] as const)("%s server", (to) => {
  const params = (word: string) => ({ name: to === "legacy" ? "old_say" : "new_say", arguments: { word } });
  /** Resolves when the server has so many calls. */
  async function underWay(count: number): Promise<void> {
    await expect.poll(() => servers[to].recording.of("tools/call").length, { timeout: 10_000 }).toBe(count);
  }

  describe("legacy caller", () => {
    test.each([[7], ["seven"], [0], [-1], [""]])(
      "id %j in use: the second is refused at once, the first is answered, and then the id is free",
      async (id) => {
        const client = await openLegacy(doors[to]);
        const first = client.send(rpc(id, "tools/call", params("first")));
        await underWay(1);
        const asked = performance.now();
        const second = await client.send(rpc(id, "tools/call", params("second")));
        const [refusal] = await second.all;
        expect(performance.now() - asked).toBeLessThan(5_000);
        expect(parsed(refusal)).toMatchObject({
          id,
          error: { code: -32600, data: { code: "request_id_in_use" } },
        });
        expect(servers[to].recording.of("tools/call").length).toBe(1);
        gate.open();
        const answer = (await (await first).all).at(-1);
        expect([parsed(answer)["id"], textOf(answer)]).toEqual([id, "first"]);
        const third = await client.send(rpc(id, "tools/call", params("third")));
        expect(textOf((await third.all).at(-1))).toBe("third");
      },
    );

    test("a number and a string of the same digits are two ids", async () => {
      const client = await openLegacy(doors[to]);
      const both = [7, "7"].map((id) => client.send(rpc(id, "tools/call", params(typeof id))));
      await underWay(2);
      gate.open();
      const answers = await Promise.all(both.map(async (sent) => (await (await sent).all).at(-1)));
      expect(answers.map((answer) => [parsed(answer)["id"], textOf(answer)])).toEqual([
        [7, "number"],
        ["7", "string"],
      ]);
    });

    test("two sessions use the same id at the same time, of one principal or of two", async () => {
      const doorsOfAll = [doors[to], doors[to], await stranger(doors[to], to === "legacy" ? "old" : "new")];
      const clients = await Promise.all(doorsOfAll.map((door) => openLegacy(door)));
      const all = clients.map((client, n) => client.send(rpc(1, "tools/call", params(`w${n}`))));
      await underWay(3);
      gate.open();
      const answers = await Promise.all(all.map(async (sent) => (await (await sent).all).at(-1)));
      expect(answers.map(textOf)).toEqual(["w0", "w1", "w2"]);
    });

    test("an id is free again when its request was cancelled", async () => {
      const client = await openLegacy(doors[to]);
      const first = client.send(rpc(5, "tools/call", params("first")));
      await underWay(1);
      await client.send(rpc(undefined, "notifications/cancelled", { requestId: 5 }));
      // A cancelled request is not answered (2025-11-25, cancellation).
      expect((await (await first).all).filter((text) => "result" in parsed(text))).toEqual([]);
      gate.open();
      const second = await client.send(rpc(5, "tools/call", params("second")));
      expect(textOf((await second.all).at(-1))).toBe("second");
    });

    test("twenty requests under one id: one is answered, nineteen are refused, none hangs", async () => {
      const client = await openLegacy(doors[to]);
      const sent = Array.from({ length: 20 }, (_, n) => client.send(rpc(9, "tools/call", params(`w${n}`))));
      const answers = sent.map(async (each) => parsed((await (await each).all).at(-1)));
      await underWay(1);
      const refused = new Set<number>();
      for (const [n, answer] of answers.entries()) void answer.then(({ error }) => error && refused.add(n));
      await expect.poll(() => refused.size, { timeout: 5_000 }).toBe(19);
      gate.open();
      const heard = await Promise.all(answers);
      expect(heard.filter(({ result }) => result !== undefined).length).toBe(1);
    });
  });

  describe("modern caller", () => {
    test("two clients, two principals and one client twice: all under one id, each gets its own answer", async () => {
      const other = await stranger(doors[to], to === "legacy" ? "old" : "new");
      const all = [doors[to], doors[to], other, other].map((door, n) =>
        sayModern(door, "tools/call", params(`w${n}`), { id: 1 }),
      );
      await underWay(4);
      gate.open();
      const answers = await Promise.all(all.map(async (sent) => (await (await sent).all).at(-1)));
      expect(answers.map((answer) => [parsed(answer)["id"], textOf(answer)])).toEqual(
        all.map((_, n) => [1, `w${n}`]),
      );
      // To the server they are four requests: where they share a session their ids differ.
      const told = servers[to].recording
        .of("tools/call")
        .map(
          ({ headers, message }) => `${String(headers["mcp-session-id"])} ${(message as { id: number }).id}`,
        );
      expect(new Set(told).size).toBe(4);
    });

    test("one of two under an id hangs up: the other is answered all the same", async () => {
      const call = (word: string) =>
        sayModern(doors[to], "tools/call", params(word), { id: 3, meta: { progressToken: word } });
      const [leaving, staying] = await Promise.all([call("leaving"), call("staying")]);
      expect(parsed(await staying.next())["params"].progressToken).toBe("staying");
      leaving.leave();
      await expect.poll(() => cancelled.has("leaving"), { timeout: 10_000 }).toBe(true);
      gate.open();
      expect(textOf((await staying.all).at(-1))).toBe("staying");
    });

    test("subscriptions and calls under one id", async () => {
      const listen = () =>
        sayModern(
          doors[to],
          "subscriptions/listen",
          { notifications: { toolsListChanged: true } },
          { id: 4 },
        );
      const streams = await Promise.all([listen(), listen()]);
      const acknowledged = await Promise.all(streams.map((stream) => stream.next()));
      expect(acknowledged.map((text) => parsed(text)["method"])).toEqual(
        streams.map(() => "notifications/subscriptions/acknowledged"),
      );
      gate.open();
      const call = await sayModern(doors[to], "tools/call", params("call"), { id: 4 });
      expect(textOf((await call.all).at(-1))).toBe("call");
      for (const stream of streams) stream.leave();
    });
  });
});
