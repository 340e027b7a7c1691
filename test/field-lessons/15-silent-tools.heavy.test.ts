/**
 * Field lesson 15: a tool that runs for long and says nothing is not cut. Whoever is between the portal and its client
 * sees a byte every 15 s; and a server that keeps its own stream alive with comments is not given up.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Era, exoticList, exoticResult } from "../fixtures/exotic.ts";
import { openEventStream, toEvent, write } from "../fixtures/event-stream.ts";
import { type Interceptor, wait } from "../fixtures/listener.ts";
import { type RawLegacyServer, startRawLegacy } from "../fixtures/raw-legacy.ts";
import { type RawModernServer, startRawModern } from "../fixtures/raw-modern.ts";
import { resultText, type Script } from "../fixtures/script.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { openLegacyCaller } from "../harness/callers/legacy.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { type Bytes, send, sendLegacy, sendModern, sessionHeaders } from "./bytes.ts";
import { kinds } from "./sdk.ts";

/** A comment is due every 15 s; what a busy machine adds is not what cuts streams. */
const maxSilenceMs = 17_000;
const quietMs = 33_000;

const done = '{"content":[{"type":"text","text":"done"}]}';

/** Its tool works for so long, and says nothing on the way. */
function quietScript(era: Era, forMs: number): Script {
  return {
    "tools/list": () => exoticList(era, `{"tools":[{"name":"think","inputSchema":{"type":"object"}}]}`),
    "tools/call": async (_, call) => {
      await wait(forMs, call.signal);
      return exoticResult(era, done);
    },
  };
}

async function startQuiet(era: Era, forMs: number): Promise<RawLegacyServer | RawModernServer> {
  const options = { capabilities: '{"tools":{"listChanged":true}}', script: quietScript(era, forMs) };
  return era === "legacy" ? startRawLegacy(options) : startRawModern(options);
}

interface Scene {
  readonly house: TestHouse;
  readonly servers: Readonly<Record<Era, RawLegacyServer | RawModernServer>>;
  readonly doors: Readonly<Record<Era, TestPortal>>;
}

async function openScene(
  opened: AsyncDisposableStack,
  forMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  const house = opened.use(await startTestHouse({ env }));
  const servers = {
    legacy: opened.use(await startQuiet("legacy", forMs)),
    modern: opened.use(await startQuiet("modern", forMs)),
  };
  const doors = {
    legacy: await house.addPortal("old", { old: servers.legacy.url }),
    modern: await house.addPortal("new", { new: servers.modern.url }),
  };
  return { house, servers, doors };
}

const nameAt = (server: Era) => (server === "legacy" ? "old_think" : "new_think");

/** The longest time without a byte, the head counted as one. */
function longestSilenceMs({ headMs, pieces }: Bytes, untilMs: number): number {
  const times = [0, headMs, ...pieces.map(({ atMs }) => atMs), untilMs];
  return Math.max(...times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0)));
}

