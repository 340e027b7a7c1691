/** A portal over one lively server whose limits a test sets, and callers at it. */
import type { CallLimits, ServerLimits } from "@castellan/calls";
import type { Interceptor } from "../fixtures/listener.ts";
import { obliging, type Answerer, type Caller, type Reply } from "../harness/callers/caller.ts";
import { openCaller, startLively, type Cell, type LivelyServer } from "../harness/cells.ts";
import { everyFeature } from "../harness/registration.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

export interface LimitedScene extends AsyncDisposable {
  readonly portals: Portals;
  readonly server: LivelyServer;
  readonly door: { readonly url: string; readonly token: string };
  /** A caller of the cell's era; every one is the same person. */
  caller(answers?: Answerer): Promise<Caller>;
}

export interface LimitedOptions {
  readonly limits?: ServerLimits;
  readonly perPerson?: CallLimits;
  readonly intercept?: Interceptor;
}

export async function openLimited(
  { caller, server: era }: Omit<Cell, "cell">,
  { limits = {}, perPerson, intercept }: LimitedOptions = {},
): Promise<LimitedScene> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startLively(era, { ...(intercept && { intercept }) }));
  const portals = opened.use(await openPortals({ ...(perPerson && { perPerson }) }));
  await portals.sync("lively", server.url, { clientFeatures: everyFeature as never, limits });
  const door = await portals.open("p", ["lively"], "plain");
  const owned = opened.move();
  return {
    portals,
    server,
    door,
    caller: async (answers = obliging) => owned.use(await openCaller(caller, door, { answers })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function callTool(caller: Caller, name: string, args: object = {}): Promise<Reply> {
  return caller.request("tools/call", { name, arguments: args });
}

/** What a refused call is told, as a program reads it. */
export function told({ status, message }: Reply): readonly unknown[] {
  const { code, limit } = (message.error?.data ?? {}) as { code?: string; limit?: string };
  return [status, code ?? "ok", ...(limit === undefined ? [] : [limit])];
}
