/** Failures that the code never hears of, since it waits for nothing: they are told in its log, or what failed would pass for done. */
import { eachOfMap, Map, Promise, set } from "./intrinsics.js";

const later = setTimeout;

/** What it returns is called when the code is over. Who is waited for late, as by `Promise.all` after another call, is not among them. */
export function watchRejections(console) {
  const unheard = new Map();
  addEventListener("unhandledrejection", ({ promise, reason }) => set(unheard, promise, { reason }));
  addEventListener("rejectionhandled", ({ promise }) => set(unheard, promise, undefined));
  return () => {
    let count = 0;
    eachOfMap(unheard, (failure) => {
      if (failure && ++count <= maxTold) console.error("Failed, and was not awaited:", failure.reason);
    });
    if (count > maxTold) console.error(`${count - maxTold} more failed, and were not awaited`);
  };
}

/** A log has its limit. */
const maxTold = 5;

/** Resolves when all is done that follows on what has come by now, and what has failed is known to have failed unheard. */
export function settled() {
  return new Promise((resolve) => later(resolve, 0));
}
