import { RowWaits } from "@castellan/database";
import { linksTopic, type LinkRequest } from "../link.ts";
import { getOwn, unknownLink, type Ground } from "./ground.ts";
import type { LinkOptions, Links } from "./links.ts";
import { ask } from "./steps/ask.ts";
import { decline } from "./steps/decline.ts";
import { enterKey } from "./steps/key.ts";
import { begin, finish, outlook } from "./steps/sign-in.ts";
import { findLinks } from "./storage/link-row.ts";
import { sweep } from "./sweep.ts";

/** Begins to sweep, and to listen for changes, until it is disposed of. */
export function createLinks(options: LinkOptions): Links {
  const { maxPending = 20, sweepEveryMs = 60_000, pollEveryMs = 5_000, onError } = options;
  const ground: Ground = { ...options, maxPending };
  const { database, clock, changes } = ground;
  const waits = new RowWaits<LinkRequest>({
    changes,
    topic: linksTopic,
    read: (ids) => findLinks(database, ids, clock.now()),
    isOver: ({ state }) => state !== "pending",
    unknown: unknownLink,
    pollEveryMs,
    onError,
  });
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    sweeping ??= sweep(ground)
      .catch(onError)
      .finally(() => (sweeping = undefined));
  }, sweepEveryMs);
  timer.unref();
  return {
    ask: (asked) => ask(ground, asked),
    find: async (id) => (await findLinks(database, [id], clock.now()))[0],
    findAll: (ids) => findLinks(database, ids, clock.now()),
    seenBy: (personId, id) => getOwn(ground, id, personId),
    settled: async (id, wait) => {
      const link = await waits.wait(id, wait);
      // Whoever waited goes on with the account at once: that there is one is known here by then.
      if (link.state === "linked") await changes.flush();
      return link;
    },
    decline: (id, personId) => decline(ground, id, personId),
    outlook: (id, visitor, signal) => outlook(ground, id, visitor, signal),
    begin: (id, visitor, signal) => begin(ground, id, visitor, signal),
    finish: (callback, visitor, signal) => finish(ground, callback, visitor, signal),
    enterKey: (id, visitor, key) => enterKey(ground, id, visitor, key),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all([sweeping, waits[Symbol.asyncDispose]()]);
    },
  };
}
