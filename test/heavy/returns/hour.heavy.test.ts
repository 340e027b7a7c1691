/**
 * Streams of an hour, in every cell: a subscription and a long call, on which as much is said as in an hour. By
 * default that hour is told within a minute, so of the comments that keep a stream alive there are 4 in place of
 * 240; `SOAK_MINUTES=60` takes the real one. Nothing grows meanwhile, and everything returns after it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../harness/callers/caller.ts";
import { type Cell, cells, openCaller } from "../../harness/cells.ts";
import { printFigures } from "../figures.ts";
import { stop } from "../process/castellan.ts";
import { eventually } from "../process/proc.ts";
import { connectionsTo } from "../process/tcp.ts";
import { type Chatty, startChatty, watchedUri } from "./chatty.ts";
import { newDatabaseSockets, openScene, returned, type Held, type Scene } from "./scene.ts";

const minutes = Number(process.env["SOAK_MINUTES"] ?? 1);
/** On each of the eight streams: ten a second, for an hour. */
const events = 36_000;
/** Between the first quarter and the end: three quarters of an hour. */
const maxHeapGrowthMiB = 8;

interface Listening {
  readonly cell: Cell;
  readonly caller: Caller;
  /** The long call. */
  readonly answered: Promise<unknown>;
}

describe.runIf(process.platform === "linux")("streams of an hour", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test(
    "nothing grows while they last, and everything returns after them",
    { timeout: minutes * 60_000 + 180_000 },
    async () => {
      await using servers = new AsyncDisposableStack();
      const opened = {
        legacy: servers.use(await startChatty("legacy")),
        modern: servers.use(await startChatty("modern")),
      };
      const before = await scene.held();
      // One after the other, so that what a server holds more than before is that cell's.
      const all: Listening[] = [];
      for (const cell of cells) all.push(await listenTo(cell, opened[cell.server]));
      const quarters: Held[] = [];
      for (let quarter = 1; quarter <= 4; quarter++) {
        const talks = Object.values(opened).map((server) => server.talk(events / 4, minutes * 15_000));
        await Promise.all(talks);
        quarters.push(await scene.held());
      }
      for (const server of Object.values(opened)) server.finish();
      await Promise.all(all.map(({ answered }) => answered));
      const heard = all.map(({ cell, caller }) => ({ cell: cell.cell, ...tellWhatCame(caller) }));

      for (const { caller } of all) await caller[Symbol.asyncDispose]();
      for (const { cell } of cells) await scene.remove(cell.toLowerCase());
      const left = () =>
        Object.values(opened).map(({ held, port }) => ({ ...held(), connections: connectionsTo(port) }));
      const isEmpty = (seen: ReturnType<typeof left>) =>
        seen.every((each) => Object.values(each).every((count) => count === 0));
      await eventually(left, isEmpty, { withinMs: 30_000, everyMs: 100 });
      const after = await returned(
        scene,
        (held) => held.callers === 0 && held.sockets <= before.sockets + newDatabaseSockets,
      );
      const [first, last] = [quarters[0]!, quarters[3]!];
      printFigures(`eight streams with ${events} events each, in ${minutes} min`, {
        "heap MiB before": before.heapMiB,
        "at the quarters": quarters.map(({ heapMiB }) => heapMiB.toFixed(1)).join(" "),
        after: after.heapMiB,
        "MiB at the quarters": quarters.map(({ residentMiB }) => residentMiB.toFixed(0)).join(" "),
        "sockets before": before.sockets,
        "at the quarters ": quarters.map(({ sockets }) => sockets).join(" "),
        "sockets after": after.sockets,
        heard: JSON.stringify(heard),
      });
      expect(heard).toEqual(
        cells.map(({ cell }) => ({ cell, progress: events, isInOrder: true, updates: events })),
      );
      expect(last.heapMiB - first.heapMiB).toBeLessThan(maxHeapGrowthMiB);
      expect(after.heapMiB - before.heapMiB).toBeLessThan(2 * maxHeapGrowthMiB);
      expect(last.callers).toBe(first.callers);
    },
  );

  test("it stops in order, with nothing to complain about", async () => {
    expect(await stop(scene.castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    expect(scene.castellan.log.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });

  /** Resolves when the subscription holds at the server and the long call is under way there. */
  async function listenTo(cell: Cell, server: Chatty): Promise<Listening> {
    const slug = cell.cell.toLowerCase();
    const [door] = await scene.open(slug, server.url, 1);
    const caller = await openCaller(cell.caller, door!);
    const before = server.held();
    await caller.watch([watchedUri]);
    await eventually(
      () => server.held(),
      ({ watchers }) => watchers > before.watchers,
    );
    const params = { name: `${slug}_talk`, arguments: {} };
    const answered = caller.request("tools/call", params, { meta: { progressToken: 1 } });
    await eventually(
      () => server.held(),
      ({ callers }) => callers > before.callers,
    );
    return { cell, caller, answered };
  }
});

function tellWhatCame({ inbox }: Caller) {
  const progress = inbox
    .of("notifications/progress")
    .map(({ message }) => Number(message["params"].progress));
  return {
    progress: progress.length,
    isInOrder: progress.every((value, index) => value === index + 1),
    updates: inbox.of("notifications/resources/updated").length,
  };
}
