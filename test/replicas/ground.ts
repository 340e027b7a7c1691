/** Two replicas behind the relay, over a lively server of each era that may ask everything. */
import type { Era } from "../fixtures/exotic.ts";
import type { startLivelyLegacy } from "../fixtures/lively/legacy.ts";
import type { startLivelyModern } from "../fixtures/lively/modern.ts";
import { obliging, type Caller, type CallerOptions } from "../harness/callers/caller.ts";
import { cells, openCaller, startLively } from "../harness/cells.ts";
import type { Delivery } from "../harness/relay.ts";
import { everyFeature } from "../harness/registration.ts";
import { startTestReplicas, type ReplicaPortal, type TestReplicas } from "../harness/replicas.ts";

export interface Ground extends AsyncDisposable {
  readonly house: TestReplicas;
  readonly legacy: Awaited<ReturnType<typeof startLivelyLegacy>>;
  readonly modern: Awaited<ReturnType<typeof startLivelyModern>>;
  readonly portals: Readonly<Record<Era, ReplicaPortal>>;
  caller(era: Era, server: Era, options?: CallerOptions): Promise<Caller>;
  name(server: Era, own: string): string;
}

/** The cells in which something of a call lives between its messages. */
export const heldCells = cells.filter(({ cell }) => cell !== "C2");

export async function openGround(options: { asksOn?: "post" | "get" } = {}): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const [legacy, modern] = [await startLively("legacy", options), await startLively("modern")];
  opened.use(legacy);
  opened.use(modern);
  const house = opened.use(await startTestReplicas());
  const free = (url: string) => ({ url, clientFeatures: everyFeature });
  const portals = {
    legacy: await house.addPortal("old", { old: free(legacy.url) }),
    modern: await house.addPortal("new", { new: free(modern.url) }),
  };
  const owned = opened.move();
  return {
    house,
    legacy: legacy as Ground["legacy"],
    modern: modern as Ground["modern"],
    portals,
    name: (server, own) => `${server === "legacy" ? "old" : "new"}_${own}`,
    async caller(era, server, given = {}) {
      return owned.use(await openCaller(era, portals[server], { answers: obliging, ...given }));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Which replicas got the messages of a call, in order: the call itself and its retries, and answers to questions. */
export function replicasOf(deliveries: readonly Delivery[]): number[] {
  return deliveries
    .filter(({ method }) => method === "tools/call" || method === "response")
    .map(({ replica }) => replica);
}