describe(`${quietMs / 1000} seconds of silence`, () => {
  const opened = new AsyncDisposableStack();
  const begun = new Map<string, Promise<unknown>>();
  /** What was begun under a name, when it has ended. */
  const ended = <T>(name: string) => begun.get(name) as Promise<T>;

  interface Whole {
    readonly bytes: Bytes;
    readonly tookMs: number;
  }

  // All of it at the same time: time is all that it takes.
  beforeAll(async () => {
    const { doors } = await openScene(opened, quietMs);
    const begin = (name: string, work: () => Promise<unknown>) => {
      const ending = work();
      ending.catch(() => undefined);
      begun.set(name, ending);
    };
    const whole = async (sending: Promise<Bytes>): Promise<Whole> => {
      const startedMs = performance.now();
      const bytes = await sending;
      await bytes.ended;
      return { bytes, tookMs: performance.now() - startedMs };
    };
    const sessions = {
      legacy: await openLegacyCaller(doors.legacy),
      modern: await openLegacyCaller(doors.modern),
    };
    for (const { cell, caller, server } of cells) {
      const params = { name: nameAt(server), arguments: {} };
      const { sessionId } = sessions[server];
      begin(cell, () =>
        whole(
          caller === "modern"
            ? sendModern(doors[server], "tools/call", params)
            : sendLegacy(doors[server], sessionId, "tools/call", params),
        ),
      );
    }
    for (const { kind, open } of kinds)
      for (const server of ["legacy", "modern"] as const)
        begin(`${kind} ${server}`, async () => {
          await using client = await open(doors[server]);
          return await client.callTool({ name: nameAt(server), arguments: {} });
        });
    const stream = async (opening: Promise<Bytes>): Promise<Whole> => {
      const bytes = await opening;
      await wait(quietMs, new AbortController().signal);
      bytes.leave();
      return { bytes, tookMs: quietMs };
    };
    begin("GET", () => stream(send(doors.modern, sessionHeaders(sessions.modern.sessionId))));
    const notifications = { toolsListChanged: true };
    begin("subscriptions/listen", () =>
      stream(sendModern(doors.modern, "subscriptions/listen", { notifications })),
    );
  });
  afterAll(() => opened.disposeAsync());

  test.each(cells)("$cell: the answer comes, and a byte at least every 15 s before it", async ({ cell }) => {
    const { bytes, tookMs } = await ended<Whole>(cell);
    expect([bytes.status, bytes.contentType]).toEqual([200, "text/event-stream"]);
    expect(bytes.text).toContain('"content":[{"type":"text","text":"done"}]');
    expect(comments(bytes)).toBeGreaterThanOrEqual(2);
    expect(longestSilenceMs(bytes, tookMs)).toBeLessThan(maxSilenceMs);
    expect(tookMs).toBeGreaterThan(quietMs - 1_000);
  });

  test.each(kinds.flatMap(({ kind }) => ["legacy", "modern"].map((server) => [kind, server])))(
    "%s has its answer from a %s server",
    async (kind, server) => {
      expect(await ended(`${kind} ${server}`)).toMatchObject({ content: [{ type: "text", text: "done" }] });
    },
  );

  test.each(["GET", "subscriptions/listen"])("a stream on which nothing happens: %s", async (kind) => {
    const { bytes, tookMs } = await ended<Whole>(kind);
    expect(comments(bytes)).toBeGreaterThanOrEqual(3);
    expect(longestSilenceMs(bytes, tookMs)).toBeLessThan(maxSilenceMs);
  });
});

const comments = ({ text }: Bytes) => text.match(/^:/gm)?.length ?? 0;

describe.concurrent("a server that is given up after two seconds of silence", () => {
  const opened = new AsyncDisposableStack();
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(opened, 60_000, { CASTELLAN_UPSTREAM_IDLE_SECONDS: "2" });
    for (const server of Object.values(scene.servers)) server.intercept = murmur;
  });
  afterAll(() => opened.disposeAsync());

  /** Told to, it opens the answer's stream at once, says that text every 300 ms for 5 s, and answers. */
  const murmur: Interceptor = async ({ request, response, signal }) => {
    if (request.method !== "tools/call") return false;
    const { id, params } = request.message as { id: number; params: { arguments?: { say?: string } } };
    const text = params.arguments?.say;
    if (text === undefined) return false;
    openEventStream(response);
    for (let n = 0; n < 16; n++) {
      await wait(300, signal);
      if (!(await write(response, text))) return true;
    }
    const era = request.headers["mcp-method"] === undefined ? "legacy" : "modern";
    response.end(toEvent(resultText(id, exoticResult(era, done))));
    return true;
  };

  const heartbeat = toEvent('{"jsonrpc":"2.0","method":"notifications/com.example/heartbeat"}');
  const sayings = [
    ["comments", ": still here\n\n"],
    ["messages that concern nobody", heartbeat],
  ] as const;

  describe.each(cells)("$cell", ({ caller: era, server }) => {
    test.each(sayings)("%s are no silence", async (_, say) => {
      await using caller = await openCaller(era, scene.doors[server]);
      const { message, text } = await caller.request("tools/call", {
        name: nameAt(server),
        arguments: { say },
      });
      expect(message.result, text).toMatchObject({ content: [{ text: "done" }] });
    });

    test("silence is", async () => {
      await using caller = await openCaller(era, scene.doors[server]);
      const asked = performance.now();
      const { message } = await caller.request("tools/call", { name: nameAt(server) });
      expect(message.error.data).toMatchObject({ code: "upstream_timeout" });
      const tookMs = performance.now() - asked;
      expect(tookMs).toBeGreaterThan(1_900);
      expect(tookMs).toBeLessThan(10_000);
    });
  });
});
